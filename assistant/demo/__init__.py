"""Two weeks of a made-up user, so that profile, closed facts, sources and a rule can be seen at once.

The diary is data (`diary.yaml`) and goes in the way real messages do: stored with its dates, read by the same rules.
Only the answers are written out, since no chat model was there. `mark` says so wherever it is shown.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel

from assistant import extraction, refinement
from assistant.profile import current_profile
from assistant.summaries import title_for
from memory import MemoryManager
from memory.records import Rating

NOTE = "demo"
MARK = "This is a demo: a made-up user's two weeks. Nothing here is kept when you close it."


class Turn(BaseModel, extra="forbid"):
    user: str
    assistant: str
    thumb: Literal["", "up", "down"] = ""
    reasons: list[str] = []


class Day(BaseModel, extra="forbid"):
    days_ago: int
    hour: int
    persona: str = "nova"
    turns: list[Turn]


def load_diary() -> list[Day]:
    text = (files("assistant") / "demo" / "diary.yaml").read_text(encoding="utf-8")
    return [Day.model_validate(day) for day in yaml.safe_load(text)]


def fill(memory: MemoryManager) -> None:
    """Put the diary into an empty memory and mark it as a demo."""
    memory.set_note(NOTE, MARK)
    today = memory.clock().replace(minute=0, second=0, microsecond=0)
    for day in load_diary():
        at = (today - timedelta(days=day.days_ago)).replace(hour=day.hour)
        conversation = memory.start_conversation(persona=day.persona, created_at=at)
        memory.rename_conversation(conversation.id, title_for(day.turns[0].user), by="auto")
        for turn in day.turns:
            at = _tell(memory, conversation.id, turn, day.persona, at)
    version = current_profile(memory)
    memory.add_profile_version(lines=version.lines, author="facts")


def _tell(memory: MemoryManager, conversation_id: str, turn: Turn, persona: str, at: datetime) -> datetime:
    """One exchange, a minute long. Returns when the next begins."""
    question = memory.add_message(conversation_id, role="user", content=turn.user, persona=persona, created_at=at)
    extraction.apply(memory, extraction.extract_by_rules(turn.user, said_at=at), question)
    answer = memory.add_message(
        conversation_id,
        role="assistant",
        content=turn.assistant,
        persona=persona,
        model="written for the demo",
        created_at=at + timedelta(seconds=20),
    )
    if turn.thumb:
        rating: Rating = 1 if turn.thumb == "up" else -1
        memory.add_feedback(answer.id, rating=rating, reasons=turn.reasons)
        proposal = refinement.propose(memory.feedback(), memory.prompt_versions(), memory.current_prompt())
        if proposal is not None:
            memory.add_prompt_version(
                parent_id=proposal.parent_id, rules=proposal.rules, state="accepted", reason=proposal.reason
            )
    return at + timedelta(minutes=1)
