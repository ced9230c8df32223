"""What spoke for a hit, for people to read: parts from 0 to 1, strongest first. Pure arithmetic over what ranking weighed.

words       the words of the question stand in it          meaning     it means something near
talk        the talk around it is about that               date        it was said in the time that was asked for
recent      how new it is                                  important   how much it matters, as it was kept
"""

from __future__ import annotations

import math
from datetime import datetime

from memory.ranking import RECENCY_HALF_LIFE_DAYS, RRF_K, Evidence

Parts = tuple[tuple[str, float], ...]
LEAST = 0.05
"""Parts below it are left out."""


def of_message(evidence: Evidence, *, created_at: datetime, now: datetime) -> Parts:
    return _sorted(
        words=evidence.words,
        talk=max(evidence.talk_words, min(1.0, evidence.neighbour_words)),
        meaning=evidence.meaning,
        date=evidence.date,
        recent=_recent(created_at, now),
    )


def of_fact(
    *, by_words: int | None, by_meaning: int | None, importance: float, created_at: datetime, now: datetime
) -> Parts:
    """
    Args:
        by_words, by_meaning: its place among the facts found so, from 0; None when it was not.
    """
    return _sorted(
        words=_share(by_words),
        meaning=_share(by_meaning),
        recent=_recent(created_at, now),
        important=importance,
    )


def written(parts: Parts) -> str:
    """`words=0.82 meaning=0.61`: how it is kept beside an answer."""
    return " ".join(f"{name}={value:.2f}" for name, value in parts)


def read(text: str) -> Parts:
    """Parts from what `written` made; what is none is left out."""
    found = []
    for entry in text.split():
        name, _, value = entry.partition("=")
        try:
            found.append((name, min(1.0, max(0.0, float(value)))))
        except ValueError:
            continue
    return tuple(found)


def _sorted(**parts: float) -> Parts:
    kept = [(name, min(1.0, max(0.0, value))) for name, value in parts.items() if value >= LEAST]
    return tuple(sorted(kept, key=lambda part: -part[1]))


def _share(place: int | None) -> float:
    """What a place in a ranking is worth, of what the first is."""
    return 0.0 if place is None else (RRF_K + 1) / (RRF_K + place + 1)


def _recent(created_at: datetime, now: datetime) -> float:
    age_days = max(0.0, (now - created_at).total_seconds() / 86_400)
    return math.exp(-math.log(2) * age_days / RECENCY_HALF_LIFE_DAYS)
