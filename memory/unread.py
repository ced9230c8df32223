"""Which messages of a conversation still wait to be read for facts. Rows of ids only; what reading is, is not known here.

A message is put here with its job and leaves once it has been read, so that a kill between two messages loses neither and
reads none for nothing: what was read before is not read again.
"""

from __future__ import annotations

from typing import Literal

from memory.records import Message
from memory.store import Store

Reader = Literal["rules", "model"]


class Unread:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, message: Message, reader: Reader) -> None:
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO unread (message_id, reader, conversation_id) VALUES (?, ?, ?)",
                [message.id, reader, message.conversation_id],
            )

    def of(self, conversation_id: str, reader: Reader) -> list[Message]:
        """Those of a conversation that a reader has not read, in the order in which they were said."""
        return self._store.select(
            "messages",
            Message,
            "id IN (SELECT message_id FROM unread WHERE conversation_id = ? AND reader = ?) ORDER BY seq",
            [conversation_id, reader],
        )

    def remove(self, message: Message, reader: Reader) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM unread WHERE message_id = ? AND reader = ?", [message.id, reader])
