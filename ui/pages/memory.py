"""The memory: find it, read where it came from, reword it, forget it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui.handlers import PageHandlers
from ui.pages.parts import Question, speaking_html


def build_memory(handlers: PageHandlers, tab: gr.Tab, question: Question) -> tuple[gr.HTML, list[Any]]:
    edited = gr.State("")
    with gr.Column(elem_classes="a-page"):
        gr.HTML("<h2>Memory</h2><p class='a-lead'>Everything that is remembered, with its source and its dates.</p>")
        with gr.Row():
            query = gr.Textbox(
                label="Search",
                placeholder="dog, allergy …   from:me   after:2026-05   before:2027   persona:ada",
                elem_id="memory-search",
            )
            closed = gr.Checkbox(label="Also what no longer holds", elem_id="memory-closed", scale=0, min_width=220)
        with gr.Row(visible=False, elem_id="memory-edit") as editing:
            text = gr.Textbox(label="Reword", elem_id="memory-text")
            save = gr.Button("Save", variant="primary", scale=0, min_width=80, elem_id="memory-save")
        listed = speaking_html(elem_id="memories")
        history = gr.HTML(apply_default_css=False, elem_id="memory-history")
        with gr.Row():
            fresh = gr.Textbox(label="Add by hand", placeholder="The user's bike is red.", elem_id="memory-new")
            add = gr.Button("Add", variant="primary", scale=0, min_width=80, elem_id="memory-add")

    looking = [query, closed]
    quiet: dict[str, Any] = {"show_progress": "hidden"}
    tab.select(handlers.memories, looking, listed, **quiet)
    gr.on([query.change, closed.change], handlers.memories, looking, listed, trigger_mode="always_last", **quiet)
    listed.click(
        handlers.memory_pressed,
        looking,
        [listed, history, edited, editing, text, *question.asking],
        **quiet,
    )
    gr.on([save.click, text.submit], handlers.save_memory, [edited, text, *looking], [editing, listed], **quiet)
    gr.on([add.click, fresh.submit], handlers.add_memory, [fresh, *looking], [fresh, listed], **quiet)
    return listed, looking
