"""Under the list of memories: several at once, two made one, one made several, and all of them in time."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui.care import MemoryCare
from ui.pages.parts import Question


def build_care(care: MemoryCare, tab: gr.Tab, question: Question, looking: list[Any], listed: gr.HTML) -> None:
    """
    Args:
        looking: what the list is narrowed by: the search box, and whether closed ones are shown.
        listed: the list itself, drawn again after a change.
    """
    with gr.Column(elem_classes="a-panel"):
        gr.HTML(
            "<h3>Several at once</h3><p>Choose memories of the list above. Merging and splitting keep the old wording in the "
            "history.</p>"
        )
        picked = gr.Dropdown(label="Memories", multiselect=True, choices=[], elem_id="care-picked")
        with gr.Row():
            outdated = gr.Button("Outdated", elem_id="care-outdated")
            again = gr.Button("Still true", elem_id="care-reopen")
            forget = gr.Button("Forget …", elem_id="care-forget")
        words = gr.Textbox(
            label="In other words",
            placeholder="To merge: the one sentence that stands for all. To split: each part on a line of its own.",
            lines=2,
            elem_id="care-words",
        )
        with gr.Row():
            merge = gr.Button("Merge into one", elem_id="care-merge")
            split = gr.Button("Split into several", elem_id="care-split")
    with gr.Accordion("Timeline", open=False, elem_id="timeline"):
        line = gr.HTML(apply_default_css=False, elem_id="timeline-lines")

    quiet: dict[str, Any] = {"show_progress": "hidden"}
    shown = [listed, picked, line]
    tab.select(care.choices, looking, [picked, line], **quiet)
    gr.on(
        [looking[0].change, looking[1].change],
        care.choices,
        looking,
        [picked, line],
        trigger_mode="always_last",
        **quiet,
    )
    outdated.click(care.close, [picked, *looking], shown, **quiet)
    again.click(care.reopen, [picked, *looking], shown, **quiet)
    forget.click(care.ask_forget, picked, question.asking, **quiet)
    merge.click(care.merge, [picked, words, *looking], [words, *shown], **quiet)
    split.click(care.split, [picked, words, *looking], [words, *shown], **quiet)
    question.drafts.append(words)
    question.views.append((care.choices, looking, [picked, line]))
