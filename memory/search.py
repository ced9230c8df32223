"""Finds messages and facts: words (BM25) and meaning (vectors), fused, filtered to what may be seen, ranked.

Knows the store and the index; decides nothing about what is true. Works by words alone until the encoder is loaded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import numpy as np

from memory import dates, ranking, why
from memory import query as words
from memory.embeddings import MAX_WORDS, Embeddings, Reranker, Vectors, first_words
from memory.errors import EmbeddingsUnavailable, RerankerMissing
from memory.index import ChromaIndex, item_of
from memory.records import HitSource, Memory, Message, SearchHit
from memory.store import Store, instant

log = logging.getLogger(__name__)

CANDIDATES = 200
"""How many messages, and how many facts, BM25 offers. Ten are wanted; the rest lends to its neighbours."""
NEAREST = 100
SCANNED = 10_000
"""Rows that the words of a query may bring together. At 100,000 messages this is what keeps a search short."""
IN_PERIOD = 100
"""How many messages of a time that the query names are offered besides."""
DATED_CHARS, MAX_PERIODS = 500, 3
"""A question names its time in a sentence or two; a pasted page of dates asks for none of them."""
SPARE = 20
"""How many more than twice the wanted hits are looked at for near-copies, and `COMPARED_CHARS` of each."""
COMPARED_CHARS = 2_000
UNREAD_CHARS = 4_000
"""A longer message whose every reply failed was too long to be read: it holds a word of many questions, and answers none."""
RERANKED = 20
"""As many of the best are read by a cross-encoder, if the user has one: each costs it about as much as an embedding."""
REREAD = {"ours": 1.0, "read": 0.9}
"""What a place in our order and one in the cross-encoder's weigh: of two that disagree, ours decides. Not measured."""
BODY_WEIGHT = 1.0
"""How much a word in the message itself counts beside one in its three-turn window (1.0)."""
WEIGHTS = {"facts": 1.5, "facts_by_meaning": 0.35, "messages": 1.35}
"""The best fact outweighs the best message: it is shorter, dated, and kept current."""
KNOWN_SHARE = 0.5
"""With vectors for fewer of the messages found by words than this, words alone decide."""

Include = Literal["memory", "message"]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a search may see."""

    as_of: datetime | None = None
    persona: str | None = None
    conversation_id: str | None = None
    exclude_conversation_id: str | None = None
    exclude_message_ids: frozenset[str] = frozenset()
    before: datetime | None = None
    after: datetime | None = None
    role: str | None = None
    """Only what this one said; facts are said by nobody."""
    in_persona: str | None = None
    """Only conversations with this persona, and what it alone was told."""
    in_collection: str | None = None
    """Only conversations of this collection, and what was learnt in them."""
    every_persona: bool = False
    """Facts that one persona alone was told, whichever: for the user's own search."""
    exclude_personas: frozenset[str] = frozenset()
    """Personas that keep their memory to themselves."""
    held_in: tuple[dates.Period, ...] = ()
    """Also facts that held in one of these times, until something else took their place."""

    @property
    def narrows(self) -> bool:
        """Whether people asked for a time, a speaker, a persona or a collection: then no word is needed besides."""
        wanted = (self.before, self.after, self.role, self.in_persona, self.in_collection)
        return any(value is not None for value in wanted)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What ranking needs of a message or a fact; the whole rows are read for the few that are shown."""

    id: str
    parent_id: str | None
    conversation_id: str
    role: str
    """Empty for a fact."""
    content: str
    created_at: datetime
    importance: float
    said_by: str
    """The name that a message of a copied chat begins with, or empty."""
    length: float
    """How much it can say, see `ranking.length`."""
    is_question: bool


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What one search found."""

    found: dict[str, Candidate]
    facts: list[str]
    """By words, best first."""
    by_words: dict[str, float]
    """Messages with their BM25."""
    near: dict[str, float]
    """Facts and messages by meaning with the cosine of their nearest part, nearest first."""
    evidence: dict[str, ranking.Evidence]
    """Of every message found."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What stands beside the messages found, and the vectors of both."""

    neighbours: Mapping[str, list[str]] = field(default_factory=dict)
    """Of every message: the one before and the one after, as far as the scope admits them."""
    vectors: Sequence[Any] = ()
    """Rows (item_id, vector)."""


