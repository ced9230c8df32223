"""Works out what forgetting takes, and takes it: words struck out of every row that quotes them, tombstones, clean files.

Two widths. A name or number ("Pemba", "1987") is struck out of every row that holds it. A common word ("tea") is
struck out only where this memory came from and where it was used: elsewhere it is somebody else's tea.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from memory.query import STOP_WORDS
from memory.records import Conversation, ForgetPlan, Memory, Message
from memory.store import Store

MARK = "[forgotten]"
TEXT_COLUMNS = (
    ("messages", "content"),
    ("messages", "reasoning"),
    ("messages", "block"),
    ("message_uses", "text"),
    ("conversations", "title"),
    ("summaries", "content"),
    ("feedback", "comment"),
    ("feedback", "edit"),
    ("memories", "content"),
    ("memories", "value"),
    ("memory_events", "content"),
    ("profile_versions", "lines"),
    ("prompt_versions", "rules"),
    ("prompt_versions", "reason"),
    ("jobs", "payload"),
    ("jobs", "error"),
    ("notes", "value"),
)
"""Every column that may quote the user."""
IN_CONVERSATION = {"messages", "message_uses", "conversations", "summaries", "feedback"}


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """Words to strike out. `everywhere`: distinctive enough to go wherever they stand."""

    text: str
    everywhere: bool

    @property
    def pattern(self) -> re.Pattern[str]:
        flexible = r"\s+".join(re.escape(part) for part in self.text.split())
        return re.compile(rf"(?<!\w){flexible}(?!\w)", re.IGNORECASE)


def phrases_of(memory: Memory) -> tuple[Phrase, ...]:
    """What of a memory is its secret: its value, or its whole sentence when it has none."""
    text = memory.value.strip() or memory.content.strip()
    distinctive = len(text) > 2 and text.casefold() not in STOP_WORDS and any(c.isupper() or c.isdigit() for c in text)
    return (Phrase(text=text, everywhere=distinctive),) if text else ()


def plan_memory(store: Store, memory: Memory) -> ForgetPlan:
    """What forgetting one memory takes: itself, those that say the same, and the words in every message."""
    phrases = phrases_of(memory)
    sources = _sources(store, [memory.id])
    alike = [
        other
        for other in store.select("memories", Memory, "1 ORDER BY seq")
        if other.id == memory.id
        or (memory.value and other.value.casefold() == memory.value.casefold() and other.attribute == memory.attribute)
        or (other.source_message_id in sources and any(p.pattern.search(other.content) for p in phrases))
    ]
    conversations = _conversations(store, [m.id for m in alike])
    messages = [
        message
        for message in store.select("messages", Message, "1 ORDER BY seq")
        if any(
            p.pattern.search(message.content) and (p.everywhere or message.conversation_id in conversations)
            for p in phrases
        )
    ]
    return ForgetPlan(
        memories=tuple(alike), redacted_messages=tuple(messages), phrases=tuple(phrase.text for phrase in phrases)
    )


def plan_conversation(store: Store, conversation: Conversation) -> ForgetPlan:
    """What deleting a conversation takes: its messages, and the memories that were learnt nowhere else."""
    inside = {row["id"] for row in store.rows("SELECT id FROM messages WHERE conversation_id = ?", [conversation.id])}
    learnt = [
        memory
        for memory in store.select("memories", Memory, "source_message_id IS NOT NULL ORDER BY seq")
        if _sources(store, [memory.id]) <= inside
    ]
    return ForgetPlan(memories=tuple(learnt), redacted_messages=(), deleted_conversations=(conversation,))


def carry_out(store: Store, plan: ForgetPlan) -> set[str]:
    """Take what the plan names, in one transaction. Returns the items whose vectors are gone with it."""
    ids = [memory.id for memory in plan.memories]
    conversations = _conversations(store, ids)
    phrases = {phrase for memory in plan.memories for phrase in phrases_of(memory)} if plan.phrases else set()
    touched: set[str] = set(ids)
    with store.transaction() as connection:
        for conversation in plan.deleted_conversations:
            rows = connection.execute("SELECT id FROM messages WHERE conversation_id = ?", [conversation.id])
            touched |= {row["id"] for row in rows}
            connection.execute("DELETE FROM conversations WHERE id = ?", [conversation.id])
        for phrase in phrases:
            touched |= _strike(store, phrase, conversations)
        for memory in plan.memories:
            connection.execute("DELETE FROM memories WHERE id = ?", [memory.id])
            connection.execute("UPDATE memory_events SET content = '' WHERE memory_id = ?", [memory.id])
            connection.execute("DELETE FROM message_uses WHERE item_id = ?", [memory.id])
            _blank_lines(store, memory)
        connection.executemany("DELETE FROM embeddings WHERE item_id = ?", [[item] for item in touched])
        store.build_fts()
    return touched


def _strike(store: Store, phrase: Phrase, conversations: set[str]) -> set[str]:
    """Replace the phrase by a mark. Returns the identifiers of changed messages and memories."""
    changed: set[str] = set()
    pattern = phrase.pattern
    with store.transaction() as connection:
        for table, column in TEXT_COLUMNS:
            key = "key" if table == "notes" else "seq"
            for row in connection.execute(f"SELECT * FROM {table}").fetchall():
                if not phrase.everywhere and not _within(store, table, row, conversations):
                    continue
                text = pattern.sub(MARK, row[column])
                if text != row[column]:
                    connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", [text, row[key]])
                    if table in ("messages", "memories") and column == "content":
                        changed.add(row["id"])
                        if table == "messages":
                            changed |= _neighbours(store, row["id"], row["parent_id"])
    return changed


def _within(store: Store, table: str, row: object, conversations: set[str]) -> bool:
    """Is a row part of the conversations that a common word is struck out of?"""
    if table not in IN_CONVERSATION:
        return False
    values = dict(row)  # type: ignore[call-overload]
    if table == "conversations":
        return values["id"] in conversations
    if "conversation_id" in values:
        return values["conversation_id"] in conversations
    owner = store.value("SELECT conversation_id FROM messages WHERE id = ?", [values["message_id"]])
    return owner in conversations


def _blank_lines(store: Store, memory: Memory) -> None:
    """Take a forgotten memory's sentence out of every profile version, prompt block and use, whatever its words."""
    with store.transaction() as connection:
        for row in connection.execute("SELECT seq, lines FROM profile_versions").fetchall():
            lines = json.loads(row["lines"])
            kept = [line for line in lines if memory.id not in line["memory_ids"]]
            if len(kept) != len(lines):
                connection.execute(
                    "UPDATE profile_versions SET lines = ? WHERE seq = ?",
                    [json.dumps(kept, ensure_ascii=False), row["seq"]],
                )
        for table, column in (("messages", "block"), ("message_uses", "text")):
            connection.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE instr({column}, ?) > 0",
                [memory.content, MARK, memory.content],
            )


