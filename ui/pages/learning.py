"""What was learnt about how the user likes answers: rules, their evidence, and the way back."""

from __future__ import annotations

import gradio as gr

from ui.handlers import PageHandlers
from ui.pages.parts import speaking_html


def build_learning(handlers: PageHandlers, tab: gr.Tab) -> None:
    with gr.Column(elem_classes="a-page"):
        gr.HTML(
            "<h2>Learning</h2><p class='a-lead'>Rules that came of your thumbs. Nothing changes until you accept it.</p>"
        )
        listed = speaking_html(elem_id="learning")
    tab.select(handlers.learning, None, listed, show_progress="hidden")
    listed.click(handlers.learning_pressed, None, listed, show_progress="hidden")
