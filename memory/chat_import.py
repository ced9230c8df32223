"""Stores conversations from other assistants, so that they are memory like one's own.

A conversation keeps its identifiers at every reading, and is written in one transaction with its full text. So an
import may be killed at any point and run again: what is there stays as it is, what is missing is added, and vectors
are made for what has none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from memory.chat_exports import ReadConversation, read_export
from memory.manager import MemoryManager
from memory.records import Conversation, Message
from memory.store import instant

log = logging.getLogger(__name__)

BATCH = 20
"""Conversations written between two commits: what a kill loses, and reads again."""


@dataclass(kw_only=True)
class Imported:
    """What an import did; `known` was there before."""

    conversations: int = 0
    known_conversations: int = 0
    messages: int = 0
    known_messages: int = 0


def import_chats(
    memory: MemoryManager,
    path: Path,
    *,
    persona: str = "nova",
    reading: Callable[[int, int], None] | None = None,
    embedding: Callable[[int, int], None] | None = None,
    embed: bool = True,
) -> Imported:
    """Add the conversations of an export, then make their vectors.

    Args:
        persona: who speaks when one of them is continued.
        reading: called with (bytes read, of how many).
        embedding: called with (vectors made, of how many).
        embed: False leaves the vectors to the queue; by their words the messages are found all the same.

    Raises:
        TransferError: not such an export, or damaged; what was read before the damage is kept.
    """
    result = Imported()
    with memory.worker.paused():
        batch: list[ReadConversation] = []
        try:
            for conversation in read_export(path, reading):
                batch.append(conversation)
                if len(batch) == BATCH:
                    _write(memory, batch, persona, result)
                    batch = []
        finally:
            _write(memory, batch, persona, result)
        if embed:
            memory.embed_pending(embedding)
    memory.worker.wake()
    return result


def _write(memory: MemoryManager, batch: Sequence[ReadConversation], persona: str, result: Imported) -> None:
    if not batch:
        return
    with memory.store.transaction():
        for conversation in batch:
            _write_one(memory, conversation, persona, result)
        memory.jobs.enqueue("index", {}, key="index", priority=8)


def _write_one(memory: MemoryManager, read: ReadConversation, persona: str, result: Imported) -> None:
    store = memory.store
    known = memory.find_conversation(read.id)
    there = {row["id"] for row in store.rows("SELECT id FROM messages WHERE conversation_id = ?", [read.id])}
    new = [message for message in read.messages if message.id not in there]
    result.known_messages += len(read.messages) - len(new)
    if known is None:
        result.conversations += 1
        store.insert(
            "conversations",
            Conversation(
                id=read.id,
                title=read.title or "Imported conversation",
                persona=persona,
                created_at=read.created_at,
                updated_at=read.updated_at,
                active_leaf_id=read.active_leaf_id,
                titled_by="user",
            ),
        )
    else:
        result.known_conversations += 1
        if not new:
            return
        ours = {message.id for message in read.messages}
        if known.active_leaf_id in ours:
            # It went on over there, and not here: show its newest end.
            store.change(
                "conversations", read.id, active_leaf_id=read.active_leaf_id, updated_at=instant(read.updated_at)
            )
    for message in new:
        store.insert(
            "messages",
            Message(
                id=message.id,
                conversation_id=read.id,
                parent_id=message.parent_id,
                role=message.role,
                content=message.content,
                created_at=message.created_at,
                model=message.model,
            ),
        )
    store.index_conversation(read.id)
    result.messages += len(new)