def _sources(store: Store, memory_ids: Sequence[str]) -> set[str]:
    """Every message that said it: the first one, and those that said it again."""
    marks = ", ".join("?" * len(memory_ids))
    rows = store.rows(
        f"""SELECT source_message_id FROM memories WHERE id IN ({marks})
            UNION SELECT source_message_id FROM memory_events WHERE memory_id IN ({marks})""",
        [*memory_ids, *memory_ids],
    )
    return {row[0] for row in rows if row[0] is not None}


def _conversations(store: Store, memory_ids: Sequence[str]) -> set[str]:
    """Where memories came from, and where answers used them."""
    if not memory_ids:
        return set()
    marks = ", ".join("?" * len(memory_ids))
    rows = store.rows(
        f"""SELECT m.conversation_id FROM messages m JOIN message_uses u ON u.message_id = m.id
            WHERE u.item_id IN ({marks})""",
        list(memory_ids),
    )
    used = {row[0] for row in rows}
    return used | _conversations_of(store, _sources(store, memory_ids))


def _conversations_of(store: Store, message_ids: Iterable[str]) -> set[str]:
    wanted = list(message_ids)
    marks = ", ".join("?" * len(wanted))
    return {row[0] for row in store.rows(f"SELECT conversation_id FROM messages WHERE id IN ({marks})", wanted)}


def _neighbours(store: Store, message_id: str, parent_id: str | None) -> set[str]:
    """Messages whose vectors were made from a window that held this one."""
    rows = store.rows("SELECT id FROM messages WHERE parent_id = ?", [message_id])
    return {row["id"] for row in rows} | ({parent_id} if parent_id else set())
