"""What the Memory tab does: lists, finds, adds, rewords and closes memories, and settles what is held back. Several at once
are in `ui.care`.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant import digests
from assistant.assistant import give_own_memory
from assistant.background import EXTRACTION_FAILURE
from assistant.errors import AttuneError
from assistant.extraction import allow_class, allowed_classes
from assistant.sensitivity import CLASSES
from memory import Memory
from memory.errors import NoSuchDay
from memory.filters import read_filters
from ui import cards
from ui.filters import narrowed_hits, narrowed_list, read_filter, subject_choices
from ui.handling import pressed, told
from ui.questions import Questions


class MemoryHandlers(Questions):
    """The Memory tab. What is typed into its search box, and whether closed memories show, is said by the page."""

    @told
    def memories(self, query: str, closed: bool) -> str:
        """The list, or what is amiss with the search: what an earlier one found would pass for the result."""
        try:
            return self._memories(query, closed)
        except NoSuchDay as error:
            return cards.empty("Nothing found", str(error))

    def _memories(self, query: str, closed: bool) -> str:
        memory = self.assistant.memory
        words, narrowed = read_filter(query)
        typed = read_filters(words)
        if not typed.only_persona:
            hits = narrowed_hits(memory, query)
            sources = self._sources([hit.item for hit in hits if isinstance(hit.item, Memory)])
            about = digests.search(memory, words) if narrowed.is_empty else []
            titles = {c.id: c.title for c in memory.conversations(limit=10_000)}
            return cards.search_results(hits, sources, typed.words, titles, about)
        listed = self.listed(query, closed)
        sources = self._sources(listed)
        return cards.memory_list((m, sources.get(m.source_message_id or "")) for m in listed)

    def listed(self, query: str, closed: bool) -> list[Memory]:
        """The memories that the list shows, in its order.

        Raises:
            NoSuchDay: the search names a day that is none.
        """
        memory = self.assistant.memory
        if not read_filters(read_filter(query)[0]).only_persona:
            return [hit.item for hit in narrowed_hits(memory, query) if isinstance(hit.item, Memory)]
        return narrowed_list(memory, query, include_closed=closed)

    def subjects(self) -> Any:
        """Whom the list can be narrowed to."""
        kept = self.assistant.memory.memories(include_closed=True, limit=10_000)
        return gr.update(choices=subject_choices(memory.subject for memory in kept))

    @told
    def memory_pressed(self, query: str, closed: bool, event: gr.EventData) -> tuple[Any, ...]:
        """(list, history, the edited memory, editing panel, its text, the pending question, its panel, its words)"""
        act, identifier = pressed(event)
        memory = self.assistant.memory
        view = [gr.skip() for _ in range(8)]
        if act == "history":
            view[1] = cards.timeline(memory.history(identifier))
        elif act == "edit":
            view[2:5] = [identifier, gr.update(visible=True), memory.get(identifier).content]
        elif act == "forget":
            view[5:8] = self.ask(f"memory:{identifier}")
        elif act in ("close", "reopen"):
            self.assistant.mark_wrong(identifier) if act == "close" else memory.reopen(identifier)
            view[0] = self.memories(query, closed)
        return tuple(view)

    @told
    def ask_forget(self, kind: str, what: str, first: str, last: str) -> tuple[Any, ...]:
        """Show what forgetting a topic, a person or a time would take: (the pending question, its panel, its words)."""
        if kind == "period":
            what = f"{first.strip()}/{last.strip()}"
        elif not what.strip():
            raise AttuneError("Say what is to be forgotten: a topic like “my ex”, or a name.")
        return self.ask(f"{kind}:{what}")

    @told
    def held(self) -> str:
        """Why learning fails, if it does, and what waits for the user's word."""
        failing = self.assistant.memory.note(EXTRACTION_FAILURE)
        parts = [cards.failing(failing)] if failing else []
        return "".join([*parts, *(cards.held(fact) for fact in self.assistant.memory.held_facts())])

    @told
    def held_pressed(self, query: str, closed: bool, event: gr.EventData) -> tuple[Any, ...]:
        """(what is held back, list)"""
        act, identifier = pressed(event)
        if act == "keep-held":
            self.assistant.memory.keep_held(identifier)
        elif act == "decline-held":
            self.assistant.memory.decline_held(identifier)
        return self.held(), self.memories(query, closed)

    def allowed(self) -> list[str]:
        """The delicate classes that may be kept."""
        return sorted(allowed_classes(self.assistant.memory))

    @told
    def allow(self, wanted: list[str]) -> None:
        for name in CLASSES:
            allow_class(self.assistant.memory, name, allowed=name in wanted)

    @told
    def own_memories(self) -> Any:
        """Which personas keep what they are told to themselves."""
        known = self.assistant.all_personas()
        own = [p.id for p in known if p.memory_scope == "own"]
        return gr.update(choices=[(p.name, p.id) for p in known], value=own)

    @told
    def set_own_memories(self, wanted: list[str]) -> None:
        for persona in self.assistant.all_personas():
            if (persona.memory_scope == "own") != (persona.id in wanted):
                give_own_memory(self.assistant.memory, persona.id, own=persona.id in wanted)

    @told
    def save_memory(self, identifier: str, text: str, query: str, closed: bool) -> tuple[Any, ...]:
        """(editing panel, list)"""
        if identifier and text.strip():
            self.assistant.memory.update(identifier, content=text)
        return gr.update(visible=False), self.memories(query, closed)

    @told
    def add_memory(self, text: str, query: str, closed: bool) -> tuple[Any, ...]:
        """(the emptied box, list)"""
        if not text.strip():
            return gr.skip(), gr.skip()
        self.assistant.memory.add(content=text, plural=True, origin="user")
        return "", self.memories(query, closed)
