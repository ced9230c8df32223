"""Whether a follow-up question finds what it leans on: `construct_query` against the bare text.

    python -m benchmarks.follow_ups [--json]

Sixty made-up cases over one made-up life (`follow_ups.yaml`). Of the first forty those with an odd number were looked at
while the rules were written, those with an even one were not; the last twenty were written afterwards.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from assistant.recall import construct_query
from benchmarks.retrieval import table
from memory import MemoryManager, NewMessage, open_memory
from memory.embeddings import Embeddings, MiniLmEmbeddings

CASES = Path(__file__).with_name("follow_ups.yaml")
PARTS = {"looked at": slice(0, 40, 2), "reported": slice(1, 40, 2), "later": slice(40, None)}


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    before: tuple[str, ...]
    ask: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """The place of the answer among the hits, from 1; 0 where it was not found."""

    bare: int
    constructed: int

    @property
    def worse(self) -> bool:
        return self.bare > 0 and not 0 < self.constructed <= self.bare


def read(path: Path = CASES) -> tuple[list[str], list[FollowUp]]:
    """What was said, and the cases, in their order."""
    content = yaml.safe_load(path.read_text())
    said = content["said"]
    cases = [
        FollowUp(before=tuple(case["before"]), ask=case["ask"], answer=said[case["answer"]])
        for case in (*content["cases"], *content["later"])
    ]
    return list(said.values()), cases


def run(encoder: Embeddings) -> list[Ranks]:
    """One for each case."""
    said, cases = read()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        open_memory(home, embeddings=encoder, start_worker=False) as memory,
    ):
        for text in said:
            conversation = memory.start_conversation()
            memory.add_messages([NewMessage(conversation_id=conversation.id, role="user", content=text)])
        return [
            Ranks(
                bare=_rank(memory, case.ask, case.answer),
                constructed=_rank(memory, case.ask, case.answer, construct_query(case.ask, case.before)),
            )
            for case in cases
        ]


def _rank(memory: MemoryManager, query: str, answer: str, constructed: str = "") -> int:
    found = [hit.item.content for hit in memory.search(query, limit=20, constructed=constructed)]
    return found.index(answer) + 1 if answer in found else 0


def rows(ranks: Sequence[Ranks]) -> list[dict[str, str | float]]:
    """How often the answer comes first and among three, in percent, and how often it does worse with the constructed query."""
    result: list[dict[str, str | float]] = []
    for half, which in PARTS.items():
        part = ranks[which]
        for name in ("bare", "constructed"):
            places = [getattr(rank, name) for rank in part]
            result.append(
                {
                    "name": f"{name}, {half}",
                    "first": 100 * sum(place == 1 for place in places) / len(part),
                    "among_3": 100 * sum(1 <= place <= 3 for place in places) / len(part),
                    "worse": sum(rank.worse for rank in part) if name == "constructed" else 0,
                }
            )
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.follow_ups", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args(arguments)
    logging.disable(logging.INFO)
    found = rows(run(MiniLmEmbeddings()))
    print(json.dumps({"rows": found}) if options.json else table(found))


if __name__ == "__main__":
    main()
