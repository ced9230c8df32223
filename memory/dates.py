"""Finds the times that a question names: "on 3 June 2023", "last May", "two weeks ago". Pure: text and a clock's now in.

English only, and only forms that leave little doubt; a question in other words is searched without its date. Written
out rather than left to a parser of any text, because what is wanted is the period ("May" is 31 days) and because such
parsers find dates in "march on" and "may I".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

MONTHS = (
    ("january", "jan"),
    ("february", "feb"),
    ("march", "mar"),
    ("april", "apr"),
    ("may",),
    ("june", "jun"),
    ("july", "jul"),
    ("august", "aug"),
    ("september", "sept", "sep"),
    ("october", "oct"),
    ("november", "nov"),
    ("december", "dec"),
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""First month, as north of the equator."""
_COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBERS = {word: n for n, word in enumerate(_COUNTED, 1)} | {"a": 1, "an": 1, "a couple of": 2, "a few": 3}
HALF_LIFE = timedelta(days=7)
_MONTH_NUMBER = {name: number for number, names in enumerate(MONTHS, 1) for name in names}
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True)) + r")\b\.?"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_LEAD = r"(?:in|during|of|since|by|until|till|before|after|last|this|early|late|mid|from|between|and)"
_JOINS = re.compile("and|from|between", re.IGNORECASE)
_COUNT = r"(?P<count>\d{1,3}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + r")"
_FORMS = tuple(
    (kind, re.compile(rf"\b(?:{form})", re.IGNORECASE))
    for kind, form in (
        ("day", rf"(?P<year>(?:19|20)\d\d)-(?P<month_number>[01]\d)-{_DAY}\b"),
        ("day", rf"{_DAY}(?:\s+of)?\s+{_MONTH}(?:,?\s+{_YEAR})?\b"),
        ("day", rf"{_MONTH}\s+{_DAY}\b(?!\s*(?:%|people|times|of\b))(?:,?\s+{_YEAR})?\b"),
        ("month", rf"{_MONTH}(?:\s+of)?,?\s+{_YEAR}\b"),
        ("month", rf"{_LEAD}\s+{_MONTH}(?!\w)"),
        ("season", rf"(?P<season>{'|'.join(SEASONS)})(?:\s+of)?,?\s+{_YEAR}\b"),
        ("season", rf"(?P<which>last|this)\s+(?P<season>{'|'.join(SEASONS)})\b"),
        ("year", rf"(?:in|during|since|of|before|after|from|until)\s+{_YEAR}\b"),
        ("ago", rf"{_COUNT}\s+(?P<unit>day|week|month|year)s?\s+ago\b"),
        ("past", rf"(?:last|past|previous)\s+{_COUNT}\s+(?P<unit>day|week|month|year)s?\b"),
        ("last", r"(?P<which>last|this|previous)\s+(?P<unit>week|month|year|weekend)\b"),
        ("weekday", rf"(?:last|on)\s+(?P<weekday>{'|'.join(DAYS)})\b"),
        ("near", r"(?P<near>today|yesterday|the day before yesterday)\b"),
    )
)
_OFFSET = re.compile(
    rf"\b(?:the|{_COUNT})\s+(?P<unit>day|week|weekend|month|year)s?\s+(?P<side>before|after)\s+$", re.IGNORECASE
)
_SPANS = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True, kw_only=True)
class Period:
    """Half-open, in UTC: `start` is in it, `end` is not."""

    start: datetime
    end: datetime


def periods(text: str, now: datetime) -> list[Period]:
    """The times that a text names, in the order in which it names them. A day without a year is the last one gone by."""
    found = [period for _, period in _found(text, now)]
    if len(found) == 2 and re.search(r"\b(?:between|from)\b", text, re.IGNORECASE):
        first, last = found
        start = first.start
        if start >= last.end and (start.month, start.day) != (2, 29):
            # "Between 11 August and 15 August 2025": the year is said once.
            start = start.replace(year=last.start.year)
        if start < last.end:
            return [Period(start=start, end=last.end)]
    return found


def without_dates(text: str, now: datetime) -> str:
    """The text without the words that name a time."""
    for (start, end), _ in sorted(_found(text, now), key=lambda hit: -hit[0][0]):
        text = f"{text[:start]} {text[end:]}"
    return text


def nearness(moment: datetime, named: Sequence[Period]) -> float:
    """1 within a named period, and less the longer after it; 0 before all of them.

    Things are told after they happened: half as surely a week later, or after as long again as the period is.
    """
    best = 0.0
    for period in named:
        if moment >= period.start:
            half_life = max(HALF_LIFE, period.end - period.start)
            best = max(best, 2.0 ** -max(0.0, (moment - period.end) / half_life))
    return best


