"""How well search finds what was said: ours against BM25 alone, MiniLM alone and their plain fusion, in one run.

    python -m benchmarks.retrieval --data FILE [--one-store] [--vectors FILE] [--json] [--limit-conversations N]
                                   [--peers FOLDER]

`ours` goes through the public face: `open_memory`, `add_messages`, `search`. The other rows see the same texts, cut
into the same windows (a turn with the turn before and after it, within its session), and use the same encoder. No
language model is involved. With `--peers` mem0 and MemPalace see the single turns, as their users' would be stored.
"""

from __future__ import annotations

import argparse
import json
import logging
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.datasets import Corpus, Format, Question, Turn, read
from benchmarks.peers import PEERS, Asked, PeerEnvironment, PeersUnavailable
from benchmarks.vectors import KeptEmbeddings
from memory import MemoryManager, NewMessage, open_memory
from memory.embeddings import MAX_WORDS, Embeddings, MiniLmEmbeddings, first_words
from memory.index import ChromaIndex
from memory.query import fts_query
from memory.ranking import fuse, ranked
from memory.records import utc_now

ROWS = ("ours", "bm25", "dense", "rrf")
NEIGHBOUR_WORDS = 40
DEPTH = 100
"""How many turns a row ranks: enough for ten distinct sessions."""
Search = Callable[[Question], list[str]]
"""A question to turn identifiers, best first."""


@dataclass(kw_only=True)
class Tally:
    """What one row scored, question by question, and how long each search took."""

    scores: dict[str, list[float]] = field(default_factory=dict)
    search_ms: list[float] = field(default_factory=list)

    def row(self, name: str) -> dict[str, str | float]:
        """Recalls in percent, times in milliseconds."""
        figures = {key: round(100 * statistics.fmean(values), 1) for key, values in self.scores.items()}
        p50, p95 = np.percentile(self.search_ms, [50, 95])
        return {"name": name, **figures, "search_p50_ms": round(float(p50), 3), "search_p95_ms": round(float(p95), 3)}


def turn_recall(ranking: Sequence[str], gold: frozenset[str], k: int) -> float:
    return len(gold & set(ranking[:k])) / len(gold)


def sessions_of(ranking: Sequence[str], session_of: dict[str, str]) -> list[str]:
    """The distinct sessions of ranked turns, in order of first appearance."""
    return list(dict.fromkeys(session_of[turn] for turn in ranking))


def measure(form: Format, question: Question, ranking: Sequence[str], session_of: dict[str, str]) -> dict[str, float]:
    """The figures of one answered question, each 0 to 1."""
    sessions = sessions_of(ranking, session_of)
    if form == "locomo":
        return {
            "turn_r10": turn_recall(ranking, question.turns, 10),
            "turn_r5": turn_recall(ranking, question.turns, 5),
            "session_r10": turn_recall(sessions, question.sessions, 10),
        }
    first = next((i for i, s in enumerate(sessions[:10], 1) if s in question.sessions), None)
    return {
        "any_1": float(bool(question.sessions & set(sessions[:1]))),
        "any_5": float(bool(question.sessions & set(sessions[:5]))),
        "all_5": float(question.sessions <= set(sessions[:5])),
        "mrr_10": 1 / first if first else 0.0,
    }


def windows(corpus: Corpus) -> Iterator[tuple[Turn | None, Turn, Turn | None]]:
    """Each turn that says something, with the ones before and after it in its session."""
    for session in corpus.sessions:
        turns = [turn for turn in session.turns if turn.text]
        if not turns:
            continue
        yield from zip([None, *turns[:-1]], turns, [*turns[1:], None], strict=True)


def window_text(before: str | None, text: str, after: str | None) -> str:
    """What the dense row embeds: a turn with the nearest words of its neighbours, cut to what the encoder reads."""
    parts = []
    if before:
        parts.append(" ".join(before.split()[-NEIGHBOUR_WORDS:]))
    parts.append(first_words(text, MAX_WORDS - 2 * NEIGHBOUR_WORDS if before or after else MAX_WORDS))
    if after:
        parts.append(first_words(after, NEIGHBOUR_WORDS))
    return "\n".join(parts)


@contextmanager
def ours(corpus: Corpus, encoder: Embeddings) -> Iterator[Search]:
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        now = [utc_now()]
        memory = stack.enter_context(open_memory(home, embeddings=encoder, clock=lambda: now[0], start_worker=False))
        turn_of = fill(memory, corpus)

        def search(question: Question) -> list[str]:
            now[0] = question.asked_at
            return [turn_of[hit.item.id] for hit in memory.search(question.text, limit=DEPTH, include=["message"])]

        yield search


def fill(memory: MemoryManager, corpus: Corpus) -> dict[str, str]:
    """Store a corpus through the public face. Returns message -> turn."""
    turn_of: dict[str, str] = {}
    for session in corpus.sessions:
        conversation = memory.start_conversation(session.id, created_at=session.created_at)
        rows = [
            NewMessage(
                conversation_id=conversation.id, role=turn.role, content=turn.text, created_at=session.created_at
            )
            for turn in session.turns
        ]
        added = memory.add_messages(rows)
        turn_of |= {message.id: turn.id for message, turn in zip(added, session.turns, strict=True)}
    return turn_of


