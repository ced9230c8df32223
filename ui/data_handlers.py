"""What the tab "Your data" does: says what this is, how long conversations are kept, imports, erases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from assistant.errors import AttuneError
from memory import retention, transfer
from memory.chat_exports import is_chat_export
from memory.chat_import import import_chats
from ui import cards
from ui.chat_views import ChatViews
from ui.handling import ERRORS, told

ERASE_WORD = "erase"
KEPT_FOR = [
    ("ever", "ever"),
    ("30 days", "30"),
    ("90 days", "90"),
    ("a year", "365"),
    ("as long as the others", "as others"),
]


class DataHandlers(ChatViews):
    """The tab that erases: afterwards it shows the chat, empty."""

    @told
    def about(self) -> str:
        memory, settings = self.assistant.memory, self.assistant.settings
        return cards.about(
            model=settings.model or "the small built-in model",
            home=str(memory.home),
            counts=memory.counts(),
            problems=memory.check(),
            server=self._server,
        )

    def keeping(self) -> tuple[Any, ...]:
        """(the conversations that may have a time of their own, how long all are kept)"""
        named = [(cards.short(c.title, 60), c.id) for c in self.assistant.memory.conversations()]
        return gr.update(choices=[("All", ""), *named], value=""), self.kept_for("")

    @told
    def kept_for(self, which: str) -> str:
        memory = self.assistant.memory
        days = memory.get_conversation(which).keep_days if which else retention.days_for_all(memory)
        return ("as others" if which else "ever") if days is None else str(days) if days else "ever"

    @told
    def keep(self, which: str, chosen: str) -> None:
        memory = self.assistant.memory
        days = int(chosen) if chosen.isdigit() else None
        if which:
            retention.keep_for(memory, which, retention.FOR_EVER if chosen == "ever" else days)
        else:
            retention.keep_all_for(memory, days)
        gr.Info("Kept for ever." if chosen == "ever" else "From now on, what is past its time goes.")

    @told
    def import_file(self, path: str | None) -> tuple[Any, ...]:
        """(the upload, emptied for another file also when this one is refused; about)"""
        if not path:
            return gr.skip(), gr.skip()
        try:
            added = self._import(Path(path))
        except ERRORS as error:
            # Where the upload lies means nothing to the user; its name is the one that they know.
            gr.Warning(cards.escape(str(error).replace(path, Path(path).name)), duration=12)
            return None, gr.skip()
        finally:
            Path(path).unlink(missing_ok=True)
        gr.Info(f"Imported: {added} added; what was already there stays as it is.")
        return None, self.about()

    def _import(self, path: Path) -> str:
        """What an export of ours, of ChatGPT or of Claude added, in words."""
        if is_chat_export(path):
            chats = import_chats(self.assistant.memory, path, embed=False)
            counted = (cards.counted(chats.conversations, "conversation"), cards.counted(chats.messages, "message"))
            return " with ".join(counted)
        return f"{sum(n['added'] for n in self.assistant.import_zip(path).values()):,}"

    @told
    def erase(self, word: str) -> tuple[Any, ...]:
        """(the emptied box, about, then the chat page)"""
        if word.strip().lower() != ERASE_WORD:
            raise AttuneError(f"Nothing was erased. Type {ERASE_WORD} to remove everything.")
        with self._swap:
            settings = self.assistant.settings
            if not self.assistant.memory.owner:
                raise AttuneError("Attune is open in another window. Close it, then erase.")
            self.assistant.close()
            transfer.erase(settings.home)
            self.assistant = self._reopen(settings)
        gr.Info("Everything is gone.")
        return "", self.about(), *self.view("")