def _found(text: str, now: datetime) -> list[tuple[tuple[int, int], Period]]:
    taken: list[tuple[int, int]] = []
    hits: list[tuple[tuple[int, int], Period]] = []
    for kind, form in _FORMS:
        for match in form.finditer(text):
            span = match.span()
            if any(span[0] < end and start < span[1] for start, end in taken) or _is_a_verb(match):
                continue
            period = next(_period(kind, match.groupdict(), now), None)
            if period is not None:
                begins, period = _shifted(text, span[0], period)
                taken.append((begins, span[1]))
                hits.append(((begins, span[1]), period))
    return sorted(hits, key=lambda hit: hit[0])


def _shifted(text: str, start: int, period: Period) -> tuple[int, Period]:
    """ "two weeks before 3 June": from two weeks before until that day, on which it may well be told."""
    match = _OFFSET.search(text[:start])
    if match is None:
        return start, period
    away = timedelta(days=_number(match["count"]) * _SPANS[match["unit"].lower().removesuffix("end")])
    if match["side"].lower() == "before":
        return match.start(), Period(start=period.start - away, end=period.end)
    return match.start(), Period(start=period.start, end=period.end + away)


def _is_a_verb(match: re.Match[str]) -> bool:
    """ "And may I", "from march to war": not a month, unless it has a capital or something that makes it a time."""
    groups = match.groupdict()
    written_small = (groups.get("month") or "") in ("may", "march", "mar")
    return written_small and not (groups.get("day") or groups.get("year")) and bool(_JOINS.match(match[0]))


def _period(kind: str, groups: dict[str, str | None], now: datetime) -> Iterator[Period]:
    """One period, or none where the numbers are no date."""
    today = now.astimezone(UTC).date()
    year = int(groups.get("year") or 0)
    month = _MONTH_NUMBER.get((groups.get("month") or "").lower(), int(groups.get("month_number") or 0))
    unit = (groups.get("unit") or "").lower()
    try:
        if kind == "day":
            day = date(year or today.year, month, int(groups["day"] or 0))
            if not year and day > today:
                day = day.replace(year=today.year - 1)
            yield _days(day, 1)
        elif kind == "month":
            yield _months(year or (today.year if month <= today.month else today.year - 1), month, 1)
        elif kind == "season":
            first = SEASONS[(groups["season"] or "").lower()]
            if not year:
                year = today.year if first <= today.month else today.year - 1
                if (groups["which"] or "").lower() == "last" and date(year, first, 1) + timedelta(90) > today:
                    year -= 1
            yield _months(year, first, 3)
        elif kind == "year":
            yield _months(year, 1, 12)
        elif kind == "ago":
            # "Two weeks ago" is about two weeks ago.
            span = _SPANS[unit]
            back = _number(groups["count"]) * span
            yield _days(today - timedelta(back + span // 2), max(1, span))
        elif kind == "past":
            back = _number(groups["count"]) * _SPANS[unit]
            yield _days(today - timedelta(back), back + 1)
        elif kind == "last":
            yield _named_span(unit, (groups["which"] or "").lower() == "this", today)
        elif kind == "weekday":
            back = (today.weekday() - DAYS.index((groups["weekday"] or "").lower())) % 7
            yield _days(today - timedelta(back or 7), 1)
        else:
            back = {"today": 0, "yesterday": 1}.get((groups["near"] or "").lower(), 2)
            yield _days(today - timedelta(back), 1)
    except (ValueError, OverflowError):
        return


def _named_span(unit: str, this: bool, today: date) -> Period:
    if unit == "month":
        last = today.replace(day=1) - timedelta(1)
        return _months(today.year, today.month, 1) if this else _months(last.year, last.month, 1)
    if unit == "year":
        return _months(today.year - (not this), 1, 12)
    monday = today - timedelta(today.weekday() + (0 if this else 7))
    return _days(monday + timedelta(5), 2) if unit == "weekend" else _days(monday, 7)


def _number(text: str | None) -> int:
    word = (text or "a").lower()
    return NUMBERS[word] if word in NUMBERS else int(word)


def _days(first: date, count: int) -> Period:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return Period(start=start, end=start + timedelta(days=count))


def _months(year: int, month: int, count: int) -> Period:
    last = year * 12 + month - 1 + count
    return Period(start=datetime(year, month, 1, tzinfo=UTC), end=datetime(last // 12, last % 12 + 1, 1, tzinfo=UTC))
