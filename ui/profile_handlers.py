"""What the Profile tab does: shows the page about the user, locks its lines, rewrites it, goes back."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui import cards
from ui.handling import Handlers, pressed, told


class ProfileHandlers(Handlers):
    """The Profile tab. What it shows is read anew after every change."""

    @told
    def profile(self) -> tuple[Any, ...]:
        """(the page, its text, its versions)"""
        return (
            self._profile_page(),
            self.assistant.profile_text(),
            cards.profile_versions(self.assistant.memory.profile_versions()),
        )

    def _profile_page(self) -> str:
        lines = self.assistant.profile().lines
        memories = [self.assistant.memory.find(m) for line in lines for m in line.memory_ids]
        known = [memory for memory in memories if memory is not None]
        sources = self._sources(known)
        said = {m.id: sources[m.source_message_id] for m in known if m.source_message_id in sources}
        return cards.profile_page(lines, said)

    @told
    def profile_pressed(self, event: gr.EventData) -> tuple[Any, ...]:
        """A lock, or a version: (the page, its text, its versions, what has changed)"""
        act, what = pressed(event)
        changed = ""
        if act in ("lock", "unlock"):
            self.assistant.lock_profile_line(what, locked=act == "lock")
        elif act == "restore":
            self.assistant.restore_profile(what)
            gr.Info("The page reads as it did then, with what was learnt since.")
        elif act == "compare":
            changed = cards.profile_diff(self.assistant.profile_diff(what))
        return *self.profile(), changed

    @told
    def save_profile(self, text: str) -> tuple[Any, ...]:
        self.assistant.edit_profile(text)
        gr.Info("Saved. Your words win over what is learnt.")
        return self.profile()  # type: ignore[no-any-return]
