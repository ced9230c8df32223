"""Time, memory and disk as the memory grows, against the brute-force floor; and an import, against the bare encoder.

    python -m benchmarks.scale [--sizes 1000 10000 100000] [--import N] [--plot FILE] [--home FOLDER] [--json]

Texts are made up of words as frequent as words are (Zipf), and their vectors are made up too: encoding a hundred
thousand texts would measure the encoder. Questions are embedded by MiniLM, whose time is in every search. The floor
is that same encoding and one numpy product over all vectors, measured beside it. The import is of made-up conversations
in ChatGPT's format and is encoded by MiniLM. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psutil

from benchmarks import chart
from benchmarks.retrieval import table
from memory import MemoryManager, NewMessage, open_memory
from memory.chat_import import import_chats
from memory.embeddings import Embeddings, MiniLmEmbeddings, Vectors
from memory.search import NEAREST

SIZES = (1_000, 10_000, 100_000)
WORDS, VOCABULARY, TOPICS = 25, 20_000, 500
TURNS = 20
SEARCHES, ADDS = 100, 50
NEAR_QUESTIONS = 50
IMPORTED, IMPORTED_TURNS, ROUNDS = 300, 6, 2
ASKED_WORDS, ANSWERED_WORDS = 8, 40
"""Words of a made-up question and of an answer: some 30 and 150 tokens, for a made-up word is four. Real answers are longer."""
COLOURS = {
    "search_p95_ms": chart.RED,
    "floor_p95_ms": chart.BLUE,
    "disk_mb": chart.GREEN,
    "rss_mb": chart.PURPLE,
}


class MadeUpEmbeddings:
    """Documents get vectors near one of `TOPICS` directions; a question is embedded for its time, then likewise."""

    name, dimension, ready = "made-up", 384, True

    def __init__(self, encoder: Embeddings) -> None:
        self._encoder = encoder
        self._random = np.random.default_rng(0)
        self._topics = self._random.normal(size=(TOPICS, self.dimension))

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        topics = self._topics[self._random.integers(TOPICS, size=len(texts))]
        rows = topics + self._random.normal(size=topics.shape)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        self._encoder.embed_query(text)
        row: Vectors = self.embed_documents([text])[0]
        return row

    def chunks(self, text: str) -> list[str]:
        return [text]


class Texts:
    """Sentences and questions of made-up words, the n-th word n times as rare as the first."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(1)
        syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
        self._words = [
            "".join(syllables[int(i)] for i in self._random.integers(len(syllables), size=3)) for _ in range(VOCABULARY)
        ]
        share = 1 / np.arange(1, VOCABULARY + 1)
        self._share = share / share.sum()

    def sentence(self, length: int = WORDS) -> str:
        return " ".join(self._words[i] for i in self._random.choice(VOCABULARY, size=length, p=self._share)) + "."

    def question(self) -> str:
        chosen = self._random.choice(VOCABULARY, size=6, p=self._share)
        return f"What did I say about {' '.join(self._words[i] for i in chosen)}?"


def grow(memory: MemoryManager, texts: Texts, count: int) -> None:
    """Add so many messages, in conversations of `TURNS`."""
    for start in range(0, count, 10 * TURNS):
        rows = []
        for talk in range(start, min(start + 10 * TURNS, count), TURNS):
            conversation = memory.start_conversation()
            rows += [
                NewMessage(
                    conversation_id=conversation.id, role="assistant" if n % 2 else "user", content=texts.sentence()
                )
                for n in range(min(TURNS, count - talk))
            ]
        memory.store_messages(rows)
    memory.embed_pending()


def measure(
    memory: MemoryManager, texts: Texts, encoder: MadeUpEmbeddings, home: Path, size: int
) -> dict[str, str | float]:
    """One row: times in milliseconds, sizes in megabytes."""
    questions = [texts.question() for _ in range(SEARCHES)]
    memory.search(questions[0])
    search = _times(lambda question: memory.search(question, limit=10), questions)
    vectors = np.stack([np.frombuffer(v, np.float32) for _, _, v in memory.store.vectors(encoder.name)])

    def floor(question: str) -> None:
        scores = vectors @ encoder.embed_query(question)
        np.argpartition(-scores, 10)[:10]

    bare = _times(floor, questions)
    near = nearest_found(memory, encoder, vectors)
    conversation = memory.start_conversation()
    added = _times(
        lambda text: memory.add_message(conversation.id, role="user", content=text),
        [texts.sentence() for _ in range(ADDS)],
    )
    disk = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    return {
        "name": f"{size:,}",
        "search_p50_ms": _at(search, 50),
        "search_p95_ms": _at(search, 95),
        "floor_p50_ms": _at(bare, 50),
        "floor_p95_ms": _at(bare, 95),
        "of_floor": round(_at(search, 95) / max(_at(bare, 95), 0.1), 2),
        "add_p95_ms": _at(added, 95),
        "near_found": near,
        "disk_mb": round(disk / 1e6),
        "rss_mb": round(psutil.Process().memory_info().rss / 1e6),
    }


def nearest_found(memory: MemoryManager, encoder: MadeUpEmbeddings, vectors: Vectors) -> float:
    """Of the `NEAREST` vectors that are nearest to a question, how many percent the index finds."""
    assert memory._index is not None
    shares = []
    for question in encoder.embed_documents([""] * NEAR_QUESTIONS):
        cosines = vectors @ question
        # Chroma's distances are rounded, and so are ties.
        least = np.sort(cosines)[-min(NEAREST, len(cosines))] - 1e-5
        distances = [distance for _, distance in memory._index.query(question, NEAREST)]
        shares.append(np.mean([1 - distance >= least for distance in distances]))
    return round(100 * float(np.mean(shares)), 1)


