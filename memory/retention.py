"""How long conversations are kept. What is past its time is deleted as the user would delete it, with what only it taught.

Off unless the user says so. A conversation may have a time of its own, or be kept for ever while others go.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from memory.errors import NotFound
from memory.records import Conversation

if TYPE_CHECKING:
    from memory.manager import MemoryManager

NOTE = "retention_days"
"""The note that holds for how many days all conversations are kept; empty for ever."""
FOR_EVER = 0
"""Of one conversation: kept, whatever holds for the others."""
JOB = "retention"


def days_for_all(memory: MemoryManager) -> int | None:
    """None: for ever."""
    return int(memory.note(NOTE) or 0) or None


def keep_all_for(memory: MemoryManager, days: int | None) -> None:
    """How many days after its last message a conversation goes; None for never."""
    memory.set_note(NOTE, str(days) if days else "")
    schedule(memory)


def keep_for(memory: MemoryManager, conversation_id: str, days: int | None) -> None:
    """The same for one conversation; `FOR_EVER` keeps it, None lets it go with the others.

    Raises:
        NotFound
    """
    memory.get_conversation(conversation_id)
    memory.store.change("conversations", conversation_id, keep_days=days)
    schedule(memory)


def schedule(memory: MemoryManager) -> None:
    """Have what is past its time taken in the background, if any conversation has a time."""
    timed = memory.store.value("SELECT count(*) FROM conversations WHERE keep_days > 0")
    if days_for_all(memory) or timed:
        memory.jobs.enqueue(JOB, {}, key=JOB, priority=9)
        memory.worker.wake()


def is_due(conversation: Conversation, days_for_all: int | None, now: datetime) -> bool:
    days = days_for_all if conversation.keep_days is None else conversation.keep_days
    return bool(days) and conversation.updated_at + timedelta(days=days or 0) < now


def carry_out(memory: MemoryManager) -> int:
    """Delete what is due, one conversation at a time, giving way to replies. Returns how many went."""
    days, now, gone = days_for_all(memory), memory.clock(), 0
    for conversation in memory.conversations(limit=1_000_000):
        memory.worker.checkpoint()
        if is_due(conversation, days, now):
            try:
                memory.delete_conversation(conversation.id)
            except NotFound:
                continue  # the user was quicker
            gone += 1
    return gone
