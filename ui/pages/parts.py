"""Pieces that several tabs share: HTML whose buttons speak, and the question before something is removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

PRESSED = """
element.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-act]");
  if (!pressed || !element.contains(pressed)) return;
  event.preventDefault();
  trigger("click", {act: pressed.dataset.act, id: pressed.dataset.id || ""});
});
"""


def speaking_html(value: str = "", **options: Any) -> gr.HTML:
    """HTML in which a press on anything with `data-act` is a click event that carries it and its `data-id`."""
    return gr.HTML(value, js_on_load=PRESSED, apply_default_css=False, **options)


@dataclass(frozen=True, kw_only=True)
class Question:
    """Shown over the page before anything goes for good."""

    pending: gr.State
    forgotten: gr.State
    """The words that are being forgotten, until no draft names them."""
    panel: gr.Column
    words: gr.HTML
    yes: gr.Button
    no: gr.Button
    drafts: list[Any] = field(default_factory=list)
    """Boxes of all tabs that people type into: what names something forgotten is emptied."""
    views: list[tuple[Callable[..., Any], list[Any], list[Any]]] = field(default_factory=list)
    """What the tabs show, each with its inputs and outputs: drawn anew once something is gone."""

    @property
    def asking(self) -> list[Any]:
        return [self.pending, self.panel, self.words]


def build_question() -> Question:
    pending, forgotten = gr.State(""), gr.State([])
    with gr.Column(visible=False, elem_id="confirm") as panel, gr.Column(elem_id="confirm-card"):
        words = gr.HTML(apply_default_css=False)
        with gr.Row():
            no = gr.Button("Keep", elem_id="confirm-no")
            yes = gr.Button("Yes, remove", variant="stop", elem_id="confirm-yes")
    no.click(lambda: (gr.update(visible=False), "", ""), None, [panel, pending, words], show_progress="hidden")
    return Question(pending=pending, forgotten=forgotten, panel=panel, words=words, yes=yes, no=no)
