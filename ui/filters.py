"""What the search box of the Memory tab narrows to: `is:plan`, `about:sister`, `on:2026-03-20`. Pure.

is:fact  is:plan  is:event  is:rule     what it is
about:me  about:sister                  whom it is about
by:me  by:rules  by:import              who wrote it
on:2026-03-20                           what was true that day

Who said it and when it was said are filters of search itself, in `memory.filters`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from memory import Memory
from memory.dates import local_days

_FILTER = re.compile(r"\b(is|about|by|on):([\w-]+)")
_KINDS = {"fact": "semantic", "rule": "procedural"}
_WRITERS = {"me": "user", "rules": "rule", "model": "model", "import": "import"}
CHOICES = (
    ("Everything", ""),
    ("Facts", "is:fact"),
    ("Plans", "is:plan"),
    ("What happened", "is:event"),
    ("Instructions", "is:rule"),
)
WRITERS = (
    ("Anyone", ""),
    ("You, by hand", "by:me"),
    ("Rules, from your messages", "by:rules"),
    ("The chat model, from your messages", "by:model"),
    ("An import", "by:import"),
)
ANYBODY = ("Anybody", "")


@dataclass(frozen=True, kw_only=True)
class Filter:
    kind: str = ""
    about: str = ""
    writer: str = ""
    moment: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.kind or self.about or self.writer or self.moment)

    def admits(self, memory: Memory) -> bool:
        if self.kind in ("plan", "event"):
            if memory.attribute != self.kind:
                return False
        elif self.kind and memory.kind != _KINDS.get(self.kind):
            return False
        if self.about and subject_word(memory.subject) != self.about:
            return False
        if self.writer and memory.origin != _WRITERS.get(self.writer):
            return False
        return self.moment is None or memory.holds_at(self.moment)


def subject_word(subject: str) -> str:
    """A subject as it is typed behind `about:`."""
    return "me" if subject == "user" else re.sub(r"[^\w-]+", "-", subject.strip().lower())


def subject_choices(subjects: Iterable[str]) -> list[tuple[str, str]]:
    """Whom the list can be narrowed to: all that something is known of, the user first."""
    others = sorted({subject for subject in subjects if subject != "user"})
    named = [(subject[:1].upper() + subject[1:], f"about:{subject_word(subject)}") for subject in others]
    return [ANYBODY, ("You", "about:me"), *named]


def narrowed(query: str, kind: str, subject: str, writer: str, persona: str, held_on: str) -> str:
    """The search box once filters were chosen beside it: the words stay, filters of these sorts make room for the chosen.

    Args:
        held_on: a day; one that is not typed to its end yet narrows nothing.
    """
    words = re.sub(r"(?<!\S)(?:is|about|by|on|persona):\S*", " ", query).split()
    day = f"on:{held_on.strip()}" if re.fullmatch(r"\s*\d{4}-\d\d-\d\d\s*", held_on or "") else ""
    return " ".join([*words, *(part for part in (kind, subject, writer, persona, day) if part)])


def read_filter(query: str) -> tuple[str, Filter]:
    """The words to look for, and what to narrow to.

    Raises:
        NoSuchDay
    """
    found = {key: value.lower() for key, value in _FILTER.findall(query)}
    on = found.get("on", "")
    return " ".join(_FILTER.sub("", query).split()), Filter(
        kind=found.get("is", ""),
        about=found.get("about", ""),
        writer=found.get("by", ""),
        # The end of that day: what was said during it counts.
        moment=local_days(on, on)[1] if on else None,
    )
