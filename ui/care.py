"""What the Memory tab does to several memories: close, forget, merge, split; and their timeline."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.errors import AttuneError
from memory.errors import NoSuchDay
from ui import cards
from ui.handling import told
from ui.memory_handlers import MemoryHandlers


class MemoryCare:
    """Works on the memories that the list shows."""

    def __init__(self, handlers: MemoryHandlers) -> None:
        self._handlers = handlers

    def choices(self, query: str, closed: bool) -> tuple[Any, ...]:
        """(the memories to choose from, none chosen; the timeline)"""
        try:
            listed = self._handlers.listed(query, closed)
        except NoSuchDay:  # the list says so
            listed = []
        names = [(cards.short(m.content, 90) + (" (no longer true)" if m.valid_to else ""), m.id) for m in listed]
        return gr.update(choices=names, value=[]), cards.life(listed)

    @told
    def close(self, picked: list[str], query: str, closed: bool) -> tuple[Any, ...]:
        for identifier in _some(picked):
            self._handlers.assistant.mark_wrong(identifier)
        return self._shown(query, closed)

    @told
    def reopen(self, picked: list[str], query: str, closed: bool) -> tuple[Any, ...]:
        for identifier in _some(picked):
            self._handlers.assistant.memory.reopen(identifier)
        return self._shown(query, closed)

    @told
    def ask_forget(self, picked: list[str]) -> tuple[Any, ...]:
        """(the pending question, its panel, its words)"""
        return self._handlers.ask(f"memories:{','.join(_some(picked))}")

    @told
    def merge(self, picked: list[str], words: str, query: str, closed: bool) -> tuple[Any, ...]:
        """(the emptied box, list, the memories to choose from, timeline)"""
        self._handlers.assistant.memory.merge(_some(picked), content=words)
        return "", *self._shown(query, closed)

    @told
    def split(self, picked: list[str], words: str, query: str, closed: bool) -> tuple[Any, ...]:
        """(the emptied box, list, the memories to choose from, timeline)"""
        if len(_some(picked)) > 1:
            raise AttuneError("Choose the one memory that is to become several.")
        self._handlers.assistant.memory.split(picked[0], words.splitlines())
        return "", *self._shown(query, closed)

    def _shown(self, query: str, closed: bool) -> tuple[Any, ...]:
        return self._handlers.memories(query, closed), *self.choices(query, closed)


def _some(picked: list[str]) -> list[str]:
    if not picked:
        raise AttuneError("Choose at least one memory first.")
    return picked
