"""What time does to a memory: a plan whose day has gone is told as past, and what is near comes up by itself. Pure.

Nothing is rewritten in the store: the sentence that was kept is told anew, each time, for the day it is told on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from memory import Memory
from memory.dates import long_date, next_birthday

NEAR_DAYS = 7
MAX_NEAR = 3
LATELY_DAYS = 60
"""How long what has happened stays on the page about the user; it can be found for ever."""
_PAST = (
    ("is going to", "went to"),
    ("is moving to", "moved to"),
    ("gets married", "got married"),
    ("has", "had"),
    ("starts", "started"),
    ("visits", "visited"),
    ("visit", "visited"),
    ("expires", "expired"),
    ("ends", "ended"),
    ("is", "was"),
    ("are", "were"),
)
_SUBJECT = re.compile(r"^The user(?:['’]s [\w'’ -]+?)?(?= (?:is|are|has|gets|starts|visits?|expires|ends)\b)")


def told(memory: Memory, today: date) -> str:
    """The sentence of a memory as it is true today: a plan whose last day has gone is past."""
    if memory.attribute != "plan" or memory.occurs_to is None or memory.occurs_to >= today:
        return memory.content
    subject = _SUBJECT.match(memory.content)
    if subject is None:
        return memory.content
    rest = memory.content[subject.end() + 1 :]
    for now, then in _PAST:
        if re.match(rf"{now}\b", rest):
            return f"{subject[0]} {then}{rest[len(now) :]}"
    return memory.content


def is_over(memory: Memory, today: date) -> bool:
    """A plan or an event whose last day has gone."""
    return memory.occurs_to is not None and memory.occurs_to < today


def belongs_on_the_page(memory: Memory, today: date) -> bool:
    """All but what happened a while ago, and what was meant by one request."""
    if memory.attribute == "correction":
        return False
    return memory.occurs_to is None or memory.occurs_to >= today - timedelta(days=LATELY_DAYS)


def coming_up(memories: Sequence[Memory], today: date) -> list[tuple[Memory, str]]:
    """Plans and birthdays of the next days, the nearest first, each with its line; at most `MAX_NEAR`."""
    near: list[tuple[date, Memory, str]] = []
    last = today + timedelta(days=NEAR_DAYS)
    for memory in memories:
        if memory.valid_to is not None or is_over(memory, today) or (memory.occurs_from or today) > last:
            continue
        if memory.attribute == "birthday":
            day = next_birthday(memory.value, today)
            if day is not None and day <= last:
                whose = "The user's" if memory.subject == "user" else f"The user's {memory.subject}'s"
                near.append((day, memory, f"{whose} birthday is {_soon(day, today)}."))
        elif memory.attribute == "plan" and memory.occurs_from is not None:
            near.append((max(memory.occurs_from, today), memory, memory.content))
    near.sort(key=lambda entry: (entry[0], entry[1].id))
    return [(memory, line) for _, memory, line in near[:MAX_NEAR]]


def _soon(day: date, today: date) -> str:
    """`today`, `tomorrow`, or `on 8 May 2026, in 5 days`."""
    days = (day - today).days
    return {0: "today", 1: f"tomorrow, {long_date(day)}"}.get(days, f"on {long_date(day)}, in {days} days")
