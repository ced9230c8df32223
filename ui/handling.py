"""What the handlers of every tab share: the assistant of the page, what was pressed, and the door for errors.

Errors are caught once, by `told`: the user reads what to do, and what they typed stays where it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import gradio as gr

from assistant.assistant import Assistant, open_assistant
from assistant.errors import AttuneError
from assistant.settings import Settings
from memory import Memory, MemoryStoreError, Message
from personas import PersonaError
from ui import cards

ERRORS = (AttuneError, MemoryStoreError, PersonaError)


def told(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The page's door for errors: shown as a notice, and everything on the page stays as it was."""

    @wraps(handler)
    def caught(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except ERRORS as error:
            gr.Warning(cards.escape(str(error)), duration=12)
            return gr.skip()

    return caught


class Handlers:
    """One user's page. Holds the assistant, and nothing about which conversation is looked at: the page says that."""

    def __init__(self, assistant: Assistant, *, reopen: Callable[[Settings], Assistant] = open_assistant) -> None:
        """`reopen` opens an empty home after everything was erased."""
        self.assistant = assistant
        self._reopen = reopen
        self._swap = threading.Lock()

    @property
    def _server(self) -> str:
        """The address that replies come from; empty when they are made here."""
        settings = self.assistant.settings
        return (settings.base_url or "a server") if settings.is_remote else ""

    def _sources(self, memories: Sequence[Memory]) -> dict[str, Message]:
        found = {}
        for memory in memories:
            message = self.assistant.memory.find_message(memory.source_message_id or "")
            if message is not None:
                found[message.id] = message
        return found


def pressed(event: gr.EventData) -> tuple[str, str]:
    """What a button says it does, and to what."""
    data = event._data or {}
    return str(data.get("act", "")), str(data.get("id", ""))
