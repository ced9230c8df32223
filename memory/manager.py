"""The memory of one user: conversations, facts, feedback, the profile. The face that every other program relies on.

SQLite is the truth, and full-text rows are written in the same transaction as a message. Vectors follow from the
queue. Deciding what a new fact means is `reconcile`, finding is `search`, striking out is `forgetting`.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import numpy as np
from filelock import FileLock, Timeout
from ulid import ULID

from memory import forgetting
from memory.collections import Collections
from memory.digests import Digests
from memory.embeddings import Embeddings, MiniLmEmbeddings, Reranker
from memory.errors import CannotMerge, EmbeddingsUnavailable, HomeNotWritable, NotFound, RerankerMissing
from memory.filters import read_filters
from memory.index import ChromaIndex, piece_id
from memory.jobs import JobQueue, Worker
from memory.reconcile import OPPOSITES, reconcile
from memory.records import (
    Conversation,
    Feedback,
    ForgetPlan,
    HeldFact,
    Memory,
    MemoryEvent,
    MemoryEventKind,
    MemoryKind,
    Message,
    MessageStatus,
    MessageUse,
    NewMessage,
    Origin,
    ProfileLine,
    ProfileVersion,
    PromptVersion,
    Rating,
    Role,
    Rule,
    RuleState,
    SearchHit,
    Summary,
    utc_now,
)
from memory.refinements import Refinements
from memory.search import Include, Scope, Searcher
from memory.store import Store, clean_text, from_row, instant, to_row
from memory.unread import Unread

log = logging.getLogger(__name__)

DATABASE = "attune.db"
INDEX = "index"
LOCK = "attune.lock"
Found = TypeVar("Found")
WITHOUT_VECTOR = """
    SELECT m.seq, m.id, 'message' AS type, m.content
    FROM messages m LEFT JOIN embeddings e ON e.item_id = m.id AND e.encoder = ?1 AND e.part = 0
    WHERE e.item_id IS NULL AND m.content != '' AND m.status != 'streaming' AND m.seq > ?2
    UNION ALL
    SELECT f.seq, f.id, 'memory', f.content
    FROM memories f LEFT JOIN embeddings e ON e.item_id = f.id AND e.encoder = ?1 AND e.part = 0
    WHERE e.item_id IS NULL AND ?2 = 0"""
"""Items that the encoder ?1 has not seen: messages after the one with `seq` ?2, and from 0 on facts too."""
LEAST_SIMILAR = 0.22
"""What people search for must share a word with what is found, or be as near as this (cosine of all-MiniLM-L6-v2). "food" and
"allergic to peanuts" have 0.23; "zzzz" and any of eight facts 0.21 at most; of 227 questions of LoCoMo and what answers them 97 %
are nearer."""
MANY = 10
"""From so many new messages on, the full text of a conversation is written as a whole, each row once and not twice."""
INDEX_SAMPLE = 50
"""Vectors compared with the index at start: one that belongs to another database is not taken for ours."""
EMBED_BATCH = 16
"""Texts embedded between two looks at whether a reply wants the processor."""
EMBED_BATCH_WAITED_FOR = 256
"""Texts embedded at once where somebody waits for it. Short ones are then read with short ones: 16 in the order in which
they were said, filled up to the longest, cost the encoder 1.6 times as much."""


class _ActiveLeaf:
    """Stands for "after the last message of the shown branch", since None means "as the first message"."""


ACTIVE_LEAF: Final = _ActiveLeaf()


def open_memory(
    home: Path | str,
    *,
    embeddings: Embeddings | None = None,
    reranker: Reranker | None = None,
    clock: Callable[[], datetime] = utc_now,
    start_worker: bool = True,
) -> MemoryManager:
    """Open the memory kept in a folder, making it when it is new.

    The first process to open a home owns it: it has the vector index and works the queue off. Others read and
    write all the same; their search is by words alone, and their jobs wait for the owner.

    Args:
        embeddings: the encoder; None for MiniLM, loaded in the background.
        reranker: reads the best hits again, once it is loaded in the background; None for none.
        clock: hands out the time, aware and in UTC.
        start_worker: False leaves queued jobs alone.

    Raises:
        HomeNotWritable, DatabaseDamaged
    """
    folder = Path(home).expanduser().absolute()
    store = Store(folder / DATABASE)
    # Not bound to a thread: a page's handler may close what the main thread opened.
    lock = FileLock(folder / LOCK, thread_local=False)
    try:
        lock.acquire(timeout=0)
        owner = True
    except Timeout:
        owner = False
    except OSError as error:
        raise HomeNotWritable(f"{folder} cannot be locked ({error}). Name another folder with ATTUNE_HOME.") from error
    memory = MemoryManager(
        home=folder,
        store=store,
        lock=lock,
        owner=owner,
        embeddings=embeddings or MiniLmEmbeddings(),
        reranker=reranker,
        clock=clock,
    )
    if owner:
        memory.recover()
        if start_worker:
            memory.worker.start()
    return memory


class MemoryManager:
    """One home, opened. Safe to use from several threads."""

    def __init__(
        self,
        *,
        home: Path,
        store: Store,
        lock: FileLock,
        owner: bool,
        embeddings: Embeddings,
        clock: Callable[[], datetime],
        reranker: Reranker | None = None,
    ) -> None:
        self.home = home
        self.owner = owner
        self.clock = clock
        self.store = store
        self.jobs = JobQueue(store, clock)
        self.refinements = Refinements(store, lambda: self.clock())
        self.collections = Collections(store, lambda: self.clock())
        self.unread = Unread(store)
        self.digests = Digests(store)
        self.worker = Worker(self.jobs)
        self.after_forgetting: list[Callable[[], None]] = []
        """Called when something was forgotten: for whoever holds copies of what was said."""
        self.after_change: list[Callable[[], None]] = []
        """Called when a fact came, changed or went, within the transaction that did it: for whoever writes from facts."""
        self._lock = lock
        self._vectors = threading.RLock()
        """Held while vectors are made and while words are struck out, so that no vector outlives its words."""
        self._index_checked = False
        self._embeddings = embeddings
        self._index = ChromaIndex(home / INDEX, encoder=embeddings.name) if owner else None
        self._reranker = reranker
        self._searcher = Searcher(
            store=store,
            index=self._index,
            embeddings=embeddings if owner else None,
            clock=clock,
            reranker=reranker,
        )
        self.worker.register("index", self._index_pending)
        self.worker.register("rebuild_index", self._rebuild_index)

    # --- conversations --------------------------------------------------------------------------------------------

    def start_conversation(
        self, title: str | None = None, persona: str = "nova", created_at: datetime | None = None
    ) -> Conversation:
        now = created_at or self.clock()
        conversation = Conversation(
            id=str(ULID()),
            title=title or "New conversation",
            persona=persona,
            created_at=now,
            updated_at=now,
            titled_by="user" if title else "auto",
        )
        self.store.insert("conversations", conversation)
        return conversation

    def conversations(self, limit: int = 200, offset: int = 0) -> list[Conversation]:
        """Those last spoken in come first."""
        return self.store.select(
            "conversations", Conversation, "1 ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?", [limit, offset]
        )

    def find_conversation(self, conversation_id: str) -> Conversation | None:
        return self.store.find("conversations", Conversation, conversation_id)

    def get_conversation(self, conversation_id: str) -> Conversation:
        return _present("conversation", conversation_id, self.find_conversation(conversation_id))

    def rename_conversation(self, conversation_id: str, title: str, *, by: Literal["auto", "user"] = "user") -> None:
        """Give a conversation a title. One that was made by itself never takes the place of the user's, however late it comes."""
        self.get_conversation(conversation_id)
        said = clean_text(" ".join(title.split())[:120])
        with self.store.transaction() as connection:
            connection.execute(
                "UPDATE conversations SET title = ?1, titled_by = ?2 WHERE id = ?3 AND (?2 = 'user' OR titled_by = 'auto')",
                [said, by, conversation_id],
            )

    def set_persona(self, conversation_id: str, persona: str) -> None:
        self.get_conversation(conversation_id)
        self.store.change("conversations", conversation_id, persona=persona)

    def set_active_leaf(self, conversation_id: str, message_id: str | None) -> None:
        """Show the branch that ends at this message; None shows none."""
        self.get_conversation(conversation_id)
        self.store.change("conversations", conversation_id, active_leaf_id=message_id)

    def plan_delete_conversation(self, conversation_id: str) -> ForgetPlan:
        """What deleting it would take, to be shown first."""
        return forgetting.plan_conversation(self.store, self.get_conversation(conversation_id))

    def delete_conversation(self, conversation_id: str) -> ForgetPlan:
        """Delete it with its messages and the memories that were learnt nowhere else. Cannot be taken back."""
        return self._forget(self.plan_delete_conversation(conversation_id))

    # --- messages -------------------------------------------------------------------------------------------------

    def add_message(
        self,
        conversation_id: str,
        *,
        role: Role,
        content: str,
        parent_id: str | _ActiveLeaf | None = ACTIVE_LEAF,
        created_at: datetime | None = None,
        persona: str = "",
        model: str = "",
        prompt_version_id: str | None = None,
        status: MessageStatus = "complete",
        block: str = "",
    ) -> Message:
        """Store a message. It can be found by its words as soon as this returns; its vector follows.

        Args:
            parent_id: the message it answers or follows; by default the last one of the shown branch; None for a root.
        """
        conversation = self.get_conversation(conversation_id)
        message = Message(
            id=str(ULID()),
            conversation_id=conversation_id,
            parent_id=conversation.active_leaf_id if isinstance(parent_id, _ActiveLeaf) else parent_id,
            role=role,
            content=clean_text(content),
            created_at=created_at or self.clock(),
            persona=persona,
            model=model,
            prompt_version_id=prompt_version_id,
            status=status,
            block=block,
        )
        with self.store.transaction():
            self._insert_message(message)
            self._index_message(message)
        self.worker.wake()
        return message

    def add_messages(
        self, rows: Iterable[NewMessage], progress: Callable[[int, int], None] | None = None
    ) -> list[Message]:
        """Store many messages, then embed them in batches.

        Args:
            progress: called with (done, of how many) while vectors are made.
        """
        added = self.store_messages(rows)
        if added:
            self.embed_pending(progress)
        return added

    def store_messages(self, rows: Iterable[NewMessage]) -> list[Message]:
        """Store many messages, found by their words at once; their vectors follow from the queue."""
        added: list[Message] = []
        with self.store.transaction():
            for row in rows:
                parent = row.parent_id or self.get_conversation(row.conversation_id).active_leaf_id
                message = Message(
                    id=str(ULID()),
                    conversation_id=row.conversation_id,
                    parent_id=parent,
                    role=row.role,
                    content=clean_text(row.content),
                    created_at=row.created_at or self.clock(),
                    persona=row.persona,
                    model=row.model,
                )
                self._insert_message(message)
                added.append(message)
            for conversation_id, count in Counter(message.conversation_id for message in added).items():
                if count >= MANY:
                    self.store.index_conversation(conversation_id)
                else:
                    for message in added:
                        if message.conversation_id == conversation_id:
                            self.store.index_message(message.id)
            if added:
                self.jobs.enqueue("index", {}, key="index", priority=8)
        return added

    def _insert_message(self, message: Message) -> None:
        self.store.insert("messages", message)
        self.store.change(
            "conversations",
            message.conversation_id,
            active_leaf_id=message.id,
            updated_at=instant(message.created_at),
        )

    def _index_message(self, message: Message) -> None:
        """Full text now, vectors from the queue."""
        if not message.content or message.status == "streaming":
            return
        self.store.index_message(message.id)
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM embeddings WHERE item_id = ?", [message.id])
        self.jobs.enqueue("index", {}, key="index", priority=8)

    def grow_message(self, message_id: str, content: str) -> None:
        """Keep what has been written of a reply so far."""
        self.store.change("messages", message_id, content=content)

    def finish_message(
        self,
        message_id: str,
        *,
        content: str,
        status: MessageStatus = "complete",
        reasoning: str = "",
        failure: str = "",
        prompt_tokens: int | None = None,
        cached_tokens: int | None = None,
        completion_tokens: int | None = None,
        duration_ms: float | None = None,
        model: str = "",
    ) -> Message:
        """Close a reply's row and make it findable."""
        with self.store.transaction():
            self.store.change(
                "messages",
                message_id,
                content=content,
                status=status,
                reasoning=reasoning,
                failure=failure,
                prompt_tokens=prompt_tokens,
                cached_tokens=cached_tokens,
                completion_tokens=completion_tokens,
                duration_ms=duration_ms,
                model=model,
            )
            message = self.get_message(message_id)
            self._index_message(message)
        self.worker.wake()
        return message

    def set_block(self, message_id: str, block: str) -> None:
        """Record the memory block that a user message was rendered with."""
        self.store.change("messages", message_id, block=block)

    def mark_copied(self, message_id: str) -> None:
        """The user copied an answer.

        Raises:
            NotFound
        """
        self.get_message(message_id)
        self.store.change("messages", message_id, copied_at=self.clock())

    def find_message(self, message_id: str) -> Message | None:
        return self.store.find("messages", Message, message_id)

    def get_message(self, message_id: str) -> Message:
        return _present("message", message_id, self.find_message(message_id))

    def thread(self, conversation_id: str, leaf_id: str | None = None) -> list[Message]:
        """One branch, first message first: the shown one, or the one that ends at `leaf_id`."""
        leaf = leaf_id or self.get_conversation(conversation_id).active_leaf_id
        if leaf is None:
            return []
        rows = self.store.rows(
            """WITH RECURSIVE branch(id, depth) AS (
                   SELECT ?, 0
                   UNION ALL
                   SELECT m.parent_id, depth + 1 FROM branch JOIN messages m ON m.id = branch.id
                   WHERE m.parent_id IS NOT NULL)
               SELECT m.* FROM branch JOIN messages m ON m.id = branch.id ORDER BY depth DESC""",
            [leaf],
        )
        return [from_row(Message, row) for row in rows]

    def messages_between(self, first: datetime, last: datetime) -> list[Message]:
        """What was said from `first` until before `last`, oldest first, without what is withheld from search."""
        withheld = self.withheld_messages()
        found = self.store.select(
            "messages", Message, "created_at >= ? AND created_at < ? ORDER BY seq", [instant(first), instant(last)]
        )
        return [message for message in found if message.id not in withheld]

    def said_first(self, limit: int) -> list[Message]:
        """The user's first messages, oldest first, without those that hold something withheld."""
        rows = self.store.select(
            "messages", Message, "role = 'user' AND trim(content) != '' ORDER BY created_at, seq LIMIT ?", [limit]
        )
        withheld = self.withheld_messages()
        return [message for message in rows if message.id not in withheld]

    def siblings(self, message_id: str) -> list[Message]:
        """The versions of a message, itself among them, oldest first."""
        message = self.get_message(message_id)
        return self.store.select(
            "messages",
            Message,
            "conversation_id = ? AND parent_id IS ? AND role = ? ORDER BY seq",
            [message.conversation_id, message.parent_id, message.role],
        )

    def edited_away(self, thread: Sequence[Message]) -> list[str]:
        """The messages of the user that those of a branch took the place of."""
        if not thread:
            return []
        shown = {message.id for message in thread}
        rows = self.store.rows(
            "SELECT id, parent_id FROM messages WHERE conversation_id = ? AND role = 'user'",
            [thread[0].conversation_id],
        )
        places = {message.parent_id for message in thread if message.role == "user"}
        return [row["id"] for row in rows if row["id"] not in shown and row["parent_id"] in places]

    def child_leaf(self, message_id: str) -> Message:
        """The end of the newest branch below a message."""
        message = self.get_message(message_id)
        while True:
            children = self.store.select("messages", Message, "parent_id = ? ORDER BY seq DESC LIMIT 1", [message.id])
            if not children:
                return message
            message = children[0]

    def recover(self) -> int:
        """After a crash: mark half-written replies as stopped and put taken jobs back. Returns how many replies."""
        cut = self.store.select("messages", Message, "status = 'streaming'")
        for message in cut:
            self.finish_message(message.id, content=message.content, status="stopped", model=message.model)
        self.jobs.recover()
        self.jobs.enqueue("index", {}, key="index", priority=8)
        return len(cut)

    def record_uses(self, message_id: str, uses: Sequence[MessageUse]) -> None:
        """Keep what an answer was given with, in order."""
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM message_uses WHERE message_id = ?", [message_id])
            connection.executemany(
                "INSERT INTO message_uses (message_id, item_type, item_id, text, score, why) VALUES (?, ?, ?, ?, ?, ?)",
                [[message_id, use.item_type, use.item_id, clean_text(use.text), use.score, use.why] for use in uses],
            )

    def uses_of(self, message_id: str) -> list[MessageUse]:
        return self.store.select("message_uses", MessageUse, "message_id = ? ORDER BY seq", [message_id])

    # --- search ---------------------------------------------------------------------------------------------------

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        as_of: datetime | None = None,
        persona: str | None = None,
        conversation_id: str | None = None,
        exclude_conversation_id: str | None = None,
        exclude_message_ids: Collection[str] = (),
        before: datetime | None = None,
        after: datetime | None = None,
        role: Role | None = None,
        in_persona: str | None = None,
        in_collection: str | None = None,
        exclude_personas: Collection[str] = (),
        every_persona: bool = False,
        include: Collection[Include] = ("memory", "message"),
        constructed: str = "",
    ) -> list[SearchHit]:
        """Messages and facts for a question, best first.

        Args:
            as_of: search what was known and held then; None for now, when closed facts stay out, but for those that held
                in a time which the query names and gave way to something newer since.
            persona: also see what was told to this persona alone.
            conversation_id: search the messages of one conversation only.
            before, after: only what was said or learnt earlier than, or from, that moment.
            role: only messages of this one.
            in_persona: only conversations with this persona, and facts that it alone was told.
            in_collection: only conversations of this collection, and facts learnt in them.
            every_persona: also facts that one persona alone was told, whichever.
            exclude_personas: no conversation with these, and no fact that one of them alone was told.
            constructed: the query with what it leans on spelled out ("When is her birthday? Oda"); asked besides.
        """
        scope = Scope(
            as_of=as_of,
            persona=persona,
            conversation_id=conversation_id,
            exclude_conversation_id=exclude_conversation_id,
            exclude_message_ids=frozenset(exclude_message_ids)
            | (frozenset() if conversation_id else self.withheld_messages()),
            before=before,
            after=after,
            role=role,
            in_persona=in_persona,
            in_collection=in_collection,
            every_persona=every_persona,
            exclude_personas=frozenset(exclude_personas),
        )
        return self._searcher.search(query, limit=limit, scope=scope, include=include, constructed=constructed)

    def search_as_typed(self, text: str, *, limit: int = 20, as_of: datetime | None = None) -> list[SearchHit]:
        """Search for people: words with `persona:`, `in:`, `from:me`, `before:` and `after:` among them, see `memory.filters`.

        What one persona alone was told is found too: it is kept from other personas, not from the user. What shares no word with
        the query and means nothing near it is left out: a list in which "zzzz" finds something is believed in nothing else.
        """
        typed = read_filters(text, self.clock().astimezone().tzinfo or UTC)
        collection = self.collections.find(typed.collection) if typed.collection else None
        hits = self.search(
            typed.words,
            limit=limit,
            as_of=as_of,
            before=typed.before,
            after=typed.after,
            role=typed.role,
            in_persona=typed.persona,
            in_collection=None if typed.collection is None else collection.id if collection else "",
            every_persona=True,
        )
        return [hit for hit in hits if hit.source != "dense" or (hit.similarity or 0.0) >= LEAST_SIMILAR]

    # --- facts ----------------------------------------------------------------------------------------------------

    def add(
        self,
        *,
        content: str,
        kind: MemoryKind = "semantic",
        subject: str = "user",
        attribute: str = "",
        value: str = "",
        importance: float = 0.5,
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
        source_message_id: str | None = None,
        origin: Origin = "user",
        sensitivity: str = "",
        persona: str = "",
        plural: bool = False,
        instead_of: str = "",
        occurs: tuple[date, date] | None = None,
    ) -> Memory:
        """Remember a fact. The same fact is refreshed; a new value of the same attribute closes the old one.

        Args:
            content: a sentence in the third person.
            plural: the attribute holds many values at once, so that a new one closes nothing.
            instead_of: the value that it corrects.
            occurs: first and last day of a plan or an event.
        """
        now = self.clock()
        source = self.find_message(source_message_id) if source_message_id else None
        content, value = clean_text(content).strip(), clean_text(value).strip()
        opposites = OPPOSITES.get(attribute, ())
        with self.store.transaction():
            neighbours = self.store.select(
                "memories",
                Memory,
                "valid_to IS NULL AND kind = ? AND ((subject = ? AND attribute IN "
                f"({', '.join('?' * (1 + len(opposites)))})) OR content = ?) ORDER BY seq",
                [kind, subject, attribute, *opposites, content],
            )
            decision = reconcile(
                neighbours,
                content=content,
                kind=kind,
                subject=subject,
                attribute=attribute,
                value=value,
                persona=persona,
                plural=plural,
                instead_of=instead_of,
                occurs=occurs,
                said_at=source.created_at if source else None,
            )
            if decision.action == "refresh" and valid_to is None:
                memory = decision.existing[0]
                self._event(memory, "refreshed", origin, source_message_id)
                for old in decision.closes:
                    self.close_memory(old.id, at=valid_from, source_message_id=source_message_id)
                return memory
            if decision.action == "past" and valid_to is None:
                valid_to, later = decision.existing[0].valid_from, decision.existing[0].id
            else:
                later = None
            memory = Memory(
                id=str(ULID()),
                content=content,
                kind=kind,
                subject=subject,
                attribute=attribute,
                value=value,
                importance=min(1.0, max(0.0, importance)),
                created_at=now,
                valid_from=valid_from or now,
                valid_to=valid_to,
                superseded_by=later,
                source_message_id=source_message_id,
                origin=origin,
                sensitivity=sensitivity,
                persona=persona,
                occurs_from=occurs[0] if occurs else None,
                occurs_to=occurs[1] if occurs else None,
            )
            self.store.insert("memories", memory)
            self.store.index_memory(memory.id)
            self._event(memory, "added", origin, source_message_id)
            if valid_to is None:
                for old in (*(decision.existing if decision.action == "replace" else ()), *decision.closes):
                    self.store.change(
                        "memories",
                        old.id,
                        valid_to=instant(max(memory.valid_from, old.valid_from)),
                        superseded_by=memory.id,
                    )
                    self._event(old, "closed", origin, source_message_id)
            self.jobs.enqueue("index", {}, key="index", priority=8)
        self.worker.wake()
        return memory

    def find(self, memory_id: str) -> Memory | None:
        return self.store.find("memories", Memory, memory_id)

    def get(self, memory_id: str) -> Memory:
        return _present("memory", memory_id, self.find(memory_id))

    def memories(
        self,
        *,
        include_closed: bool = False,
        kind: MemoryKind | None = None,
        subject: str | None = None,
        attribute: str | None = None,
        limit: int = 1000,
        offset: int = 0,
    ) -> list[Memory]:
        """Facts, newest first."""
        where, parameters = ["1" if include_closed else "valid_to IS NULL"], list[Any]()
        for column, wanted in (("kind", kind), ("subject", subject), ("attribute", attribute)):
            if wanted is not None:
                where.append(f"{column} = ?")
                parameters.append(wanted)
        return self.store.select(
            "memories",
            Memory,
            f"{' AND '.join(where)} ORDER BY created_at DESC, seq DESC LIMIT ? OFFSET ?",
            [*parameters, limit, offset],
        )

    def update(
        self, memory_id: str, *, content: str | None = None, value: str | None = None, importance: float | None = None
    ) -> Memory:
        """Reword a fact by hand. The wording before stays in its history."""
        memory = self.get(memory_id)
        changed = replace(
            memory,
            content=memory.content if content is None else clean_text(content).strip(),
            value=memory.value if value is None else clean_text(value).strip(),
            importance=memory.importance if importance is None else importance,
        )
        with self.store.transaction() as connection:
            self.store.change(
                "memories", memory_id, content=changed.content, value=changed.value, importance=changed.importance
            )
            self.store.index_memory(memory_id)
            connection.execute("DELETE FROM embeddings WHERE item_id = ?", [memory_id])
            self._event(changed, "edited", "user", None)
            self.jobs.enqueue("index", {}, key="index", priority=8)
        self.worker.wake()
        return changed

    def merge(self, memory_ids: Sequence[str], *, content: str) -> Memory:
        """Several facts as one, in the user's words. Those before are closed and stay in the history.

        The new one cites the sources of all, holds since the first of them, and keeps their attribute where they share it.

        Raises:
            CannotMerge: fewer than two, of different kinds or subjects, or told to different personas.
        """
        merged = [self.get(memory_id) for memory_id in dict.fromkeys(memory_ids)]
        words = clean_text(content).strip()
        if len(merged) < 2 or not words:
            raise CannotMerge("Choose at least two memories, and write the one that stands for them.")
        if len({(m.kind, m.subject, m.persona) for m in merged}) > 1:
            raise CannotMerge("Only memories of one kind, about one person and told to one persona can become one.")
        newest = max(merged, key=lambda m: (m.created_at, m.id))
        shared = len({m.attribute for m in merged}) == 1
        with self.store.transaction():
            memory = self._insert_by_hand(
                newest,
                content=words,
                attribute=newest.attribute if shared else "",
                value=newest.value if len({m.value for m in merged}) == 1 else "",
                importance=max(m.importance for m in merged),
                valid_from=min(m.valid_from for m in merged),
                valid_to=None
                if any(m.valid_to is None for m in merged)
                else max(m.valid_to for m in merged if m.valid_to),
                sensitivity=next((m.sensitivity for m in merged if m.sensitivity), ""),
            )
            for old in merged:
                for event in self.history(old.id):
                    if event.source_message_id:
                        self._event(memory, "refreshed", "user", event.source_message_id)
                ended = old.valid_to or max(self.clock(), old.valid_from)
                self.store.change("memories", old.id, valid_to=instant(ended), superseded_by=memory.id)
                self._event(old, "merged", "user", None)
            self.jobs.enqueue("index", {}, key="index", priority=8)
        self.worker.wake()
        return memory

    def split(self, memory_id: str, contents: Sequence[str]) -> list[Memory]:
        """One fact as several, in the user's words. The one before is closed and stays in the history.

        Raises:
            CannotMerge: fewer than two sentences.
        """
        old = self.get(memory_id)
        sentences = list(dict.fromkeys(clean_text(content).strip() for content in contents if content.strip()))
        if len(sentences) < 2:
            raise CannotMerge("Write each part on a line of its own, at least two.")
        with self.store.transaction():
            parts = [
                self._insert_by_hand(
                    old, content=sentence, value=old.value if old.value and old.value in sentence else ""
                )
                for sentence in sentences
            ]
            ended = old.valid_to or max(self.clock(), old.valid_from)
            self.store.change("memories", old.id, valid_to=instant(ended), superseded_by=parts[0].id)
            self._event(old, "split", "user", None)
            self.jobs.enqueue("index", {}, key="index", priority=8)
        self.worker.wake()
        return parts

    def _insert_by_hand(self, model: Memory, **changes: Any) -> Memory:
        """A new fact like another one, as it is: no other fact is closed for it."""
        memory = replace(
            model, **{"id": str(ULID()), "created_at": self.clock(), "origin": "user", "superseded_by": None, **changes}
        )
        self.store.insert("memories", memory)
        self.store.index_memory(memory.id)
        self._event(memory, "added", "user", memory.source_message_id)
        return memory

    def close_memory(
        self, memory_id: str, *, at: datetime | None = None, source_message_id: str | None = None
    ) -> Memory:
        """Say that a fact stopped being true. It stays in the history and leaves search, profile and prompts."""
        memory = self.get(memory_id)
        if memory.valid_to is not None:
            return memory
        ended = max(at or self.clock(), memory.valid_from)
        with self.store.transaction():
            self.store.change("memories", memory_id, valid_to=instant(ended))
            self._event(memory, "closed", "rule" if source_message_id else "user", source_message_id)
        return replace(memory, valid_to=ended)

    def reopen(self, memory_id: str) -> Memory:
        memory = self.get(memory_id)
        with self.store.transaction():
            self.store.change("memories", memory_id, valid_to=None, superseded_by=None)
            self._event(memory, "reopened", "user", None)
        return replace(memory, valid_to=None, superseded_by=None)

    def undo_add(self, memory_id: str) -> None:
        """Take back what was just learnt and reopen what it had closed. What the user typed stays as it is."""
        memory = self.get(memory_id)
        with self.store.transaction() as connection:
            for old in self.store.select("memories", Memory, "superseded_by = ?", [memory_id]):
                self.reopen(old.id)
            self._event(memory, "forgotten", "user", None)
            connection.execute("UPDATE memory_events SET content = '' WHERE memory_id = ?", [memory_id])
            connection.execute(
                "DELETE FROM memories_fts WHERE rowid = (SELECT seq FROM memories WHERE id = ?)", [memory_id]
            )
            connection.execute("DELETE FROM memories WHERE id = ?", [memory_id])
            connection.execute("DELETE FROM embeddings WHERE item_id = ?", [memory_id])
        self._after_forgetting()

    def plan_forget(self, memory_id: str) -> ForgetPlan:
        """What forgetting it would take, to be shown first."""
        return forgetting.plan_memory(self.store, self.get(memory_id))

    def plan_forget_all(self, memory_ids: Sequence[str]) -> ForgetPlan:
        """What forgetting several would take, each as if alone."""
        plans = [self.plan_forget(memory_id) for memory_id in dict.fromkeys(memory_ids)]
        return ForgetPlan(
            memories=tuple({m.id: m for plan in plans for m in plan.memories}.values()),
            redacted_messages=tuple({m.id: m for plan in plans for m in plan.redacted_messages}.values()),
            phrases=tuple(dict.fromkeys(phrase for plan in plans for phrase in plan.phrases)),
        )

    def delete(self, memory_id: str) -> ForgetPlan:
        """Forget: strike the words out of every row that quotes them, leave a tombstone. Cannot be taken back."""
        return self._forget(self.plan_forget(memory_id))

    def plan_forget_topic(self, topic: str) -> ForgetPlan:
        """What forgetting everything about a topic would take, to be shown first: `forget` carries it out."""
        return forgetting.plan_topic(self.store, topic)

    def plan_forget_person(self, person: str) -> ForgetPlan:
        """What forgetting a person would take, by name or by what they are to the user ("sister")."""
        return forgetting.plan_person(self.store, person)

    def plan_forget_period(self, first: datetime, last: datetime) -> ForgetPlan:
        """What forgetting all that was said from `first` until before `last` would take."""
        return forgetting.plan_period(self.store, first, last)

    def forget(self, plan: ForgetPlan) -> ForgetPlan:
        """Carry out what a plan showed. Cannot be taken back."""
        return plan if plan.is_empty else self._forget(plan)

    def share_memories(self, persona: str) -> None:
        """Let every persona know what one of them alone was told."""
        with self.store.transaction() as connection:
            connection.execute("UPDATE memories SET persona = '' WHERE persona = ?", [persona])

    def history(self, memory_id: str) -> list[MemoryEvent]:
        """What happened to a fact, oldest first. A forgotten one keeps its dates and has no words."""
        events = self.store.select("memory_events", MemoryEvent, "memory_id = ? ORDER BY seq", [memory_id])
        if not events:
            raise NotFound("memory", memory_id)
        return events

    def memories_from(self, message_id: str) -> list[Memory]:
        """What was learnt from one message."""
        return self.store.select("memories", Memory, "source_message_id = ? ORDER BY seq", [message_id])

    # --- held back ------------------------------------------------------------------------------------------------

    def hold_back(
        self,
        *,
        message_id: str,
        content: str,
        sensitivity: str,
        kind: MemoryKind = "semantic",
        subject: str = "user",
        attribute: str = "",
        value: str = "",
        valid_from: datetime | None = None,
        persona: str = "",
        occurs: tuple[date, date] | None = None,
    ) -> HeldFact:
        """Offer a sensitive statement instead of keeping it. Its message leaves search; saying it again changes nothing.

        Args:
            persona: the one that keeps its own memory and was told this.
            occurs: first and last day of a plan or an event.
        """
        with self.store.transaction():
            known = self.store.select(
                "held_facts", HeldFact, "message_id = ? AND (content = ? OR declined = 1)", [message_id, content]
            )
            if known:
                return known[0]
            now = self.clock()
            held = HeldFact(
                id=str(ULID()),
                message_id=message_id,
                content=clean_text(content),
                kind=kind,
                subject=subject,
                attribute=attribute,
                value=clean_text(value),
                sensitivity=sensitivity,
                valid_from=valid_from or now,
                created_at=now,
                occurs_from=occurs[0] if occurs else None,
                occurs_to=occurs[1] if occurs else None,
                persona=persona,
            )
            self.store.insert("held_facts", held)
        return held

    def held_facts(self, message_id: str | None = None) -> list[HeldFact]:
        """What waits for the user's word, oldest first."""
        where, parameters = ("", []) if message_id is None else (" AND message_id = ?", [message_id])
        return self.store.select("held_facts", HeldFact, f"declined = 0{where} ORDER BY seq", parameters)

    def keep_held(self, held_id: str) -> Memory:
        """The user allows it: it becomes a memory of its class, and its message can be found again."""
        held = _present("held fact", held_id, self.store.find("held_facts", HeldFact, held_id))
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM held_facts WHERE id = ?", [held_id])
            return self.add(
                content=held.content,
                kind=held.kind,
                subject=held.subject,
                attribute=held.attribute,
                value=held.value,
                valid_from=held.valid_from,
                source_message_id=held.message_id,
                sensitivity=held.sensitivity,
                persona=held.persona,
                plural=True,
                occurs=(held.occurs_from, held.occurs_to) if held.occurs_from and held.occurs_to else None,
            )

    def decline_held(self, held_id: str) -> None:
        """The user does not want it kept. Its words go; its message stays in its conversation and out of search."""
        _present("held fact", held_id, self.store.find("held_facts", HeldFact, held_id))
        self.store.change("held_facts", held_id, declined=1, content="", value="")

    def withheld_messages(self) -> set[str]:
        """Messages that hold something sensitive which the user has not allowed: not found from other conversations."""
        return {row["message_id"] for row in self.store.rows("SELECT DISTINCT message_id FROM held_facts")}

    def read_messages(self, message_ids: Sequence[str]) -> set[str]:
        """Those of these messages that facts were learnt from, current or closed."""
        marks = ", ".join("?" * len(message_ids))
        rows = self.store.rows(
            f"SELECT DISTINCT source_message_id FROM memories WHERE source_message_id IN ({marks})", message_ids
        )
        return {row[0] for row in rows}

    def _event(self, memory: Memory, kind: MemoryEventKind, by: Origin, source_message_id: str | None) -> None:
        self.store.insert(
            "memory_events",
            MemoryEvent(
                id=str(ULID()),
                memory_id=memory.id,
                kind=kind,
                at=self.clock(),
                content=memory.content,
                by=by,
                source_message_id=source_message_id,
            ),
        )
        if kind != "refreshed":
            for changed in self.after_change:
                changed()

    def _forget(self, plan: ForgetPlan) -> ForgetPlan:
        with self._vectors:
            with self.store.transaction():
                for memory in plan.memories:
                    self._event(memory, "forgotten", "user", None)
                touched = forgetting.carry_out(self.store, plan)
                for conversation_id in forgetting.drop_summaries(self.store, touched):
                    self.jobs.enqueue(
                        "summarise", {"conversation_id": conversation_id}, key=f"summarise:{conversation_id}"
                    )
            self._after_forgetting()
        return plan

    def _after_forgetting(self) -> None:
        """Leave no copy: the vector files now, or by the owner's next job; then the database's free pages."""
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM digests")
            connection.execute("DELETE FROM notes WHERE key LIKE 'made:%'")
        self.jobs.enqueue("digests", {}, key="digests", priority=9)
        self.jobs.enqueue("rebuild_index", {}, key="rebuild_index", priority=0)
        self.jobs.enqueue("index", {}, key="index", priority=8)
        if self.owner:
            with self.worker.paused():
                self._rebuild_index({})
        self.store.scrub()
        for drop_copies in self.after_forgetting:
            drop_copies()
        self.worker.wake()

    # --- feedback and rules ---------------------------------------------------------------------------------------

    def add_feedback(
        self, message_id: str, *, rating: Rating, reasons: Sequence[str] = (), comment: str = "", edit: str = ""
    ) -> Feedback:
        """Rate an answer. A newer word about it takes the older one's place, and its time: what was made from the older one has
        seen this answer, so it must not count as evidence that came later."""
        self.get_message(message_id)
        earlier = next(iter(self.feedback(message_id)), None)
        given = Feedback(
            id=earlier.id if earlier else str(ULID()),
            message_id=message_id,
            rating=rating,
            reasons=tuple(reasons),
            comment=clean_text(comment),
            edit=clean_text(edit),
            created_at=earlier.created_at if earlier else self.clock(),
        )
        with self.store.transaction():
            self.delete_feedback(message_id)
            self.store.insert("feedback", given)
        return given

    def feedback(self, message_id: str | None = None) -> list[Feedback]:
        """Ratings, oldest first."""
        if message_id is None:
            return self.store.select("feedback", Feedback, "1 ORDER BY created_at, seq")
        return self.store.select("feedback", Feedback, "message_id = ?", [message_id])

    def delete_feedback(self, message_id: str) -> None:
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM feedback WHERE message_id = ?", [message_id])

    def add_prompt_version(
        self, *, parent_id: str | None, rules: Sequence[Rule], state: RuleState, reason: str
    ) -> PromptVersion:
        now = self.clock()
        version = PromptVersion(
            id=str(ULID()),
            parent_id=parent_id,
            rules=tuple(rules),
            state=state,
            reason=reason,
            created_at=now,
            decided_at=None if state == "proposed" else now,
        )
        self.store.insert("prompt_versions", version)
        return version

    def prompt_versions(self) -> list[PromptVersion]:
        """Newest first."""
        return self.store.select("prompt_versions", PromptVersion, "1 ORDER BY seq DESC")

    def get_prompt_version(self, version_id: str) -> PromptVersion:
        """Raises NotFound."""
        return _present("rule version", version_id, self.store.find("prompt_versions", PromptVersion, version_id))

    def rebase_prompt_version(self, version_id: str, *, parent_id: str | None, rules: Sequence[Rule]) -> None:
        """Give a version that waits for the user's word other rules, since those it was made from have changed."""
        row = to_row(replace(self.get_prompt_version(version_id), parent_id=parent_id, rules=tuple(rules)))
        self.store.change("prompt_versions", version_id, parent_id=row["parent_id"], rules=row["rules"])

    def set_prompt_state(self, version_id: str, state: RuleState) -> PromptVersion:
        version = self.get_prompt_version(version_id)
        decided = replace(version, state=state, decided_at=self.clock())
        row = to_row(decided)
        self.store.change("prompt_versions", version_id, state=row["state"], decided_at=row["decided_at"])
        return decided

    def current_prompt(self) -> PromptVersion | None:
        """The version in force: the accepted one that was decided last."""
        found = self.store.select(
            "prompt_versions", PromptVersion, "state = 'accepted' ORDER BY decided_at DESC, seq DESC LIMIT 1"
        )
        return found[0] if found else None

    # --- profile, summaries, personas, notes ----------------------------------------------------------------------

    def add_profile_version(
        self,
        *,
        lines: Sequence[ProfileLine],
        hidden_memory_ids: Sequence[str] = (),
        author: Literal["facts", "user"],
    ) -> ProfileVersion:
        version = ProfileVersion(
            id=str(ULID()),
            lines=tuple(lines),
            hidden_memory_ids=tuple(hidden_memory_ids),
            author=author,
            created_at=self.clock(),
        )
        self.store.insert("profile_versions", version)
        return version

    def profile_versions(self) -> list[ProfileVersion]:
        """Newest first."""
        return self.store.select("profile_versions", ProfileVersion, "1 ORDER BY seq DESC")

    def get_profile_version(self, version_id: str) -> ProfileVersion:
        found = self.store.find("profile_versions", ProfileVersion, version_id)
        return _present("profile version", version_id, found)

    def latest_profile(self) -> ProfileVersion | None:
        found = self.store.select("profile_versions", ProfileVersion, "1 ORDER BY seq DESC LIMIT 1")
        return found[0] if found else None

    def add_summary(self, conversation_id: str, content: str, message_ids: Sequence[str]) -> Summary:
        summary = Summary(
            id=str(ULID()),
            conversation_id=conversation_id,
            content=content,
            message_ids=tuple(message_ids),
            created_at=self.clock(),
        )
        self.store.insert("summaries", summary)
        return summary

    def latest_summary(self, conversation_id: str, *, within: Collection[str] | None = None) -> Summary | None:
        """The newest running summary of a conversation.

        Args:
            within: the messages of a branch; one that covers any other, such as a message that was edited, is none of it.
        """
        found = self.store.select("summaries", Summary, "conversation_id = ? ORDER BY seq DESC", [conversation_id])
        branch = None if within is None else set(within)
        return next((summary for summary in found if branch is None or branch.issuperset(summary.message_ids)), None)

    def save_persona(self, persona_id: str, text: str) -> None:
        """Keep a persona that the user made, as the YAML it was written in."""
        with self.store.transaction() as connection:
            connection.execute(
                """INSERT INTO personas (id, text, created_at) VALUES (?, ?, ?)
                   ON CONFLICT (id) DO UPDATE SET text = excluded.text""",
                [persona_id, clean_text(text), self.clock().isoformat()],
            )

    def user_personas(self) -> dict[str, str]:
        return {row["id"]: row["text"] for row in self.store.rows("SELECT id, text FROM personas ORDER BY seq")}

    def delete_persona(self, persona_id: str) -> None:
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM personas WHERE id = ?", [persona_id])

    def note(self, key: str, default: str = "") -> str:
        """A small thing to keep between runs, such as why extraction last failed. `made:…` is dropped by forgetting."""
        found = self.store.value("SELECT value FROM notes WHERE key = ?", [key])
        return default if found is None else str(found)

    def set_note(self, key: str, value: str) -> None:
        with self.store.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO notes (key, value) VALUES (?, ?)", [key, clean_text(value)])

    def counts(self) -> dict[str, int]:
        """Rows of each table of truth."""
        tables = ("conversations", "messages", "memories", "memory_events", "feedback", "prompt_versions")
        more = ("profile_versions", "summaries", "personas")
        return {table: int(self.store.value(f"SELECT count(*) FROM {table}")) for table in (*tables, *more)}

    # --- the index ------------------------------------------------------------------------------------------------

    def _index_pending(self, _payload: dict[str, Any]) -> None:
        if not self._index_checked and not self.store.fts_in_step():
            log.warning("The full-text index is out of step; it is made anew")
            self.store.build_fts()
        try:
            self._embed_pending(None)
            if not self._embeddings.ready:
                # Nothing was wanting a vector, but the next search wants the encoder.
                self._embeddings.embed_query("")
            if self._reranker is not None and not self._reranker.ready:
                self._reranker.load()
        except (EmbeddingsUnavailable, RerankerMissing) as error:
            log.warning("%s", error)

    def embed_pending(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make the vectors that are missing, in batches, on this thread. Does nothing where another process owns the home.

        Args:
            progress: called with (done, of how many).
        """
        if not self.owner:
            return
        try:
            self._embed_pending(progress)
        except EmbeddingsUnavailable as error:
            log.warning("%s", error)

    def _embed_pending(self, progress: Callable[[int, int], None] | None) -> None:
        """Give every item without a vector one, and bring the vector index in step."""
        if self._index is None:
            return
        encoder = self._embeddings.name
        limit = EMBED_BATCH if self.worker.is_current else EMBED_BATCH_WAITED_FOR
        done, total, after = 0, 0, 0
        if progress is not None:
            total = int(self.store.value(f"SELECT count(*) FROM ({WITHOUT_VECTOR})", [encoder, 0]))
            if total:
                progress(0, total)
        while True:
            self.worker.checkpoint()
            with self._vectors:
                embedded, last = self._embed_batch(encoder, after, limit)
            if not embedded and not after:
                break
            # After the last message, once more from the start: something may have changed or come meanwhile.
            after = last if embedded else 0
            done += embedded
            if progress is not None:
                progress(min(done, total), max(total, 1))
        with self._vectors:
            if not self._index_in_step():
                self._rebuild_index({})
            # Vectors of an encoder that was changed serve nobody once all are made again.
            with self.store.transaction() as connection:
                connection.execute("DELETE FROM embeddings WHERE encoder != ?", [encoder])

    def _index_in_step(self) -> bool:
        """Whether the vector index holds what SQLite does: as many, and at the first look a sample with its vectors."""
        assert self._index is not None
        encoder = self._embeddings.name
        kept = self.store.value("SELECT count(*) FROM embeddings WHERE encoder = ?", [encoder])
        if self._index.count() != kept:
            return False
        if self._index_checked:
            return True
        self._index_checked = True
        sample = self.store.sample_vectors(encoder, INDEX_SAMPLE)
        vectors = [np.frombuffer(vector, dtype=np.float32) for _, _, vector in sample]
        return self._index.holds(
            [piece_id(identifier, part) for identifier, part, _ in sample],
            np.stack(vectors) if vectors else np.zeros((0, 1), np.float32),
        )

    def _embed_batch(self, encoder: str, after: int, limit: int) -> tuple[int, int]:
        """Embed the next items without a vector. Returns how many were tried, and the last message's `seq`."""
        assert self._index is not None
        items = {
            row["id"]: (row["type"], row["content"], row["seq"])
            for row in self.store.rows(f"{WITHOUT_VECTOR} LIMIT ?3", [encoder, after, limit])
        }
        if not items:
            return 0, 0
        pieces = [
            (identifier, part, text)
            for identifier, (_, content, _) in items.items()
            for part, text in enumerate(self._embeddings.chunks(content) or [""])
        ]
        vectors = self._embeddings.embed_documents([text for _, _, text in pieces])
        # The index first: a crash between the two leaves an item without a kept vector, which is made again.
        self._index.upsert([piece_id(identifier, part) for identifier, part, _ in pieces], vectors)
        with self.store.transaction():
            marks = ", ".join("?" * len(items))
            now = {
                row["id"]: row["content"]
                for table in ("messages", "memories")
                for row in self.store.rows(f"SELECT id, content FROM {table} WHERE id IN ({marks})", list(items))
            }
            # What was reworded or forgotten meanwhile is left for the next round.
            self.store.save_vectors(
                encoder,
                [
                    (identifier, items[identifier][0], part, vector.tobytes())
                    for (identifier, part, _), vector in zip(pieces, vectors, strict=True)
                    if now.get(identifier) == items[identifier][1]
                ],
            )
        return len(items), max((seq for kind, _, seq in items.values() if kind == "message"), default=after)

    def _rebuild_index(self, _payload: dict[str, Any]) -> None:
        """A new folder with the kept vectors and no other."""
        if self._index is None:
            return
        with self._vectors:
            rows = self.store.vectors(self._embeddings.name)
            vectors = (
                np.stack([np.frombuffer(v, dtype=np.float32) for _, _, v in rows])
                if rows
                else np.zeros((0, 1), np.float32)
            )
            self._index.rebuild([piece_id(identifier, part) for identifier, part, _ in rows], vectors)

    def rebuild_index(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make every index anew from SQLite: full text, and vectors from those kept; only missing ones are embedded."""
        self.store.build_fts()
        with self.worker.paused():
            self._rebuild_index({})
            self._embed_pending(progress)

    def check(self) -> list[str]:
        """What is wrong with the files, in words; empty when all is well."""
        problems = self.store.problems()
        missing = self.store.value(
            "SELECT count(*) FROM messages WHERE content != '' AND status != 'streaming' "
            "AND seq NOT IN (SELECT rowid FROM messages_fts)"
        )
        if missing:
            problems.append(
                f"{missing} messages are missing from the full-text index. Run `attune memory rebuild-index`."
            )
        for job in self.jobs.failed():
            problems.append(f"A background job ({job.kind}) failed: {job.error}")
        return problems

    # --- the end --------------------------------------------------------------------------------------------------

    def wait_until_idle(self, timeout_s: float = 60) -> bool:
        """True once the queue is worked off; False when the time ran out first, or another process owns the home."""
        return self.worker.wait_until_idle(timeout_s)

    def close(self) -> None:
        """Stop the worker and let go of the home. What is queued stays queued."""
        self.worker.stop()
        if self._index is not None:
            self._index.close()
        self.store.close()
        if self.owner:
            self._lock.release()

    def __enter__(self) -> MemoryManager:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _present(kind: str, identifier: str, found: Found | None) -> Found:
    if found is None:
        raise NotFound(kind, identifier)
    return found
