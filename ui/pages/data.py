"""The user's data: take it along, bring it back, erase it; and what this is."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui.data_handlers import ERASE_WORD, KEPT_FOR, DataHandlers

EXPORT_PATH = "attune/export.zip"


def build_data(handlers: DataHandlers, tab: gr.Tab, chat_view: list[Any]) -> None:
    with gr.Column(elem_classes="a-page"):
        gr.HTML("<h2>Your data</h2><p class='a-lead'>All of it is in one folder on this machine, and it is yours.</p>")
        about = gr.HTML(apply_default_css=False, elem_id="about")
        gr.HTML(
            f'<section class="a-card"><div class="a-body"><h3>Export</h3><p>Everything in one zip that people and '
            f'programs can read.</p></div><div class="a-buttons"><a class="a-button primary" id="export" '
            f'href="{EXPORT_PATH}" download>Download the export</a></div></section>',
            apply_default_css=False,
        )
        with gr.Column(elem_classes="a-panel"):
            gr.HTML(
                "<h3>Import</h3><p>A zip that Attune made, or the export of ChatGPT or Claude: its zip, or the "
                "<code>conversations.json</code> in it. What is already here stays as it is.</p>"
            )
            file = gr.File(
                label="Choose a file", file_types=[".zip", ".json"], type="filepath", height=110, elem_id="import"
            )
        with gr.Column(elem_classes="a-panel"):
            gr.HTML(
                "<h3>How long conversations are kept</h3><p>Counted from the last message. What is past its time is deleted "
                "for good, with what was learnt only there.</p>"
            )
            with gr.Row():
                which = gr.Dropdown(label="Which", choices=[("All", "")], value="", elem_id="keep-which")
                keep = gr.Dropdown(label="Kept for", choices=KEPT_FOR, value="ever", elem_id="keep-days")
        with gr.Column(elem_classes="a-panel"):
            gr.HTML("<h3>Erase everything</h3><p>It cannot be taken back. Export first.</p>")
            with gr.Row():
                word = gr.Textbox(label=f"Type {ERASE_WORD} to confirm", elem_id="erase-word")
                erase = gr.Button("Erase everything", variant="stop", scale=0, min_width=160, elem_id="erase")
    tab.select(handlers.about, None, about, show_progress="hidden")
    tab.select(handlers.keeping, None, [which, keep], show_progress="hidden")
    which.input(handlers.kept_for, which, keep, show_progress="hidden")
    keep.input(handlers.keep, [which, keep], None, show_progress="hidden")
    file.upload(handlers.import_file, file, [file, about], show_progress="hidden")
    erase.click(handlers.erase, word, [word, about, *chat_view], show_progress="hidden")
