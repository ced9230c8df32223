"""HOW it answers and learns: prompt, chat model, turn, extraction, profile, refinement. Imports memory and personas.

The names below are what other programs rely on. They are looked up when first used, so that `import assistant`
loads no engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.assistant import Assistant, open_assistant
    from assistant.errors import AttuneError
    from assistant.events import Event, Response, TextChunk, Timings, Tokens, UsedMemory
    from assistant.settings import Settings

_HOMES = {
    "Assistant": "assistant.assistant",
    "open_assistant": "assistant.assistant",
    "AttuneError": "assistant.errors",
    "Event": "assistant.events",
    "Response": "assistant.events",
    "TextChunk": "assistant.events",
    "Timings": "assistant.events",
    "Tokens": "assistant.events",
    "UsedMemory": "assistant.events",
    "Settings": "assistant.settings",
}

__all__ = [
    "Assistant",
    "AttuneError",
    "Event",
    "Response",
    "Settings",
    "TextChunk",
    "Timings",
    "Tokens",
    "UsedMemory",
    "open_assistant",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'assistant' has no attribute {name!r}")