def measure_import(texts: Texts, encoder: Embeddings, folder: Path, conversations: int) -> dict[str, str | float]:
    """Messages a second that `attune import` makes searchable, beside those that the encoder embeds when nothing else is
    done, the better of `ROUNDS` rounds each; and the one as a share of the other, in percent.
    """
    talks = [
        [texts.sentence(ANSWERED_WORDS if n % 2 else ASKED_WORDS) for n in range(IMPORTED_TURNS)]
        for _ in range(conversations)
    ]
    path = folder / "conversations.json"
    path.write_text(json.dumps([_chatgpt(number, talk) for number, talk in enumerate(talks)]), encoding="utf-8")
    said = [text for talk in talks for text in talk]
    bare, whole = [], []
    for number in range(ROUNDS):
        bare += _times(lambda _: encoder.embed_documents(said), [""])
        with open_memory(folder / f"import-{number}", embeddings=encoder, start_worker=False) as memory:
            whole += _times(lambda _, m=memory: import_chats(m, path), [""])  # type: ignore[misc]
    return {
        "name": f"import of {len(said):,}",
        "encoder_per_s": round(1000 * len(said) / min(bare), 1),
        "import_per_s": round(1000 * len(said) / min(whole), 1),
        "of_encoder_percent": round(100 * min(bare) / min(whole), 1),
    }


def _chatgpt(number: int, said: Sequence[str]) -> dict[str, object]:
    """A conversation as ChatGPT exports it."""
    mapping = {
        str(place): {
            "parent": str(place - 1) if place else None,
            "children": [str(place + 1)] if place + 1 < len(said) else [],
            "message": {
                "author": {"role": "assistant" if place % 2 else "user"},
                "create_time": 1.7e9 + 1000 * number + place,
                "content": {"content_type": "text", "parts": [text]},
            },
        }
        for place, text in enumerate(said)
    }
    started = 1.7e9 + 1000 * number
    last = str(len(said) - 1)
    return {"conversation_id": str(number), "create_time": started, "current_node": last, "mapping": mapping}


def run(sizes: Sequence[int], home: Path, encoder: Embeddings) -> list[dict[str, str | float]]:
    """One store that grows from size to size."""
    texts, made_up, rows, there = Texts(), MadeUpEmbeddings(encoder), list[dict[str, str | float]](), 0
    encoder.embed_query("warm")
    with open_memory(home, embeddings=made_up, start_worker=False) as memory:
        for size in sorted(sizes):
            started = time.perf_counter()
            grow(memory, texts, size - there)
            seconds = time.perf_counter() - started
            there = size + ADDS
            print(f"{size:,} messages: {seconds:.0f} s to store and index, not to encode", file=sys.stderr)
            rows.append(measure(memory, texts, made_up, home, size) | {"fill_s": round(seconds, 1)})
    return with_growth(rows)


def with_growth(rows: Sequence[dict[str, str | float]]) -> list[dict[str, str | float]]:
    """Each row with the kB of disk and of memory that one more message took since the row before. Equal: a straight line."""
    grown = []
    for number, row in enumerate(rows):
        before = rows[number - 1] if number else None
        more = size_of(row) - (size_of(before) if before else 0)
        disk, rss = (float(row[name]) - (float(before[name]) if before else 0.0) for name in ("disk_mb", "rss_mb"))
        each = {
            "disk_kb_each": round(1000 * disk / more, 1),
            "rss_kb_each": round(1000 * rss / more, 1) if before else "",
        }
        grown.append(row | each)
    return grown


def size_of(row: dict[str, str | float]) -> int:
    return int(str(row["name"]).replace(",", ""))


def _times(act: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    found = []
    for text in texts:
        started = time.perf_counter()
        act(text)
        found.append((time.perf_counter() - started) * 1000)
    return found


def _at(values: Sequence[float], percent: int) -> float:
    return round(float(np.percentile(values, percent)), 1)


def plot(rows: Sequence[dict[str, str | float]], path: Path) -> None:
    """The growth curve: every figure as a share of its largest, over the number of messages."""
    sizes, lines = [size_of(row) for row in rows], []
    for name, colour in COLOURS.items():
        values = [float(row[name]) for row in rows]
        most = max(values) or 1.0
        points = [(0.0, 0.0), *((size, value / most) for size, value in zip(sizes, values, strict=True))]
        lines.append(chart.Line(name=f"{name}: up to {most:g}", colour=colour, points=points, dots=True))
    ticks = [(size, f"{size:,}") for size in sizes]
    chart.draw([chart.Panel(title="of the largest", lines=lines, ticks=ticks, axis="messages")], path)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of messages")
    parser.add_argument(
        "--import", type=int, default=IMPORTED, metavar="N", dest="imported", help="conversations to import; 0: none"
    )
    parser.add_argument("--plot", type=chart.picture, metavar="FILE", help="draw the growth curve to a PNG or SVG")
    parser.add_argument("--home", type=Path, help="keep the store in this empty folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args(arguments)
    logging.disable(logging.INFO)
    with ExitStack() as stack:
        home = options.home or Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        encoder = MiniLmEmbeddings()
        rows = run(options.sizes, home, encoder)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        imports = [measure_import(Texts(), encoder, folder, options.imported)] if options.imported else []
    if options.plot:
        plot(rows, options.plot)
    if options.json:
        print(json.dumps({"rows": rows, "import": imports}))
    else:
        print("\n\n".join(table(part) for part in (rows, imports) if part))


if __name__ == "__main__":
    main()