@contextmanager
def bm25(corpus: Corpus) -> Iterator[Search]:
    """SQLite's FTS5 with the porter stemmer over windows; the question without stop words. No more."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE windows USING fts5(turn UNINDEXED, text, tokenize='porter unicode61')")
    database.executemany(
        "INSERT INTO windows VALUES (?, ?)",
        [(turn.id, "\n".join(t.text for t in (before, turn, after) if t)) for before, turn, after in windows(corpus)],
    )

    def search(question: Question) -> list[str]:
        terms = fts_query(question.text)
        if not terms:
            return []
        sql = f"SELECT turn FROM windows WHERE windows MATCH ? ORDER BY rank, rowid LIMIT {DEPTH}"
        return [row[0] for row in database.execute(sql, [terms])]

    try:
        yield search
    finally:
        database.close()


@contextmanager
def dense(corpus: Corpus, encoder: Embeddings) -> Iterator[Search]:
    """MiniLM over windows in Chroma, cosine distance. No more."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        index = ChromaIndex(Path(folder), encoder=encoder.name)
        parts = list(windows(corpus))
        vectors = encoder.embed_documents(
            [window_text(b.text if b else None, t.text, a.text if a else None) for b, t, a in parts]
        )
        index.upsert([turn.id for _, turn, _ in parts], vectors)
        try:
            yield lambda question: [turn for turn, _ in index.query(encoder.embed_query(question.text), DEPTH)]
        finally:
            index.close()


def run(form: Format, corpora: Sequence[Corpus], encoder: Embeddings) -> list[dict[str, str | float]]:
    """Every row over every question."""
    tallies = {name: Tally() for name in ROWS}
    for number, corpus in enumerate(corpora, 1):
        session_of = {turn.id: session.id for session in corpus.sessions for turn in session.turns}
        print(f"{number}/{len(corpora)} {corpus.id}: {len(session_of)} turns", file=sys.stderr)
        with ours(corpus, encoder) as our_search, bm25(corpus) as words, dense(corpus, encoder) as meaning:
            for question in corpus.questions:
                answers: dict[str, tuple[list[str], float]] = {}
                for name, search in (("ours", our_search), ("bm25", words), ("dense", meaning)):
                    started = time.perf_counter()
                    answers[name] = search(question), (time.perf_counter() - started) * 1000
                both = {name: answers[name][0] for name in ("bm25", "dense")}
                fused = ranked(fuse(both, {"bm25": 1.0, "dense": 1.0}, k=60))
                answers["rrf"] = fused, answers["bm25"][1] + answers["dense"][1]
                for name, (ranking, search_ms) in answers.items():
                    tallies[name].search_ms.append(search_ms)
                    for key, value in measure(form, question, ranking, session_of).items():
                        tallies[name].scores.setdefault(key, []).append(value)
    return [tally.row(name) for name, tally in tallies.items()]


def run_peers(
    form: Format, corpora: Sequence[Corpus], peers: PeerEnvironment, vectors: Path | None
) -> list[dict[str, str | float]]:
    """A row for each peer, over every question.

    Raises:
        PeersUnavailable
    """
    peers.prepare()
    asked = [
        Asked(
            texts=[(turn.id, session.id, turn.text) for session in corpus.sessions for turn in session.turns],
            questions=[question.text for question in corpus.questions],
        )
        for corpus in corpora
    ]
    rows = []
    for peer in PEERS:
        print(f"{peer} …", file=sys.stderr)
        for name, answers in peers.rank(peer, asked, vectors).items():
            tally = Tally()
            for corpus, answered in zip(corpora, answers, strict=True):
                session_of = {turn.id: session.id for session in corpus.sessions for turn in session.turns}
                tally.search_ms += answered["search_ms"]
                for question, ranking in zip(corpus.questions, answered["rankings"], strict=True):
                    for key, value in measure(form, question, ranking, session_of).items():
                        tally.scores.setdefault(key, []).append(value)
            rows.append(tally.row(name))
    return rows


def table(rows: Sequence[dict[str, str | float]]) -> str:
    lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a LoCoMo or LongMemEval file, .json or .json.gz")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument(
        "--limit-conversations", type=int, metavar="N", help="only the first N (of LongMemEval: questions)"
    )
    parser.add_argument(
        "--one-store", action="store_true", help="LongMemEval: ask every question of all sessions together"
    )
    parser.add_argument(
        "--vectors", type=Path, metavar="FILE", help="keep vectors here between runs; times mean nothing"
    )
    parser.add_argument(
        "--peers", type=Path, metavar="FOLDER", help="install mem0 and MemPalace in an environment there, and run them"
    )
    options = parser.parse_args(arguments)
    logging.disable(logging.INFO)
    form, corpora = read(options.data, one_store=options.one_store)
    encoder = KeptEmbeddings(MiniLmEmbeddings(), options.vectors)
    rows = run(form, corpora[: options.limit_conversations], encoder)
    if options.peers:
        try:
            rows += run_peers(
                form, corpora[: options.limit_conversations], PeerEnvironment(options.peers), options.vectors
            )
        except PeersUnavailable as error:
            print(f"The peers were left out. {error}", file=sys.stderr)
    print(json.dumps({"rows": rows}) if options.json else table(rows))


if __name__ == "__main__":
    main()
