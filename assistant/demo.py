"""Fills an empty home with two weeks of a made-up user, so that everything the page shows can be seen at once.

The diary is data (`demo_diary.yaml`). Its messages go through the same reading, rating and accepting as real ones;
only the replies are written beforehand, and each says so by its model's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, Field

from assistant.assistant import Assistant
from assistant.extraction import apply, extract_by_rules
from assistant.recall import memory_line
from memory import MemoryManager, MessageUse

DEMO_NOTE = "demo"
"""The note that marks a home as a demo; the page shows it."""
MODEL_NAME = "demo diary"
DAYS = 14
OWN_LINE = "## About you\n- Tell me when I forget to drink water.\n\n"
"""What the made-up user wrote on the profile page herself."""


class Rated(BaseModel, extra="forbid"):
    thumb: Literal[1, -1]
    reasons: list[str] = []
    comment: str = ""


class Turn(BaseModel, extra="forbid"):
    user: str
    assistant: str
    uses: list[str] = []
    rating: Rated | None = None
    accept_rule: bool = False


class Entry(BaseModel, extra="forbid"):
    """One conversation of the diary."""

    day: int = Field(ge=1, le=DAYS)
    time: time
    title: str
    turns: list[Turn]


def read_diary() -> list[Entry]:
    """The diary, in the order it was lived."""
    text = (files("assistant") / "demo_diary.yaml").read_text(encoding="utf-8")
    return [Entry.model_validate(entry) for entry in yaml.safe_load(text)]


def fill_demo(assistant: Assistant, *, today: date | None = None) -> None:
    """Let the diary happen in the two weeks before `today`, and mark the home as a demo.

    Args:
        assistant: one that was opened on an empty home.
        today: the day after the diary's last; by default the real one.
    """
    today = today or datetime.now().astimezone().date()
    for entry in read_diary():
        day = today - timedelta(days=DAYS + 1 - entry.day)
        _live(assistant, entry, datetime.combine(day, entry.time).astimezone(UTC))
    assistant.edit_profile(OWN_LINE + assistant.profile_text())
    assistant.memory.set_note(DEMO_NOTE, "1")


def _live(assistant: Assistant, entry: Entry, begins: datetime) -> None:
    memory = assistant.memory
    conversation = memory.start_conversation(title=entry.title, persona="nova", created_at=begins)
    for position, turn in enumerate(entry.turns):
        moment = begins + timedelta(minutes=2 * position)
        with _clock_at(memory, moment):
            asked = memory.add_message(
                conversation.id, role="user", content=turn.user, created_at=moment, persona="nova"
            )
            apply(memory, extract_by_rules(turn.user, said_at=moment), asked)
            answered = memory.add_message(
                conversation.id,
                role="assistant",
                content=turn.assistant,
                created_at=moment + timedelta(seconds=4),
                persona="nova",
                model=MODEL_NAME,
            )
            memory.record_uses(answered.id, _uses(memory, turn.uses, moment))
            if turn.rating is not None:
                assistant.rate(answered.id, turn.rating.thumb, turn.rating.reasons, turn.rating.comment)
            if turn.accept_rule:
                for proposal in assistant.proposals():
                    assistant.accept(proposal.id)


def _uses(memory: MemoryManager, attributes: list[str], moment: datetime) -> list[MessageUse]:
    return [
        MessageUse(item_type="memory", item_id=fact.id, text=memory_line(fact, moment), score=1.0)
        for attribute in attributes
        for fact in memory.memories(attribute=attribute)
    ]


@contextmanager
def _clock_at(memory: MemoryManager, moment: datetime) -> Iterator[None]:
    """Stop the memory's clock at a moment for a while, so that histories and ratings bear the diary's dates."""
    before, memory.clock = memory.clock, lambda: moment
    try:
        yield
    finally:
        memory.clock = before
