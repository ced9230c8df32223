"""What the search box of the Memory tab narrows to: `is:plan`, `about:sister`, `on:2026-03-20`.

Pure, but for the two that look into memory: `narrowed_hits` and `narrowed_list`.

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

from memory import Memory, MemoryManager, SearchHit
from memory.dates import local_days
from memory.filters import read_filters

_FILTER = re.compile(r"\b(is|about|by|on):([\w-]+)")
_KINDS = {"fact": "semantic", "rule": "procedural"}
_WRITERS = {"me": "user", "rules": "rule", "model": "model", "import": "import"}
SEARCHED_BEFORE_NARROWING = 50
"""Search knows nothing of these filters: so many hits are asked for, and those that do not fit taken out."""
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


def narrowed_hits(memory: MemoryManager, query: str, limit: int = 20) -> list[SearchHit]:
    """What search finds of a query, best first; facts alone where a filter of this module is in it.

    Raises:
        NoSuchDay
    """
    words, wanted = read_filter(query)
    if wanted.is_empty:
        return memory.search_as_typed(words, limit=limit)
    hits = memory.search_as_typed(words, limit=max(limit, SEARCHED_BEFORE_NARROWING), as_of=wanted.moment)
    return [hit for hit in hits if isinstance(hit.item, Memory) and wanted.admits(hit.item)][:limit]


def narrowed_list(memory: MemoryManager, query: str, *, include_closed: bool, limit: int = 500) -> list[Memory]:
    """Of a query without words to look for: the facts that its filters admit, newest first.

    Raises:
        NoSuchDay
    """
    words, wanted = read_filter(query)
    persona = read_filters(words).persona
    listed = memory.memories(include_closed=include_closed or wanted.moment is not None, limit=limit)
    return [m for m in listed if wanted.admits(m) and persona in (None, m.persona)]
