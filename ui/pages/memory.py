"""The memory: find it, read where it came from, reword it, forget it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.sensitivity import CLASSES
from ui.care import MemoryCare
from ui.filters import ANYBODY, CHOICES, WRITERS, narrowed
from ui.memory_handlers import MemoryHandlers
from ui.pages.care import build_care
from ui.pages.parts import Question, speaking_html


def build_memory(handlers: MemoryHandlers, tab: gr.Tab, question: Question) -> None:
    edited = gr.State("")
    with gr.Column(elem_classes="a-page"):
        gr.HTML("<h2>Memory</h2><p class='a-lead'>Everything that is remembered, with its source and its dates.</p>")
        with gr.Row():
            query = gr.Textbox(
                "",  # not None, which the page says of a tab that was never opened, and forgetting redraws this one
                label="Search",
                placeholder="dog   is:plan",
                elem_id="memory-search",
            )
            closed = gr.Checkbox(label="Also what no longer holds", elem_id="memory-closed", scale=0, min_width=220)
        show_kind = gr.Radio(list(CHOICES), value="", show_label=False, label="Show", elem_id="memory-kind")
        with gr.Row(elem_id="memory-filters"):
            subject = gr.Dropdown([ANYBODY], value="", label="About", elem_id="memory-subject", min_width=140)
            writer = gr.Dropdown(
                list(WRITERS), value="", label="Read or written by", elem_id="memory-writer", min_width=140
            )
            personas = gr.Dropdown(
                [("Every persona", ""), *((p.name, f"persona:{p.id}") for p in handlers.assistant.all_personas())],
                value="",
                label="Told to one persona alone",
                elem_id="memory-persona",
                min_width=140,
            )
            held_on = gr.Textbox(label="True on", placeholder="2026-03-20", elem_id="memory-on", min_width=140)
        with gr.Row(visible=False, elem_id="memory-edit") as editing:
            text = gr.Textbox(label="Reword", elem_id="memory-text")
            save = gr.Button("Save", variant="primary", scale=0, min_width=80, elem_id="memory-save")
        held = speaking_html(elem_id="held")
        listed = speaking_html(elem_id="memories")
        history = gr.HTML(apply_default_css=False, elem_id="memory-history")
        with gr.Row():
            fresh = gr.Textbox(label="Add by hand", placeholder="The user's bike is red.", elem_id="memory-new")
            add = gr.Button("Add", variant="primary", scale=0, min_width=80, elem_id="memory-add")
        care = gr.Column()
        with gr.Column(elem_classes="a-panel"):
            gr.HTML(
                "<h3>Forget</h3><p>A topic or a person goes with every sentence that names it, a time with all that was said "
                "in it. You see what would go before anything does.</p>"
            )
            kind = gr.Radio(
                [("A topic", "topic"), ("A person", "person"), ("A time", "period")],
                value="topic",
                label="What",
                elem_id="forget-kind",
            )
            with gr.Row():
                what = gr.Textbox(label="Topic or name", placeholder="my ex", elem_id="forget-what")
                first = gr.Textbox(label="From", placeholder="2026-05-01", visible=False, elem_id="forget-from")
                last = gr.Textbox(label="To", placeholder="2026-05-07", visible=False, elem_id="forget-to")
                show = gr.Button("Show what would go", scale=0, min_width=170, elem_id="forget-show")
        with gr.Column(elem_classes="a-panel"):
            gr.HTML(
                "<h3>Delicate subjects</h3><p>These are held back, and you are asked. Tick what may be kept unasked.</p>"
            )
            allowed = gr.CheckboxGroup(list(CLASSES), label="May be kept", elem_id="allowed-classes")
        with gr.Column(elem_classes="a-panel"):
            gr.HTML(
                "<h3>Memory of their own</h3><p>Tick who keeps to themselves what they are told. What is told them from then on "
                "no other persona learns; what the others knew before, they know.</p>"
            )
            own = gr.CheckboxGroup([], label="Keep it to themselves", elem_id="own-memories")

    looking = [query, closed]
    with care:
        build_care(MemoryCare(handlers), tab, question, looking, listed)
    quiet: dict[str, Any] = {"show_progress": "hidden"}
    tab.select(handlers.memories, looking, listed, **quiet)
    tab.select(handlers.held, None, held, **quiet)
    tab.select(handlers.allowed, None, allowed, **quiet)
    tab.select(handlers.own_memories, None, own, **quiet)
    tab.select(handlers.subjects, None, subject, **quiet)
    chosen = [show_kind, subject, writer, personas, held_on]
    chosen_anew = [*(choice.input for choice in chosen[:-1]), held_on.change]
    gr.on(chosen_anew, narrowed, [query, *chosen], query, trigger_mode="always_last", **quiet)
    held.click(handlers.held_pressed, looking, [held, listed], **quiet)
    allowed.input(handlers.allow, allowed, None, **quiet)
    own.input(handlers.set_own_memories, own, None, **quiet)
    kind.change(_fields, kind, [what, first, last], **quiet)
    gr.on([show.click, what.submit], handlers.ask_forget, [kind, what, first, last], question.asking, **quiet)
    gr.on([query.change, closed.change], handlers.memories, looking, listed, trigger_mode="always_last", **quiet)
    listed.click(
        handlers.memory_pressed,
        looking,
        [listed, history, edited, editing, text, *question.asking],
        **quiet,
    )
    gr.on([save.click, text.submit], handlers.save_memory, [edited, text, *looking], [editing, listed], **quiet)
    gr.on([add.click, fresh.submit], handlers.add_memory, [fresh, *looking], [fresh, listed], **quiet)
    question.drafts.extend([query, text, fresh, what])
    question.views.extend(
        [
            (handlers.memories, looking, [listed]),
            (handlers.held, [], [held]),
            (lambda: ("", gr.update(visible=False)), [], [history, editing]),
        ]
    )


def _fields(kind: str) -> tuple[Any, ...]:
    """A time has two days; a topic or a person has words: (words, from, to)."""
    return gr.update(visible=kind != "period"), gr.update(visible=kind == "period"), gr.update(visible=kind == "period")
