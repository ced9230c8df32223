"""Messages, and a reply while it is written, as what Gradio's chatbot shows: rows that are dicts, made here and nowhere else.
Knows no assistant and no database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr

from assistant.events import Event, Response, SideBySide, TextChunk
from memory import Message
from ui import sides

CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)


def shown_text(text: str) -> str:
    """Markdown in which HTML is text and a picture is a link: a picture would be fetched from wherever it says."""
    parts = CODE.split(text)
    parts[::2] = [re.sub(r"!(?=\[)", "", part.replace("<", "&lt;")) for part in parts[::2]]
    return "".join(parts)


def typed_text(shown: str) -> str:
    """What was typed, from what was shown: the other way round, for a message that was edited in place."""
    parts = CODE.split(shown)
    parts[::2] = [part.replace("&lt;", "<") for part in parts[::2]]
    return "".join(parts)


def chat_rows(thread: Sequence[Message]) -> tuple[list[dict[str, Any]], list[str]]:
    """A branch as the chatbot shows it, and for each row the message it belongs to."""
    rows: list[dict[str, Any]] = []
    ids: list[str] = []
    for message in thread:
        if message.reasoning:
            rows.append(thought_row(message.reasoning, done=True))
            ids.append(message.id)
        content = shown_text(message.content)
        if message.status == "stopped":
            content = f"{content}\n\n*Stopped.*".strip()
        elif message.status == "failed":
            why = shown_text(message.failure) or "The reply failed. Press the arrow to try again."
            content = f"{content}\n\n*{why}*".strip()
        rows.append({"role": message.role, "content": content or "…"})
        ids.append(message.id)
    return rows, ids


def thought_row(reasoning: str, *, done: bool) -> dict[str, Any]:
    """What a model said to itself, folded."""
    metadata = {"title": "Thoughts", "status": "done" if done else "pending"}
    return {"role": "assistant", "content": shown_text(reasoning), "metadata": metadata}


class ChatView(NamedTuple):
    """What the chat page shows, in the order of its outputs. A field that is left out stays as it is."""

    current: Any = gr.skip()
    shown: Any = gr.skip()
    """The same as `current`, kept by the server: it says what is shown when a handler runs, not when it was asked to."""
    ids: Any = gr.skip()
    chatbot: Any = gr.skip()
    heading: Any = gr.skip()
    side: Any = gr.skip()
    persona: Any = gr.skip()
    starters: Any = gr.skip()
    cards: Any = gr.skip()
    used: Any = gr.skip()
    box: Any = gr.skip()
    send: Any = gr.skip()
    stop: Any = gr.skip()
    tools: Any = gr.skip()
    collection: Any = gr.skip()
    sides: Any = gr.skip()
    side_a: Any = gr.skip()
    side_b: Any = gr.skip()
    choice: Any = gr.skip()


class Drawing:
    """What has been heard of a reply, or of two answers that are written side by side, as the page shows it."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        """`rows`: the conversation before the reply."""
        self._rows = rows[:-1] if rows and rows[-1]["role"] == "assistant" else rows
        self._sides: list[str] = []
        self._texts: dict[str, str] = {}
        self._thoughts: dict[str, str] = {}
        self._ended: set[str] = set()

    def hear(self, event: Event) -> None:
        if isinstance(event, SideBySide):
            self._sides = sides.placed(*event.message_ids)
        elif isinstance(event, TextChunk):
            heard = self._thoughts if event.kind == "reasoning" else self._texts
            heard[event.message_id] = heard.get(event.message_id, "") + event.text
        elif isinstance(event, Response):
            self._ended.add(event.message_id)

    @property
    def are_same(self) -> bool:
        """Did two whole answers come out the same?"""
        texts = {self._texts.get(side, "").strip() for side in self._sides}
        return len(texts) == 1 and texts != {""} and self._ended.issuperset(self._sides)

    def view(self) -> ChatView:
        if self._sides:
            one, other = (self._side(side) for side in self._sides)
            return ChatView(side_a=one, side_b=other)
        text, thought = self._texts.get("", ""), self._thoughts.get("", "")
        thoughts = [thought_row(thought, done=bool(text))] if thought else []
        answer = {"role": "assistant", "content": shown_text(text) or "…"}
        return ChatView(chatbot=gr.update(value=[*self._rows, *thoughts, answer]))

    def _side(self, message_id: str) -> str:
        text, thinking = shown_text(self._texts.get(message_id, "")), message_id in self._thoughts
        return sides.drawn(text, thinking=thinking, done=message_id in self._ended)
