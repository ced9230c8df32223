"""Two months of a diary, replayed day by day, and what is known of it afterwards: now, and as it was then.

    python -m benchmarks.diary [--json] [--faults]

Each message goes through the rules of extraction into an empty memory whose clock stands at its day. Then the questions
are asked of `memory.search` with the day they are about, and of the page about the user. No chat model is involved.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from assistant.extraction import apply, extract_by_rules
from assistant.profile import current_profile
from assistant.timeline import told
from memory import Memory, MemoryManager, open_memory
from memory.embeddings import Embeddings, MiniLmEmbeddings

DIARY = Path(__file__).parents[1] / "tests" / "data" / "diary.yaml"
LIMIT = 5
"""How many memories a question brings."""


@dataclass(frozen=True)
class Question:
    ask: str
    on: date
    about: date
    answers: tuple[str, ...]

    @property
    def is_about_then(self) -> bool:
        return self.about != self.on


@dataclass(frozen=True)
class Answered:
    """by_memory: one of the first memories holds the answer and was valid at the asked time. by_page: the page does."""

    question: Question
    by_memory: bool
    first: bool
    by_page: bool
    found: tuple[str, ...]


class DiaryClock:
    """Stands at noon of a day, and goes on a second at each look."""

    def __init__(self) -> None:
        self.day = date(2026, 1, 1)
        self._looks = 0

    def __call__(self) -> datetime:
        self._looks += 1
        return datetime.combine(self.day, time(12), UTC) + timedelta(milliseconds=self._looks)


def read_diary(path: Path = DIARY) -> tuple[dict[date, list[str]], list[Question]]:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    questions = [
        Question(ask=q["ask"], on=q["asked"], about=q.get("about", q["asked"]), answers=tuple(q["answer"]))
        for q in data["questions"]
    ]
    return data["days"], questions


def replay(memory: MemoryManager, clock: DiaryClock, days: dict[date, list[str]]) -> None:
    """Live the diary: one conversation a day."""
    for day, messages in sorted(days.items()):
        clock.day = day
        conversation = memory.start_conversation()
        for text in messages:
            message = memory.add_message(conversation.id, role="user", content=text)
            apply(memory, extract_by_rules(text, said_at=message.created_at), message)


def ask(memory: MemoryManager, clock: DiaryClock, question: Question) -> Answered:
    clock.day = question.on
    moment = datetime.combine(question.about, time(23, 59), UTC)
    hits = memory.search(question.ask, limit=LIMIT, as_of=moment, include=("memory",))
    memories = [hit.item for hit in hits if isinstance(hit.item, Memory)]
    right = [m.holds_at(moment) and _holds(told(m, question.on), question) for m in memories]
    page = [] if question.is_about_then else [line.text for line in current_profile(memory).lines]
    return Answered(
        question=question,
        by_memory=any(right),
        first=bool(right and right[0]),
        by_page=any(_holds(line, question) for line in page),
        found=tuple(m.content for m in memories),
    )


def _holds(text: str, question: Question) -> bool:
    return any(answer.casefold() in text.casefold() for answer in question.answers)


def run(embeddings: Embeddings) -> list[Answered]:
    days, questions = read_diary()
    clock = DiaryClock()
    with (
        tempfile.TemporaryDirectory(prefix="attune-diary-") as home,
        open_memory(home, embeddings=embeddings, clock=clock, start_worker=False) as memory,
    ):
        replay(memory, clock, days)
        memory.rebuild_index()
        return [ask(memory, clock, question) for question in questions]


def figures(answered: list[Answered]) -> dict[str, Any]:
    """Shares in percent: of all questions, of those about now and of those about then."""

    def share(chosen: list[Answered], field: str) -> float:
        return round(100 * sum(getattr(a, field) for a in chosen) / len(chosen), 1) if chosen else 0.0

    now = [a for a in answered if not a.question.is_about_then]
    then = [a for a in answered if a.question.is_about_then]
    either = sum(a.by_memory or a.by_page for a in answered)
    return {
        "questions": len(answered),
        "answered_by_a_memory_valid_then": share(answered, "by_memory"),
        "answered_by_the_first": share(answered, "first"),
        "about_now": share(now, "by_memory"),
        "about_then": share(then, "by_memory"),
        "on_the_page_of_those_about_now": share(now, "by_page"),
        "answered_by_either": round(100 * either / len(answered), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--faults", action="store_true", help="show the questions that no memory answered")
    options = parser.parse_args()
    logging.getLogger("chromadb").setLevel(logging.ERROR)
    answered = run(MiniLmEmbeddings())
    found = figures(answered)
    if options.json:
        print(json.dumps(found))
        return
    if options.faults:
        for answer in answered:
            if not answer.by_memory:
                print(f"{answer.question.ask} ({answer.question.about}): {list(answer.found)}")
    for name, value in found.items():
        print(f"{name.replace('_', ' '):<36}{value:>7}")


if __name__ == "__main__":
    main()
