"""Finds messages and facts: words (BM25) and meaning (vectors), fused, filtered to what may be seen, ranked.

Knows the store and the index; decides nothing about what is true. Works by words alone until the encoder is loaded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

from memory import query as words
from memory import ranking
from memory.embeddings import Embeddings, Vectors
from memory.errors import EmbeddingsUnavailable
from memory.index import ChromaIndex
from memory.records import HitSource, Memory, Message, SearchHit
from memory.store import Store, instant

log = logging.getLogger(__name__)

CANDIDATES = 200
"""How many messages, and how many facts, BM25 offers. Ten are wanted; the rest lends to its neighbours."""
NEAREST = 100
SPARE = 20
"""How many more than twice the wanted hits are looked at for near-copies, and `COMPARED_CHARS` of each."""
COMPARED_CHARS = 2_000
BODY_WEIGHT = 1.0
"""How much a word in the message itself counts beside one in its three-turn window (1.0)."""
WEIGHTS = {"bm25": 1.0, "facts": 1.5, "dense": 0.35}
"""BM25 over windows beats MiniLM on LoCoMo by 23 points of R@10, so it weighs more: see benchmarks/LOG.md. The best
fact outweighs a message that leads in both, since it may be so new that it has no vector yet."""

Include = Literal["memory", "message"]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a search may see."""

    as_of: datetime | None = None
    persona: str | None = None
    conversation_id: str | None = None
    exclude_conversation_id: str | None = None
    exclude_message_ids: frozenset[str] = frozenset()