def _why(identifier: str, gathered: Gathered, now: datetime) -> tuple[tuple[str, float], ...]:
    candidate = gathered.found.get(identifier)
    if candidate is None:
        return ()  # brought beside what was found
    if identifier in gathered.evidence:
        return why.of_message(gathered.evidence[identifier], created_at=candidate.created_at, now=now)
    return why.of_fact(
        by_words=gathered.facts.index(identifier) if identifier in gathered.facts else None,
        by_meaning=[*gathered.near].index(identifier) if identifier in gathered.near else None,
        importance=candidate.importance,
        created_at=candidate.created_at,
        now=now,
    )


class Searcher:
    def __init__(
        self,
        *,
        store: Store,
        index: ChromaIndex | None,
        embeddings: Embeddings | None,
        clock: Callable[[], datetime],
        reranker: Reranker | None = None,
    ) -> None:
        self._store = store
        self._index = index
        self._embeddings = embeddings
        self._clock = clock
        self._reranker = reranker

    def search(
        self, query: str, *, limit: int, scope: Scope, include: Collection[Include], constructed: str = ""
    ) -> list[SearchHit]:
        """At most `limit` hits, best first.

        `constructed` is the query with what it leans on spelled out. Both are asked. What the query alone puts n-th among
        the messages, or among the facts, comes at place 2 n or before, so that a word too much cannot drown an answer.

        A query without a word worth looking for ("what do you know about me?") brings the most important facts; if
        there are none, messages that hold its very words.
        """
        if limit < 1 or not (words.words(query) or scope.narrows):
            return []
        if words.terms(constructed) and not words.terms(query):
            query = constructed  # "And her?" alone asks for nothing
        now = scope.as_of or self._clock()
        twice = bool(constructed) and constructed != query
        queries = [query, constructed] if twice else [query]
        share = len(queries)
        with self._embedded_beside(queries if words.terms(query) else []) as vectors:
            gathered = self.gather(query, scope=scope, include=include, vectors=lambda: vectors()[:1], share=share)
            more = None
            if twice:
                more = self.gather(
                    constructed, scope=scope, include=include, vectors=lambda: vectors()[1:], share=share
                )
        found, blends = gathered.found, _blends(gathered)
        rankings = {
            "facts": gathered.facts,
            "facts_by_meaning": [identifier for identifier in gathered.near if not found[identifier].role],
            "messages": _rank_messages(blends, found, now),
        }
        by_words, by_meaning = {*gathered.by_words, *gathered.facts}, dict(gathered.near)
        if more is not None:
            found, blends = {**found, **more.found}, ranking.added(blends, _blends(more))
            near = [identifier for identifier in more.near if not found[identifier].role]
            rankings = {
                "facts": ranking.keeping_up(more.facts, rankings["facts"]),
                "facts_by_meaning": ranking.keeping_up(near, rankings["facts_by_meaning"]),
                "messages": ranking.keeping_up(_rank_messages(blends, found, now), rankings["messages"]),
            }
            by_words |= {*more.by_words, *more.facts}
            by_meaning |= {i: max(cosine, by_meaning.get(i, -1.0)) for i, cosine in more.near.items()}
        scores = ranking.fuse(rankings, WEIGHTS)
        for identifier in scores.keys() - blends.keys():
            scores[identifier] = _with_priors(scores[identifier], found[identifier], now)
        scores |= self._reread(constructed or query, ranking.ranked(scores)[:RERANKED], found, scores)
        ordered = ranking.ranked(scores)
        pool = ordered[: 2 * limit + SPARE]
        said = {identifier: frozenset(words.words(found[identifier].content[:COMPARED_CHARS])) for identifier in pool}
        unread = self._unread([i for i in pool if found[i].role == "user" and len(found[i].content) > UNREAD_CHARS])
        if unread:
            whole = {identifier: frozenset(words.words(found[identifier].content)) for identifier in unread}
            pool = ranking.behind_what_holds_as_much(pool, {**said, **whole}, {*words.terms(query)}, unread)
        shown = ranking.without_copies(pool, said, limit)
        items = self._load(shown)
        return [
            SearchHit(
                item=items[identifier],
                score=scores[identifier],
                source=_source(identifier, by_words, by_meaning),
                similarity=by_meaning.get(identifier),
                why=_why(identifier, gathered, now),
            )
            for identifier in shown
            if identifier in items
        ]

    def _unread(self, long: Sequence[str]) -> set[str]:
        """Those of the long messages that have replies, none of which came to be."""
        if not long:
            return set()
        rows = self._store.rows(
            f"""SELECT parent_id FROM messages WHERE parent_id IN ({", ".join("?" * len(long))}) AND role = 'assistant'
                GROUP BY parent_id HAVING min(status = 'failed') = 1""",
            long,
        )
        return {row["parent_id"] for row in rows}

    def _reread(
        self, query: str, first: Sequence[str], found: Mapping[str, Candidate], scores: Mapping[str, float]
    ) -> dict[str, float]:
        """The scores of the first, dealt out anew by their places here and with the cross-encoder. None once it is loaded."""
        if self._reranker is None or not self._reranker.ready:
            return {}
        try:
            read = self._reranker.scores(query, [found[identifier].content[:COMPARED_CHARS] for identifier in first])
        except RerankerMissing as error:
            log.warning("%s", error)
            return {}
        again = ranking.ranked(dict(zip(first, read, strict=True)))
        fused = ranking.ranked(ranking.fuse({"ours": first, "read": again}, REREAD))
        return dict(zip(fused, (scores[identifier] for identifier in first), strict=True))

    def gather(
        self,
        query: str,
        *,
        scope: Scope,
        include: Collection[Include],
        vectors: Callable[[], Sequence[Vectors]] | None = None,
        share: int = 1,
    ) -> Gathered:
        """Everything that may answer, with what speaks for it; not yet in order.

        Args:
            vectors: waits for that of the query, or none; asked once the words are searched. None embeds it.
            share: how many queries share the time of one search: so many times fewer messages are looked at.
        """
        now = scope.as_of or self._clock()
        named = dates.periods(query[:DATED_CHARS], now)[:MAX_PERIODS]
        scope = replace(scope, held_in=tuple(period for period in named if period.end <= now))
        fts = words.fts_query(query)
        found: dict[str, Candidate] = {}
        by_words: dict[str, float] = {}
        facts: list[str] = []
        if "memory" in include:
            rows = self._facts(_FACTS_BY_WORDS, [fts], scope) if fts else self._facts(_IMPORTANT_FACTS, [], scope)
            facts = _add(found, rows)
        if "message" in include and (fts or named or scope.narrows or not facts):
            rare = words.fts_any(self._store.scanned(words.terms(query), most=SCANNED))
            by_words = self._by_words(found, rare or words.fts_phrase(query), scope, named, CANDIDATES // share)
        # What is known of these is read while the query is embedded.
        around = self._around({i: candidate for i, candidate in found.items() if candidate.role}, scope, Around())
        made = self._embed([query] if fts else []) if vectors is None else vectors()
        vector = made[0] if made else None
        near: dict[str, float] = {}
        if vector is not None:
            nearest = self._nearest(vector, found, scope, include, NEAREST // share)
            _add(found, [candidate for candidate, _ in nearest])
            near = {candidate.id: cosine for candidate, cosine in nearest}
        messages = {identifier: candidate for identifier, candidate in found.items() if candidate.role}
        around = self._around(messages, scope, around)
        evidence = self._evidence(query, messages, by_words, vector, around, named)
        return Gathered(found=found, facts=facts, by_words=by_words, near=near, evidence=evidence)

    def _by_words(
        self, found: dict[str, Candidate], fts: str, scope: Scope, named: Sequence[dates.Period], candidates: int
    ) -> dict[str, float]:
        """BM25 of the best messages, and of the best of each named time; of that time's last ones if no word is left."""
        where, parameters = _messages_in(scope)
        scores: dict[str, float] = {}
        for limit, period in ((candidates, None), *((IN_PERIOD, period) for period in named)):
            within, more = where, list(parameters)
            if period is not None:
                within += " AND m.created_at >= ? AND m.created_at < ?"
                more += [instant(period.start), instant(period.end)]
            if within == "1":
                # Without a scope the best are cut before their messages are looked up, not after.
                sql = f"""SELECT {_MESSAGE_COLUMNS}, found.score FROM (
                              SELECT rowid, -bm25(messages_fts, {BODY_WEIGHT}, 1.0) AS score FROM messages_fts
                              WHERE messages_fts MATCH ? ORDER BY score DESC, rowid LIMIT {limit}) AS found
                          JOIN messages m ON m.seq = found.rowid ORDER BY found.score DESC, m.id"""
            else:
                sql = f"""SELECT {_MESSAGE_COLUMNS}, -bm25(messages_fts, {BODY_WEIGHT}, 1.0) AS score
                          FROM messages_fts JOIN messages m ON m.seq = messages_fts.rowid
                          WHERE messages_fts MATCH ? AND {within} ORDER BY score DESC, m.id LIMIT {limit}"""
            rows = self._store.rows(sql, [fts, *more]) if fts else []
            if not rows and (period is not None or not fts):
                rows = self._store.rows(
                    f"""SELECT {_MESSAGE_COLUMNS}, 0.0 AS score FROM messages m
                        WHERE m.content != '' AND {within} ORDER BY m.created_at DESC, m.seq DESC LIMIT {limit}""",
                    more,
                )
            scores |= {row["id"]: float(row["score"]) for row in rows}
            _add(found, [_candidate(row) for row in rows])
        return scores

    def _evidence(
        self,
        query: str,
        messages: Mapping[str, Candidate],
        by_words: Mapping[str, float],
        vector: Vectors | None,
        around: Around,
        named: list[dates.Period],
    ) -> dict[str, ranking.Evidence]:
        """What speaks for each message. Neighbours that the scope hides say nothing."""
        best = max(by_words.values(), default=0.0) or 1.0
        share = {identifier: by_words.get(identifier, 0.0) / best for identifier in messages}
        neighbours = around.neighbours
        meaning: dict[str, float] = {}
        if vector is not None:
            meaning = _best_parts(around.vectors, vector)
            if sum(identifier in meaning for identifier in messages) < KNOWN_SHARE * len(messages):
                meaning = {}
        guess = _mean([meaning[i] for i in by_words if i in meaning])
        talks = {identifier: message.conversation_id for identifier, message in messages.items()}
        best_of_talk = ranking.best_of_talk(share, talks)
        asked_for = words.speaker_asked_for(query, {message.said_by for message in messages.values()})
        evidence: dict[str, ranking.Evidence] = {}
        for identifier, message in messages.items():
            beside = neighbours.get(identifier, [])
            near = [meaning[n] for n in beside if n in meaning]
            # A message so new that it has no vector yet must not lose by that to the neighbour it is found with.
            mine = meaning.get(identifier, max([guess, *near])) if meaning else 0.0
            evidence[identifier] = ranking.Evidence(
                words=share[identifier],
                neighbour_words=sum(share.get(n, 0.0) for n in beside),
                talk_words=best_of_talk[message.conversation_id],
                meaning=mine,
                neighbour_meaning=sum(near) if meaning else 0.0,
                speaker=float(bool(asked_for) and asked_for in (message.role, message.said_by)),
                date=dates.nearness(message.created_at, named) if named else 0.0,
                length=message.length,
                is_question=float(message.is_question),
                has_meaning=bool(meaning),
            )
        return evidence

    def _around(self, messages: Mapping[str, Candidate], scope: Scope, known: Around) -> Around:
        """What is `known`, and the neighbours and vectors of those messages that it lacks."""
        new = {identifier: message for identifier, message in messages.items() if identifier not in known.neighbours}
        neighbours = self._neighbours(new, scope)
        seen = {*known.neighbours, *(n for beside in known.neighbours.values() for n in beside)}
        unread = {*new, *(n for beside in neighbours.values() for n in beside)} - seen
        vectors = self._vectors(sorted(unread)) if self._embeds else []
        return Around(neighbours={**known.neighbours, **neighbours}, vectors=[*known.vectors, *vectors])

    def _neighbours(self, messages: Mapping[str, Candidate], scope: Scope) -> dict[str, list[str]]:
        """The message before and the newest one after each, where the scope admits them, as it did these."""
        where, parameters = _messages_in(scope)
        parents = sorted({m.parent_id for m in messages.values() if m.parent_id} - messages.keys())
        marks, more = ", ".join("?" * len(parents)), ", ".join("?" * len(messages))
        rows = self._store.rows(f"SELECT id FROM messages m WHERE id IN ({marks}) AND {where}", [*parents, *parameters])
        before = messages.keys() | {row["id"] for row in rows}
        rows = self._store.rows(
            f"SELECT parent_id, id FROM messages m WHERE parent_id IN ({more}) AND {where} ORDER BY seq",
            [*messages, *parameters],
        )
        after = {row["parent_id"]: row["id"] for row in rows}
        return {
            identifier: [
                *([message.parent_id] if message.parent_id and message.parent_id in before else []),
                *([after[identifier]] if identifier in after else []),
            ]
            for identifier, message in messages.items()
        }

    def _facts(self, sql: str, parameters: Sequence[str], scope: Scope) -> list[Candidate]:
        where, more = _facts_in(scope)
        return [_candidate(row) for row in self._store.rows(sql.format(where=where), [*parameters, *more])]

    @contextmanager
    def _embedded_beside(self, queries: Sequence[str]) -> Iterator[Callable[[], list[Vectors]]]:
        """Embeds while the block searches by words: both take as long, and neither holds the interpreter's lock.

        Yields what waits for the vectors. The thread ends with the block.
        """
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="attune-embed") as beside:
            yield beside.submit(self._embed, queries).result

    @property
    def _embeds(self) -> bool:
        """Whether the encoder and the index are loaded."""
        return bool(self._embeddings and self._index and self._embeddings.ready and self._index.ready)

    def _embed(self, queries: Sequence[str]) -> list[Vectors]:
        """A vector for each, in one go; none while the encoder or the index is not loaded."""
        if not queries or self._embeddings is None or not self._embeds:
            return []
        try:
            if len(queries) == 1:
                return [self._embeddings.embed_query(queries[0])]
            return list(self._embeddings.embed_documents([first_words(query, MAX_WORDS) for query in queries]))
        except EmbeddingsUnavailable as error:
            log.warning("Search goes by words alone: %s", error)
            return []

    def _nearest(
        self,
        vector: Vectors,
        found: Mapping[str, Candidate],
        scope: Scope,
        include: Collection[Include],
        limit: int,
    ) -> list[tuple[Candidate, float]]:
        """The nearest that the scope admits with their cosines, nearest first. What is among `found` it admitted already."""
        assert self._index is not None
        if scope.conversation_id is None:
            pieces = self._index.query(vector, limit + len(scope.exclude_message_ids))
            cosines = {item_of(piece): 1 - distance for piece, distance in reversed(pieces)}
            ids = list(dict.fromkeys(item_of(piece) for piece, _ in pieces))
        else:
            cosines = self._cosines_in_conversation(vector, scope.conversation_id)
            ids = ranking.ranked(cosines)[:limit]
        allowed = {identifier: found[identifier] for identifier in ids if identifier in found}
        for kind, columns, table, (where, parameters) in (
            ("message", _MESSAGE_COLUMNS, "messages m", _messages_in(scope)),
            ("memory", _FACT_COLUMNS, "memories f", _facts_in(scope)),
        ):
            unread = [identifier for identifier in ids if identifier not in allowed]
            if kind in include and unread:
                marks = ", ".join("?" * len(unread))
                sql = f"SELECT {columns} FROM {table} WHERE id IN ({marks}) AND {where}"
                _add(allowed, [_candidate(row) for row in self._store.rows(sql, [*unread, *parameters])])
        return [(allowed[identifier], cosines[identifier]) for identifier in ids if identifier in allowed]

    def _vectors(self, ids: Sequence[str]) -> list[Any]:
        """Rows (item_id, vector) of each item that has one: one for each part."""
        assert self._embeddings is not None
        return self._store.rows(
            f"""SELECT item_id, vector FROM embeddings
                WHERE item_id IN ({", ".join("?" * len(ids))}) AND encoder = ? ORDER BY item_id""",
            [*ids, self._embeddings.name],
        )

    def _cosines_in_conversation(self, vector: Vectors, conversation_id: str) -> dict[str, float]:
        """Brute force: the nearest of all items may hold none of one conversation's."""
        assert self._embeddings is not None
        rows = self._store.rows(
            """SELECT e.item_id, e.vector FROM messages m JOIN embeddings e ON m.id = e.item_id
               WHERE m.conversation_id = ? AND e.encoder = ?""",
            [conversation_id, self._embeddings.name],
        )
        return _best_parts(rows, vector)

    def _load(self, ids: Sequence[str]) -> dict[str, Memory | Message]:
        where = f"id IN ({', '.join('?' * len(ids))})"
        items: dict[str, Memory | Message] = {m.id: m for m in self._store.select("messages", Message, where, ids)}
        return items | {m.id: m for m in self._store.select("memories", Memory, where, ids)}


_MESSAGE_COLUMNS = "m.id, m.parent_id, m.conversation_id, m.role, m.content, m.created_at, 0.0 AS importance"
_FACT_COLUMNS = "f.id, NULL AS parent_id, '' AS conversation_id, '' AS role, f.content, f.created_at, f.importance"
_FACTS_BY_WORDS = f"""SELECT {_FACT_COLUMNS} FROM memories_fts JOIN memories f ON f.seq = memories_fts.rowid
    WHERE memories_fts MATCH ? AND {{where}} ORDER BY bm25(memories_fts), f.id LIMIT {CANDIDATES}"""
_IMPORTANT_FACTS = f"""SELECT {_FACT_COLUMNS} FROM memories f WHERE f.kind != 'procedural' AND {{where}}
    ORDER BY f.importance DESC, f.created_at DESC, f.id LIMIT {CANDIDATES}"""


_GAVE_WAY = """f.valid_to = (SELECT n.valid_from FROM memories n WHERE n.id = f.superseded_by)
    AND julianday(f.valid_to) - julianday(f.valid_from) >= 1"""
"""Of a closed fact: another took its place on the day it ended. Not what was called wrong, put right at once, or merged."""
_IN_COLLECTION = "(SELECT c.id FROM conversations c WHERE c.collection_id = ?)"


def _candidate(row: Any) -> Candidate:
    content = row["content"]
    return Candidate(
        id=row["id"],
        parent_id=row["parent_id"],
        conversation_id=row["conversation_id"],
        role=row["role"],
        content=content,
        created_at=datetime.fromisoformat(row["created_at"]),
        importance=row["importance"],
        said_by=words.said_by(content),
        length=ranking.length(len(content[:COMPARED_CHARS].split())),
        is_question=content.rstrip().endswith("?"),
    )


def _add(found: dict[str, Candidate], candidates: Sequence[Candidate]) -> list[str]:
    found.update({candidate.id: candidate for candidate in candidates})
    return [candidate.id for candidate in candidates]


def _blends(gathered: Gathered) -> dict[str, float]:
    return {identifier: ranking.blend(known) for identifier, known in gathered.evidence.items()}


def _rank_messages(blends: Mapping[str, float], found: Mapping[str, Candidate], now: datetime) -> list[str]:
    relevance = ranking.relevances(blends)
    return ranking.ranked({i: _with_priors(score, found[i], now) for i, score in relevance.items()})


def _with_priors(score: float, item: Candidate, now: datetime) -> float:
    return ranking.priors(score, created_at=item.created_at, importance=item.importance, now=now)


def _best_parts(rows: Sequence[Any], vector: Vectors) -> dict[str, float]:
    """item -> the cosine of its nearest part, of rows (item_id, vector)."""
    if not rows:
        return {}
    cosines = np.frombuffer(b"".join(row["vector"] for row in rows), np.float32).reshape(len(rows), -1) @ vector
    best: dict[str, float] = {}
    for row, cosine in zip(rows, cosines.tolist(), strict=True):
        best[row["item_id"]] = max(cosine, best.get(row["item_id"], -1.0))
    return best


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _messages_in(scope: Scope) -> tuple[str, list[str]]:
    """The messages a scope admits, as SQL over `m`. Times are kept in UTC, so their text compares as they do."""
    clauses: list[str] = []
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
    _within(scope, "m.created_at", clauses, parameters)
    if scope.role is not None:
        clauses.append("m.role = ?")
        parameters.append(scope.role)
    if scope.in_persona is not None:
        clauses.append("m.conversation_id IN (SELECT c.id FROM conversations c WHERE c.persona = ?)")
        parameters.append(scope.in_persona)
    if scope.in_collection is not None:
        clauses.append(f"m.conversation_id IN {_IN_COLLECTION}")
        parameters.append(scope.in_collection)
    if scope.exclude_personas:
        marks = ", ".join("?" * len(scope.exclude_personas))
        clauses.append(f"m.conversation_id NOT IN (SELECT c.id FROM conversations c WHERE c.persona IN ({marks}))")
        parameters.extend(sorted(scope.exclude_personas))
    return " AND ".join(clauses) or "1", parameters


def _facts_in(scope: Scope) -> tuple[str, list[str]]:
    """The facts a scope admits, as SQL over `f`: those of everybody or of this persona, true and known at the time."""
    clauses, parameters = ["f.persona IN ('', ?)"], [scope.persona or ""]
    if scope.in_persona is not None:
        clauses, parameters = ["f.persona = ?"], [scope.in_persona]
    elif scope.every_persona:
        clauses, parameters = ["1"], []
    if scope.in_collection is not None:
        clauses.append(
            f"f.source_message_id IN (SELECT s.id FROM messages s WHERE s.conversation_id IN {_IN_COLLECTION})"
        )
        parameters.append(scope.in_collection)
    if scope.as_of is None:
        then = [f"({_GAVE_WAY} AND f.valid_from < ? AND f.valid_to > ?)"] * len(scope.held_in)
        clauses.append(f"({' OR '.join(['f.valid_to IS NULL', *then])})")
        parameters += [instant(moment) for period in scope.held_in for moment in (period.end, period.start)]
    else:
        clauses.append("f.created_at <= ? AND f.valid_from <= ? AND (f.valid_to IS NULL OR f.valid_to > ?)")
        parameters += [instant(scope.as_of)] * 3
    _within(scope, "f.created_at", clauses, parameters)
    if scope.role is not None:
        clauses.append("0")
    if scope.exclude_personas:
        clauses.append(f"f.persona NOT IN ({', '.join('?' * len(scope.exclude_personas))})")
        parameters += sorted(scope.exclude_personas)
    return " AND ".join(clauses), parameters


def _within(scope: Scope, column: str, clauses: list[str], parameters: list[str]) -> None:
    """The times that a scope is bound by, as clauses over a column of times."""
    for comparison, moment in (("<", scope.before), (">=", scope.after)):
        if moment is not None:
            clauses.append(f"{column} {comparison} ?")
            parameters.append(instant(moment))


def _source(identifier: str, by_words: Collection[str], by_meaning: Collection[str]) -> HitSource:
    if identifier in by_words:
        return "both" if identifier in by_meaning else "bm25"
    return "dense"
