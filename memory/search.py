"""Finds messages and facts: words (BM25) and meaning (vectors), fused, filtered to what may be seen, ranked.

Knows the store and the index; decides nothing about what is true. Works by words alone until the encoder is loaded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from memory import query as words
from memory import ranking
from memory.embeddings import Embeddings
from memory.errors import EmbeddingsUnavailable
from memory.index import ChromaIndex
from memory.records import HitSource, Memory, Message, SearchHit
from memory.store import Store, from_row

log = logging.getLogger(__name__)

CANDIDATES = 120
"""How many each retriever offers. Ten are wanted; the rest is what filters may take away."""
BODY_WEIGHT = 0.6
"""How much a word in the message itself counts beside one in its three-turn window (1.0)."""
WEIGHTS = {"bm25": 1.0, "facts": 1.2, "dense": 0.35}
"""BM25 over windows beats MiniLM on LoCoMo by 25 points of R@10, so it weighs more: see benchmarks/LOG.md."""

Include = Literal["memory", "message"]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a search may see."""

    as_of: datetime | None = None
    persona: str | None = None
    conversation_id: str | None = None
    exclude_conversation_id: str | None = None
    exclude_message_ids: frozenset[str] = frozenset()

    def admits(self, item: Memory | Message) -> bool:
        if self.as_of is not None and item.created_at > self.as_of:
            return False
        if isinstance(item, Memory):
            if item.persona not in ("", self.persona or ""):
                return False
            return item.holds_at(self.as_of) if self.as_of is not None else item.valid_to is None
        if item.id in self.exclude_message_ids or item.conversation_id == self.exclude_conversation_id:
            return False
        return self.conversation_id is None or item.conversation_id == self.conversation_id


class Searcher:
    def __init__(
        self, *, store: Store, index: ChromaIndex | None, embeddings: Embeddings | None, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._index = index
        self._embeddings = embeddings
        self._clock = clock

    def search(self, query: str, *, limit: int, scope: Scope, include: Collection[Include]) -> list[SearchHit]:
        """At most `limit` hits, best first. A query without a word worth looking for brings the most important facts."""
        fts = words.fts_query(query)
        rankings: dict[str, list[str]] = {}
        found: dict[str, Memory | Message] = {}
        if fts and "message" in include:
            rankings["bm25"] = self._collect(found, self._messages_by_words(fts, scope), scope)
        if "memory" in include:
            facts = self._facts_by_words(fts) if fts else self._important_facts()
            rankings["facts"] = self._collect(found, facts, scope)
        near = self._near(query) if fts else []
        rankings["dense"] = self._collect(found, self._load(near, include), scope)

        now = scope.as_of or self._clock()
        scores = {
            identifier: ranking.priors(
                score,
                created_at=found[identifier].created_at,
                importance=_importance(found[identifier]),
                now=now,
            )
            for identifier, score in ranking.fuse(rankings, WEIGHTS).items()
        }
        by_words = {*rankings.get("bm25", ()), *rankings.get("facts", ())}
        by_meaning = set(rankings["dense"])
        hits: list[SearchHit] = []
        said: set[tuple[str, ...]] = set()
        for identifier in ranking.ranked(scores):
            item = found[identifier]
            # The same question asked on ten days is one thing to know.
            key = (item.conversation_id, item.content) if isinstance(item, Message) else (item.id,)
            if key in said:
                continue
            said.add(key)
            source: HitSource = (
                "both"
                if identifier in by_words and identifier in by_meaning
                else "bm25"
                if identifier in by_words
                else "dense"
            )
            hits.append(SearchHit(item=item, score=scores[identifier], source=source))
            if len(hits) == limit:
                break
        return hits

    def _collect(self, found: dict[str, Memory | Message], items: list[Any], scope: Scope) -> list[str]:
        seen = [item for item in items if scope.admits(item)]
        found.update({item.id: item for item in seen})
        return [item.id for item in seen]

    def _messages_by_words(self, fts: str, scope: Scope) -> list[Message]:
        where, parameters = "messages_fts MATCH ?", [fts]
        if scope.conversation_id is not None:
            where, parameters = f"{where} AND m.conversation_id = ?", [fts, scope.conversation_id]
        rows = self._store.rows(
            f"""SELECT m.* FROM messages_fts JOIN messages m ON m.seq = messages_fts.rowid
                WHERE {where} ORDER BY bm25(messages_fts, {BODY_WEIGHT}, 1.0), m.id LIMIT {CANDIDATES}""",
            parameters,
        )
        return [from_row(Message, row) for row in rows]

    def _facts_by_words(self, fts: str) -> list[Memory]:
        rows = self._store.rows(
            f"""SELECT f.* FROM memories_fts JOIN memories f ON f.seq = memories_fts.rowid
                WHERE memories_fts MATCH ? ORDER BY bm25(memories_fts), f.id LIMIT {CANDIDATES}""",
            [fts],
        )
        return [from_row(Memory, row) for row in rows]

    def _important_facts(self) -> list[Memory]:
        return self._store.select(
            "memories", Memory, f"kind != 'procedural' ORDER BY importance DESC, created_at DESC, id LIMIT {CANDIDATES}"
        )

    def _near(self, query: str) -> list[str]:
        """Identifiers by meaning, nearest first; none while the encoder or the index is not loaded."""
        if self._embeddings is None or self._index is None or not (self._embeddings.ready and self._index.ready):
            return []
        try:
            vector = self._embeddings.embed_query(query)
        except EmbeddingsUnavailable as error:
            log.warning("Search goes by words alone: %s", error)
            return []
        return [identifier for identifier, _ in self._index.query(vector, CANDIDATES)]

    def _load(self, ids: list[str], include: Collection[Include]) -> list[Memory | Message]:
        marks = ", ".join("?" * len(ids))
        items: dict[str, Memory | Message] = {}
        if ids and "message" in include:
            items |= {m.id: m for m in self._store.select("messages", Message, f"id IN ({marks})", ids)}
        if ids and "memory" in include:
            items |= {m.id: m for m in self._store.select("memories", Memory, f"id IN ({marks})", ids)}
        return [items[identifier] for identifier in ids if identifier in items]


def _importance(item: Memory | Message) -> float:
    return item.importance if isinstance(item, Memory) else 0.0