class Searcher:
    def __init__(
        self, *, store: Store, index: ChromaIndex | None, embeddings: Embeddings | None, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._index = index
        self._embeddings = embeddings
        self._clock = clock

    def search(self, query: str, *, limit: int, scope: Scope, include: Collection[Include]) -> list[SearchHit]:
        """At most `limit` hits, best first.

        A query without a word worth looking for ("what do you know about me?") brings the most important facts; if
        there are none, messages that hold its very words.
        """
        if limit < 1 or not words.words(query):
            return []
        fts = words.fts_query(query)
        found: dict[str, _Candidate] = {}
        rankings: dict[str, list[str]] = {"facts": [], "bm25": [], "dense": []}
        if "memory" in include:
            facts = self._facts(_FACTS_BY_WORDS, [fts], scope) if fts else self._facts(_IMPORTANT_FACTS, [], scope)
            rankings["facts"] = _add(found, facts)
        if "message" in include and (fts or not rankings["facts"]):
            rankings["bm25"] = self._rank_messages(found, fts or words.fts_phrase(query), scope)
        if fts:
            rankings["dense"] = _add(found, self._by_meaning(query, scope, include))

        now = scope.as_of or self._clock()
        scores = {
            identifier: ranking.priors(
                score, created_at=found[identifier].created_at, importance=found[identifier].importance, now=now
            )
            for identifier, score in ranking.fuse(rankings, WEIGHTS).items()
        }
        ordered = ranking.ranked(scores)
        pool = ordered[: 2 * limit + SPARE]
        said = {identifier: frozenset(words.words(found[identifier].content[:COMPARED_CHARS])) for identifier in pool}
        shown = ranking.without_copies(pool, said, limit)
        items = self._load(shown)
        by_words, by_meaning = {*rankings["bm25"], *rankings["facts"]}, {*rankings["dense"]}
        return [
            SearchHit(
                item=items[identifier], score=scores[identifier], source=_source(identifier, by_words, by_meaning)
            )
            for identifier in shown
            if identifier in items
        ]

    def _rank_messages(self, found: dict[str, _Candidate], fts: str, scope: Scope) -> list[str]:
        """Messages by BM25, each also for the words of its neighbours: first in its window, then by their scores."""
        where, parameters = _messages_in(scope)
        rows = self._store.rows(
            f"""SELECT {_MESSAGE_COLUMNS}, -bm25(messages_fts, {BODY_WEIGHT}, 1.0) AS score
                FROM messages_fts JOIN messages m ON m.seq = messages_fts.rowid
                WHERE messages_fts MATCH ? AND {where} ORDER BY score DESC, m.id LIMIT {CANDIDATES}""",
            [fts, *parameters],
        )
        bm25 = {row["id"]: float(row["score"]) for row in rows}
        candidates = {row["id"]: _candidate(row) for row in rows}
        found.update(candidates)
        return ranking.ranked(ranking.spread(bm25, {i: c.parent_id for i, c in candidates.items()}))

    def _facts(self, sql: str, parameters: Sequence[str], scope: Scope) -> list[_Candidate]:
        where, more = _facts_in(scope)
        return [_candidate(row) for row in self._store.rows(sql.format(where=where), [*parameters, *more])]

    def _by_meaning(self, query: str, scope: Scope, include: Collection[Include]) -> list[_Candidate]:
        """The nearest, nearest first; none while the encoder or the index is not loaded."""
        if self._embeddings is None or self._index is None or not (self._embeddings.ready and self._index.ready):
            return []
        try:
            vector = self._embeddings.embed_query(query)
        except EmbeddingsUnavailable as error:
            log.warning("Search goes by words alone: %s", error)
            return []
        if scope.conversation_id is None:
            ids = [identifier for identifier, _ in self._index.query(vector, NEAREST + len(scope.exclude_message_ids))]
        else:
            ids = self._nearest_in_conversation(vector, scope.conversation_id)
        marks = ", ".join("?" * len(ids))
        rows: list[Any] = []
        if "message" in include:
            where, parameters = _messages_in(scope)
            rows += self._store.rows(
                f"SELECT {_MESSAGE_COLUMNS} FROM messages m WHERE m.id IN ({marks}) AND {where}", [*ids, *parameters]
            )
        if "memory" in include:
            where, parameters = _facts_in(scope)
            rows += self._store.rows(
                f"SELECT {_FACT_COLUMNS} FROM memories f WHERE f.id IN ({marks}) AND {where}", [*ids, *parameters]
            )
        allowed = {row["id"]: _candidate(row) for row in rows}
        return [allowed[identifier] for identifier in ids if identifier in allowed]

    def _nearest_in_conversation(self, vector: Vectors, conversation_id: str) -> list[str]:
        """Brute force: the nearest of all items may hold none of one conversation's."""
        assert self._embeddings is not None
        rows = self._store.rows(
            """SELECT e.item_id, e.vector FROM embeddings e JOIN messages m ON m.id = e.item_id
               WHERE m.conversation_id = ? AND e.encoder = ?""",
            [conversation_id, self._embeddings.name],
        )
        similarity = {row["item_id"]: float(np.frombuffer(row["vector"], np.float32) @ vector) for row in rows}
        return ranking.ranked(similarity)[:NEAREST]

    def _load(self, ids: Sequence[str]) -> dict[str, Memory | Message]:
        where = f"id IN ({', '.join('?' * len(ids))})"
        items: dict[str, Memory | Message] = {m.id: m for m in self._store.select("messages", Message, where, ids)}
        return items | {m.id: m for m in self._store.select("memories", Memory, where, ids)}


# What ranking needs of a message (m) and of a fact (f); the whole rows are read for the few that are shown.
_MESSAGE_COLUMNS = "m.id, m.parent_id, m.content, m.created_at, 0.0 AS importance"
_FACT_COLUMNS = "f.id, NULL AS parent_id, f.content, f.created_at, f.importance"
_FACTS_BY_WORDS = f"""SELECT {_FACT_COLUMNS} FROM memories_fts JOIN memories f ON f.seq = memories_fts.rowid
    WHERE memories_fts MATCH ? AND {{where}} ORDER BY bm25(memories_fts), f.id LIMIT {CANDIDATES}"""
_IMPORTANT_FACTS = f"""SELECT {_FACT_COLUMNS} FROM memories f WHERE f.kind != 'procedural' AND {{where}}
    ORDER BY f.importance DESC, f.created_at DESC, f.id LIMIT {CANDIDATES}"""


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    id: str
    parent_id: str | None
    content: str
    created_at: datetime
    importance: float


def _candidate(row: Any) -> _Candidate:
    return _Candidate(
        id=row["id"],
        parent_id=row["parent_id"],
        content=row["content"],
        created_at=datetime.fromisoformat(row["created_at"]),
        importance=row["importance"],
    )


def _add(found: dict[str, _Candidate], candidates: Sequence[_Candidate]) -> list[str]:
    found.update({candidate.id: candidate for candidate in candidates})
    return [candidate.id for candidate in candidates]


def _messages_in(scope: Scope) -> tuple[str, list[str]]:
    """The messages a scope admits, as SQL over `m`. Times are kept in UTC, so their text compares as they do."""
    clauses: list[str] = ["1"]
    parameters: list[str] = []
    if scope.conversation_id is not None:
        clauses.append("m.conversation_id = ?")
        parameters.append(scope.conversation_id)
    if scope.exclude_conversation_id is not None:
        clauses.append("m.conversation_id != ?")
        parameters.append(scope.exclude_conversation_id)
    if scope.exclude_message_ids:
        clauses.append(f"m.id NOT IN ({', '.join('?' * len(scope.exclude_message_ids))})")
        parameters.extend(sorted(scope.exclude_message_ids))
    if scope.as_of is not None:
        clauses.append("m.created_at <= ?")
        parameters.append(instant(scope.as_of))
    return " AND ".join(clauses), parameters


def _facts_in(scope: Scope) -> tuple[str, list[str]]:
    """The facts a scope admits, as SQL over `f`: those of everybody or of this persona, true and known at the time."""
    mine = "f.persona IN ('', ?)"
    if scope.as_of is None:
        return f"{mine} AND f.valid_to IS NULL", [scope.persona or ""]
    at = instant(scope.as_of)
    then = "f.created_at <= ? AND f.valid_from <= ? AND (f.valid_to IS NULL OR f.valid_to > ?)"
    return f"{mine} AND {then}", [scope.persona or "", at, at, at]


def _source(identifier: str, by_words: Collection[str], by_meaning: Collection[str]) -> HitSource:
    if identifier in by_words:
        return "both" if identifier in by_meaning else "bm25"
    return "dense"
