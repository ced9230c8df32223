"""The page about the user: read it, rewrite it, lock a line, go back to how it was."""

from __future__ import annotations

import gradio as gr

from ui.pages.parts import Question, speaking_html
from ui.profile_handlers import ProfileHandlers


def build_profile(handlers: ProfileHandlers, tab: gr.Tab, question: Question) -> None:
    with gr.Column(elem_classes="a-page"):
        gr.HTML("<h2>Profile</h2><p class='a-lead'>What a new conversation knows about you. Your own words win.</p>")
        shown = speaking_html(elem_id="profile")
        with gr.Accordion("Rewrite it", open=False, elem_id="profile-rewrite"):
            text = gr.Textbox(label="Your page (## heading, - line)", lines=10, max_lines=24, elem_id="profile-text")
            save = gr.Button("Save", variant="primary", elem_id="profile-save", scale=0, min_width=100)
        changed = gr.HTML(apply_default_css=False, elem_id="profile-diff")
        versions = speaking_html(elem_id="profile-versions")
    outputs = [shown, text, versions]
    tab.select(handlers.profile, None, outputs, show_progress="hidden")
    save.click(handlers.save_profile, text, outputs, show_progress="hidden")
    gr.on([shown.click, versions.click], handlers.profile_pressed, None, [*outputs, changed], show_progress="hidden")
    question.views.append((lambda: (*handlers.profile(), ""), [], [*outputs, changed]))
