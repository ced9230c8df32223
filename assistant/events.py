"""What a reply is made of, as its readers see it. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from memory.records import UseKind


@dataclass(frozen=True, kw_only=True)
class TextChunk:
    """The next piece of a reply. `reasoning` is a thinking model's talk to itself: shown folded, never the answer."""

    text: str
    kind: Literal["answer", "reasoning"] = "answer"
    message_id: str = ""
    """The answer that it belongs to, when two are written side by side."""


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """From here on two answers to the message are written at once, for a blind comparison. Does not say which is which."""

    message_ids: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class AnswerFailed:
    """One of two answers failed; the other goes on."""

    message_id: str
    why: str


@dataclass(frozen=True, kw_only=True)
class UsedMemory:
    """Something the answer was given with, and where it came from."""

    id: str
    type: UseKind
    content: str
    """The line as the model read it."""
    score: float
    source_message_id: str | None
    created_at: datetime | None
    why: tuple[tuple[str, float], ...] = ()
    """What spoke for it, each part from 0 to 1, strongest first."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    prompt: int
    cached: int
    """How many of the prompt's tokens were reused from the turn before."""
    completion: int


@dataclass(frozen=True, kw_only=True)
class Timings:
    """Milliseconds since the message was handed in."""

    search: float
    first_token: float
    total: float
    steering: float = 0.0
    """What of the total it took to read the prompt without its personal part as well; 0 where that was not done."""


@dataclass(frozen=True, kw_only=True)
class Response:
    """The last event of a reply. The same facts are in SQLite, under `message_id`."""

    text: str
    conversation_id: str
    message_id: str
    user_message_id: str
    memories_used: tuple[UsedMemory, ...]
    model: str
    tokens: Tokens
    timings_ms: Timings
    stopped: bool
    reasoning: str
    rules: tuple[str, ...]
    """Standing and learned rules that were in force."""
    declined: bool
    """The built-in model said that this is beyond it."""


Event = TextChunk | SideBySide | AnswerFailed | Response
