"""How well facts are read out of what users type: precision and recall on a labelled set, half by half.

    python -m benchmarks.extraction [--json] [--faults] [--model FILE]

The rules may be changed because of the tuning half, never because of the reporting half: `--faults` shows what was
read wrongly in the tuning files alone. `--model` adds what a chat model reads to what the rules read, as the assistant
does with models that are large enough; `builtin` names the one that ships, which the assistant does not ask. The set
is in tests/data/extraction; each file explains its labels.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from assistant.extraction import (
    CandidateFact,
    ExtractionFailed,
    extract_by_rules,
    extract_with_model,
    is_keepable,
    union,
)
from assistant.turn import is_small

DATA = Path(__file__).parents[1] / "tests" / "data" / "extraction"
HALVES = ("tuning", "reporting")
VOICES = ("voices_tuning", "voices_reporting")
"""Messages in the manner of many people, written after the rules."""
SAID_AT = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
OPEN_VALUES = ("plan", "event", "goal", "job", "hobby")
"""Attributes whose value may be worded in more than one way: "meeting my advisor", "my advisor"."""
SMALL_WORDS = frozenset("a an the my our their of for in to with at on s and".split())  # noqa: SIM905
Reader = Callable[[str], Sequence[CandidateFact]]


@dataclass(frozen=True)
class Fact:
    """A fact as a label or as it was read."""

    attribute: str
    value: str
    when: str = ""

    def fits(self, other: Fact) -> bool:
        """The same attribute, the same time, and the same value, or, of an open one, its words."""
        if (self.attribute, self.when) != (other.attribute, other.when):
            return False
        if self.value.casefold() == other.value.casefold():
            return True
        if self.attribute.lstrip("-").rpartition(".")[2] not in OPEN_VALUES:
            return False
        mine, others = _words(self.value), _words(other.value)
        return bool(mine and others) and (mine <= others or others <= mine)


@dataclass(frozen=True)
class Case:
    category: str
    text: str
    facts: tuple[Fact, ...]


@dataclass(kw_only=True)
class Tally:
    """right: read and labelled. said: read. expected: labelled."""

    right: int = 0
    said: int = 0
    expected: int = 0
    cases: int = 0
    faults: list[tuple[str, list[str], list[str]]] = field(default_factory=list)
    """Text, labels that were missed, facts that are none."""

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.expected if self.expected else 1.0


def read_cases(half: str) -> list[Case]:
    data = yaml.safe_load((DATA / f"{half}.yaml").read_text(encoding="utf-8"))
    return [
        Case(
            category=category,
            text=entry["text"],
            facts=tuple(Fact(*(str(part) for part in fact)) for fact in entry["facts"]),
        )
        for category, entries in data.items()
        for entry in entries
    ]


def read_by_rules(text: str) -> list[CandidateFact]:
    return [c for c in extract_by_rules(text, said_at=SAID_AT) if is_keepable(c)]


class WithModel:
    """Rules and a chat model together. Counts the messages on which the model failed."""

    def __init__(self, model: str) -> None:
        from assistant import Settings
        from assistant.chat_model import load_chat_model

        self._chat_model = load_chat_model(Settings(model="" if model == "builtin" else model))
        self.failures = 0

    def __call__(self, text: str) -> list[CandidateFact]:
        by_rules = extract_by_rules(text, said_at=SAID_AT)
        try:
            by_model = extract_with_model(self._chat_model, text, said_at=SAID_AT, strict=is_small(self._chat_model))
        except ExtractionFailed:
            self.failures += 1
            by_model = []
        return [c for c in union(by_rules, by_model) if is_keepable(c)]


def fact_of(candidate: CandidateFact) -> Fact:
    if candidate.kind == "procedural":
        return Fact("rule", candidate.content)
    owner = "" if candidate.subject == "user" else f"{candidate.subject}."
    when = candidate.occurs or candidate.since
    return Fact(
        f"{'-' if candidate.negates else ''}{owner}{candidate.attribute}", candidate.value, str(when) if when else ""
    )


def measure(cases: Sequence[Case], read: Reader) -> dict[str, Tally]:
    """By category, and `all`."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for case in cases:
        found = [fact_of(candidate) for candidate in read(case.text)]
        wanted = list(case.facts)
        wrong = []
        for fact in found:
            match = next((label for label in wanted if label.fits(fact)), None)
            if match is None:
                wrong.append(fact)
            else:
                wanted.remove(match)
        for tally in (tallies["all"], tallies[case.category]):
            tally.cases += 1
            tally.right += len(found) - len(wrong)
            tally.said += len(found)
            tally.expected += len(case.facts)
            if wanted or wrong:
                tally.faults.append((case.text, [str(f) for f in wanted], [str(f) for f in wrong]))
    return tallies


def report(halves: dict[str, dict[str, Tally]]) -> dict[str, Any]:
    """JSON: for each half the figures of every category."""
    return {
        half: {
            category: {
                "cases": tally.cases,
                "facts": tally.expected,
                "precision": round(tally.precision, 3),
                "recall": round(tally.recall, 3),
            }
            for category, tally in tallies.items()
        }
        for half, tallies in halves.items()
    }


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w-]+", text.casefold())) - SMALL_WORDS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--faults", action="store_true", help="show what was read wrongly in the tuning files")
    parser.add_argument("--model", default="", help="also ask this GGUF file, or `builtin`")
    options = parser.parse_args()
    read: Reader = WithModel(options.model) if options.model else read_by_rules
    halves = {half: measure(read_cases(half), read) for half in (*HALVES, *VOICES)}
    if options.json:
        print(json.dumps(report(halves)))
        return
    if options.faults:
        for text, missed, wrong in [*halves["tuning"]["all"].faults, *halves["voices_tuning"]["all"].faults]:
            print(f"{text!r}\n   missed {missed}\n   wrong  {wrong}")
    for half, categories in report(halves).items():
        print(f"\n{half:<16}{'cases':>7}{'facts':>7}{'precision':>11}{'recall':>8}")
        for name, row in categories.items():
            print(f"  {name:<14}{row['cases']:>7}{row['facts']:>7}{row['precision']:>11.3f}{row['recall']:>8.3f}")
    if isinstance(read, WithModel):
        print(f"\nThe model failed on {read.failures} messages.")


if __name__ == "__main__":
    main()
