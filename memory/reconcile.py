"""Decides what a new fact means for those already known. Pure: records in, a decision out, no clock and no model.

In doubt two values differ: numbers, dates and names that are not written the same are never the same. Nothing is
overwritten; what no longer holds is closed and stays in the history.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from memory.records import Memory

Action = Literal["add", "refresh", "replace", "refine", "past", "close", "ignore"]
"""
add      nothing known says this: keep it beside what there is
refresh  known already, or implied by what is known: said again
replace  a new value of the same thing: close the old, open the new
refine   the same, told more closely ("Trondheim", "the Rosenborg part of Trondheim"): keep both
past     said before what is known began: keep it as what was true until then
close    a negation of what is known
ignore   a negation of nothing that is known
"""
SINGULAR = frozenset(
    """name called city home origin birthplace birthday birth-year age height job employer study diet car status
    length format tone emoji exclamation words address ending""".split()  # noqa: SIM905 - a word list reads best as words
)
"""Attributes that have one value at a time, whoever read the fact."""
PLURAL = frozenset(
    """like dislike allergy not-eaten not-drunk hobby language goal family preference plan event
    instruction""".split()  # noqa: SIM905
)
SINGLE_PEOPLE = frozenset(
    """mother mum mom father dad wife husband partner girlfriend boyfriend fiancé fiancée fiance fiancee spouse
    boss""".split()  # noqa: SIM905
)
"""Whom one has one of at a time. Of sisters, children and friends there may be several."""
NAMES = ("name", "called", "person", "pet")
"""Attributes whose value is a name: a fuller one takes the place of a shorter."""
OPPOSITES = {"like": ("dislike", "not-eaten"), "dislike": ("like",), "not-eaten": ("like",), "not-drunk": ("like",)}
"""Saying one takes the other back, for the same value."""
_ARTICLE = re.compile(r"^(?:the|a|an|my|our|some) ", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Decision:
    action: Action
    existing: tuple[Memory, ...] = ()
    """refresh: the one that says it. replace, close: those that end. refine: the one told more closely. past: what came
    after it."""
    closes: tuple[Memory, ...] = ()
    """Others that it takes back: the dislike that a like ends."""


def same_words(one: str, other: str) -> bool:
    """Equal but for case, spacing and end punctuation. Numbers, dates and names that differ are never the same."""
    return _plain(one) == _plain(other)


def same_value(one: str, other: str) -> bool:
    """Equal as values: articles, hyphens and the plural of a common noun apart. Never for a name or a number."""
    first, second = _value(one), _value(other)
    if first == second:
        return True
    if _is_named(one) or _is_named(other):
        return False
    return _stem(first) == _stem(second)


def is_plural(attribute: str, default: bool) -> bool:
    """Whether an attribute holds many values at once: by its name where that is known, else as the caller says."""
    if attribute in SINGULAR:
        return False
    if attribute in PLURAL:
        return True
    kind, _, of = attribute.partition(":")
    if kind == "person" and not default:
        return of not in SINGLE_PEOPLE
    return default


def reconcile(
    neighbours: Sequence[Memory],
    *,
    content: str,
    kind: str,
    subject: str,
    attribute: str,
    value: str,
    persona: str = "",
    plural: bool = False,
    negates: bool = False,
    instead_of: str = "",
    occurs: tuple[date, date] | None = None,
    said_at: datetime | None = None,
) -> Decision:
    """What to do with a new fact, given the current memories of the same subject or content.

    Args:
        plural: the attribute holds many values at once; `is_plural` overrules it for the attributes it knows.
        negates: it says that the value is not, or no longer, so.
        instead_of: the value that it corrects: "Hedwig, not Hedvig".
        occurs: first and last day of a plan or an event.
        said_at: when it was said; None for now. What was said before the known one began is past.
    """
    mine = [
        m
        for m in neighbours
        if m.persona == persona and m.valid_to is None and m.kind == kind and same_words(m.subject, subject)
    ]
    slot = [m for m in mine if attribute and m.attribute == attribute]
    if negates:
        ended = tuple(m for m in slot if speaks_of(m.value, value))
        return Decision(action="close" if ended else "ignore", existing=ended)
    if attribute in ("plan", "event"):
        return _reconcile_dated(slot, value=value, occurs=occurs, said_at=said_at)

    opposites = OPPOSITES.get(attribute, ())
    closes = [m for m in mine if m.attribute in opposites and value and same_value(m.value, value)]
    closes += [m for m in slot if instead_of and same_value(m.value, instead_of) and not same_words(m.value, value)]
    beside = [m for m in slot if m not in closes]

    for memory in mine:
        if same_words(memory.content, content):
            return Decision(action="refresh", existing=(memory,), closes=tuple(closes))
    for memory in beside:
        if value and same_value(memory.value, value):
            return Decision(action="refresh", existing=(memory,), closes=tuple(closes))
    if is_plural(attribute, plural) or not beside:
        if closes and not beside and not is_plural(attribute, plural):
            return Decision(action="replace", existing=tuple(closes))
        return Decision(action="add", closes=tuple(closes))

    named = attribute.partition(":")[0] in NAMES
    for memory in beside:
        if implies(memory.value, value) or (named and _starts(memory.value, value)):
            return Decision(action="refresh", existing=(memory,))
    if not named:
        known = tuple(m for m in beside if implies(value, m.value))
        if known:
            # Both levels are kept; a third value at the finer level takes the place of that level alone.
            finer = tuple(m for m in beside if m not in known)
            return Decision(action="refine", existing=known, closes=finer)
    later = [m for m in beside if said_at is not None and said_at < m.valid_from]
    if later:
        return Decision(action="past", existing=(min(later, key=lambda m: m.valid_from),))
    return Decision(action="replace", existing=tuple(beside))


def _reconcile_dated(
    slot: Sequence[Memory], *, value: str, occurs: tuple[date, date] | None, said_at: datetime | None
) -> Decision:
    """Plans and events: the same thing at the same time is the same; a plan that is put off replaces its old date."""
    for memory in slot:
        if not same_value(memory.value, value):
            continue
        if occurs is None or memory.occurs_from is None or (memory.occurs_from, memory.occurs_to) == occurs:
            return Decision(action="refresh", existing=(memory,))
        over = said_at is not None and memory.occurs_to is not None and memory.occurs_to < said_at.date()
        if memory.attribute == "plan" and not over:
            return Decision(action="replace", existing=(memory,))
    return Decision(action="add")


def speaks_of(known: str, said: str) -> bool:
    """Does a negation mean this value? "I sold the Saab" means the "old Saab 900"; "York" does not mean "New York"."""
    return not said or same_value(known, said) or implies(known, said)


def implies(fine: str, coarse: str) -> bool:
    """Is `fine` a closer telling of `coarse`? It holds the same words, with others set apart from them.

    "the Rosenborg part of Trondheim" of "Trondheim", "software engineer" of "engineer", "Saab 900" of "Saab"; but not
    "New York" of "York", and no number of another.
    """
    inner, outer = _ARTICLE.sub("", coarse.strip()), _ARTICLE.sub("", fine.strip())
    if not inner or len(outer) <= len(inner):
        return False
    match = re.search(rf"(?<!\w){re.escape(inner)}(?!\w)", outer, re.IGNORECASE)
    if match is None or re.search(
        r"\b(?:not|no|never|non|ex|former|old|except|without)\b", outer[: match.start()], re.IGNORECASE
    ):
        return bool(match) and bool(re.match(r"old ", outer, re.IGNORECASE))
    before, after = outer[: match.start()], outer[match.end() :]
    if re.search(r"[\w'’-]$", before) or re.match(r"[-'’]\w", after):
        return False
    if _is_named(inner):
        word_before = re.search(r"([\w'’-]+)\s+$", before)
        word_after = re.match(r"\s+([\w'’-]+)", after)
        # A capital right beside a capital is another name, unless a comma or a small word stands between.
        if word_before and word_before[1][0].isupper():
            return False
        if word_after and word_after[1][0].isupper():
            return False
        if re.search(r"\d\s*$", before) or (inner[-1].isdigit() and re.match(r"\s*[\d.:,]", after)):
            return False
    return True


def _starts(full: str, short: str) -> bool:
    """`Anna` starts `Anna Müller`: the same name, told shorter."""
    return _plain(full).startswith(f"{_plain(short)} ")


def _is_named(value: str) -> bool:
    """Holds a capital or a digit, as names, dates and numbers do."""
    return any(c.isupper() or c.isdigit() for c in value)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" .!?,;:\"'“”").casefold()


def _value(text: str) -> str:
    return re.sub(r"[-–]", " ", _ARTICLE.sub("", _plain(text).replace("&", "and"))).strip()


def _stem(text: str) -> str:
    """Without the plural of the last word: `peanut` for `peanuts`, `strawberry` for `strawberries`."""
    if text.endswith("ies") and len(text) > 5:
        return f"{text[:-3]}y"
    if text.endswith(("ss", "us", "is")) or len(text) < 4:
        return text
    return re.sub(r"(?<=[xzh])es$|(?<!s)s$", "", text)
