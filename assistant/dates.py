"""Reads days, months and years out of what somebody wrote, against the day they wrote it. Pure; English.

"Next Friday" is the Friday of the week after this one, weeks beginning on Monday; "on Friday" is the nearest. Where no
year is given the tense decides, so what is found carries both answers: the nearest to come and the nearest gone.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from assistant.errors import AttuneError
from assistant.prompt import MONTHS, long_date

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The month a season begins with, in the north; each lasts three."""
FEASTS = {"christmas": (12, 25), "new year's eve": (12, 31), "new year": (1, 1), "halloween": (10, 31)}
NUMBERS = dict(
    zip(
        ["a", "an", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        (1, 1, *range(1, 13)),
        strict=True,
    )
)
FIRST_YEAR, LAST_YEAR = 1900, 2100


class NoSuchDay(AttuneError):
    """Not a day, or the last before the first."""


@dataclass(frozen=True)
class When:
    """From a first to a last day, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        """`2026-05-08`, `2026-07`, `2027`, or `2026-05-09/2026-05-10`."""
        first, last = self.first, self.last
        if first == last:
            return first.isoformat()
        whole = first.day == 1 and last.day == _days(last)
        if whole and (first.month, last.month) == (1, 12) and first.year == last.year:
            return f"{first.year}"
        if whole and (first.year, first.month) == (last.year, last.month):
            return f"{first:%Y-%m}"
        return f"{first:%Y-%m}/{last:%Y-%m}" if whole else f"{first}/{last}"


@dataclass(frozen=True, kw_only=True)
class FoundDate:
    """A stretch of text that names a time. `future` and `past` differ only where the text leaves it open."""

    start: int
    end: int
    future: When
    past: When
    since: bool = False


def in_words(when: When) -> str:
    """`on 8 May 2026`, `in July 2026`, `in 2027`, `from 9 to 10 May 2026`."""
    first, last = when.first, when.last
    if first == last:
        return f"on {long_date(first)}"
    text = str(when)
    if re.fullmatch(r"\d{4}", text):
        return f"in {text}"
    if re.fullmatch(r"\d{4}-\d\d", text):
        return f"in {MONTHS[first.month - 1]} {first.year}"
    if re.fullmatch(r"[\d-]{7}/[\d-]{7}", text):
        year = "" if first.year == last.year else f" {first.year}"
        return f"from {MONTHS[first.month - 1]}{year} to {MONTHS[last.month - 1]} {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"from {first.day} to {long_date(last)}"
    return f"from {long_date(first)} to {long_date(last)}"


def next_birthday(day_of_year: str, today: date) -> date | None:
    """The next time a day like `3 May` comes round, today included; None when it is no such day."""
    match = re.fullmatch(rf"(\d{{1,2}}) ({'|'.join(MONTHS)})", day_of_year)
    if match is None:
        return None
    month = MONTHS.index(match[2]) + 1
    for year in (today.year, today.year + 1):
        # Who was born on 29 February has a birthday every year.
        found = date(year, month, min(int(match[1]), calendar.monthrange(year, month)[1]))
        if found >= today:
            return found
    return None


def local_days(first: str, last: str) -> tuple[datetime, datetime]:
    """From the start of the first day to the end of the last, both as `2026-05-03`, on this machine's clock.

    Raises:
        NoSuchDay
    """
    try:
        begin, end = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError as error:
        raise NoSuchDay(f"“{first}” to “{last or first}” are not two days. Write them like 2026-05-03.") from error
    if end < begin:
        raise NoSuchDay(f"{last} is before {first}. Give the first day first.")
    return (
        datetime.combine(begin, time()).astimezone(),
        datetime.combine(end + timedelta(days=1), time()).astimezone(),
    )


def find_dates(text: str, today: date) -> list[FoundDate]:
    """The times that a text names, in order, the longest reading of each place."""
    taken: list[FoundDate] = []
    for pattern, read in _READERS:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in taken):
                continue
            try:
                both = read(match, today)
            except (ValueError, OverflowError):
                continue  # 31 June is no day, and no reason to read nothing else
            if both is not None:
                since = match[0].lower().startswith("since")
                future, past = both
                taken.append(
                    FoundDate(
                        start=match.start(), end=match.end(), future=past if since else future, past=past, since=since
                    )
                )
    return sorted(taken, key=lambda found: found.start)


# --- how it is said -----------------------------------------------------------------------------------------------

Both = tuple[When, When]
_MONTH = rf"(?P<month>{'|'.join(m[:3] if len(m) < 4 else f'{m[:3]}(?:{m[3:]})?' for m in MONTHS)}|sept)\b\.?"
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?P<year>(?:19|20)\d\d))?"
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(NUMBERS)})"
_UNIT = r"(?P<unit>day|week|fortnight|month|year)s?"
_PART = r"(?: (?:morning|afternoon|evening|night|lunchtime))?"


def _days(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _month_number(name: str) -> int:
    return next(n for n, month in enumerate(MONTHS, start=1) if month.lower().startswith(name.lower()[:3]))


def _one(day: date) -> Both:
    return When(day, day), When(day, day)


def _same(when: When) -> Both:
    return when, when


def _month_of(year: int, month: int, length: int = 1) -> When:
    """`length` whole months."""
    last = date(year + (month + length - 2) // 12, (month + length - 2) % 12 + 1, 1)
    return When(date(year, month, 1), last.replace(day=_days(last)))


def _by_year(build: Callable[[int], When], today: date) -> Both:
    """What comes round every year: the nearest that is not over, and the nearest that has begun."""
    years = [build(year) for year in range(today.year - 1, today.year + 2)]
    future = next(when for when in years if when.last >= today)
    past = next(when for when in reversed(years) if when.first <= today)
    return future, past


def _read_range(match: re.Match[str], today: date) -> Both:
    month = _month_number(match["month"])
    begins = _month_number(match["month2"]) if match["month2"] else month

    def build(year: int) -> When:
        return When(date(year, begins, int(match["from"])), date(year, month, int(match["day"])))

    return _same(build(int(match["year"]))) if match["year"] else _by_year(build, today)


def _read_day(match: re.Match[str], today: date) -> Both:
    month, day = _month_number(match["month"]), int(match["day"])

    def build(year: int) -> When:
        found = date(year, month, day)
        return When(found, found)

    return _same(build(int(match["year"]))) if match["year"] else _by_year(build, today)


def _read_iso(match: re.Match[str], _today: date) -> Both:
    return _one(date(int(match["year"]), int(match["m"]), int(match["d"])))


def _read_month(match: re.Match[str], today: date) -> Both:
    month = _month_number(match["month"])
    if match["year"]:
        return _same(_month_of(int(match["year"]), month))
    return _by_year(lambda year: _month_of(year, month), today)


def _read_year(match: re.Match[str], _today: date) -> Both:
    year = int(match["year"])
    return _same(When(date(year, 1, 1), date(year, 12, 31)))


def _read_near(match: re.Match[str], today: date) -> Both:
    word = match["near"].lower()
    away = {"day after tomorrow": 2, "day before yesterday": -2, "tomorrow": 1, "yesterday": -1, "last night": -1}
    return _one(today + timedelta(days=next((n for name, n in away.items() if name in word), 0)))


def _read_weekday(match: re.Match[str], today: date) -> Both:
    which = (match["which"] or "").strip().lower()
    number = [day.lower() for day in WEEKDAYS].index(match["weekday"].lower())
    monday = today - timedelta(days=today.weekday())
    coming = today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    gone = today - timedelta(days=(today.weekday() - number - 1) % 7 + 1)
    if which == "next":
        return _one(monday + timedelta(days=7 + number))
    if which == "last":
        return _one(gone)
    return When(coming, coming), When(gone, gone)


def _read_span(match: re.Match[str], today: date) -> Both:
    """This, next or last week, weekend, month, year or season."""
    step = {"this": 0, "this coming": 0, "next": 1, "last": -1}[match["which"].lower()]
    span = match["span"].lower()
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * step)
    if span == "week":
        return _same(When(monday, monday + timedelta(days=6)))
    if span == "weekend":
        return _same(When(monday + timedelta(days=5), monday + timedelta(days=6)))
    if span == "month":
        months = today.year * 12 + today.month - 1 + step
        return _same(_month_of(months // 12, months % 12 + 1))
    if span == "year":
        return _same(_month_of(today.year + step, 1, 12))
    future, past = _season(span, today)
    if step > 0:
        # "Next summer" while it is summer is the one after.
        begun = future.first <= today
        return _same(_season(span, future.last + timedelta(days=1))[0] if begun else future)
    if step < 0:
        begun = past.last >= today
        return _same(_season(span, past.first - timedelta(days=1))[1] if begun else past)
    return future, past


def _read_day_of_month(match: re.Match[str], today: date) -> Both:
    """The nearest months that have such a day: "on the 14th"."""
    months = [divmod(today.year * 12 + today.month - 1 + step, 12) for step in range(-2, 3)]
    days = [
        date(year, month + 1, int(match["day"]))
        for year, month in months
        if int(match["day"]) <= calendar.monthrange(year, month + 1)[1]
    ]
    coming, gone = next(day for day in days if day >= today), next(day for day in reversed(days) if day <= today)
    return When(coming, coming), When(gone, gone)


def _read_week_after(_match: re.Match[str], today: date) -> Both:
    monday = today - timedelta(days=today.weekday()) + timedelta(days=14)
    return _same(When(monday, monday + timedelta(days=6)))


def _season(name: str, today: date) -> Both:
    return _by_year(lambda year: _month_of(year, SEASONS[name], 3), today)


def _read_season(match: re.Match[str], today: date) -> Both:
    return _season(match["season"].lower(), today)


def _read_count(match: re.Match[str], today: date) -> Both:
    count = NUMBERS.get(match["count"].lower()) or int(match["count"])
    sign = -1 if match["ago"] else 1
    unit = match["unit"].lower()
    if unit in ("day", "week", "fortnight"):
        return _one(today + timedelta(days=sign * count * {"day": 1, "week": 7, "fortnight": 14}[unit]))
    months = today.year * 12 + today.month - 1 + sign * count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    if unit == "year":
        return _same(_month_of(year, 1, 12))
    return _one(date(year, month, min(today.day, calendar.monthrange(year, month)[1])))


def _read_feast(match: re.Match[str], today: date) -> Both:
    month, day = FEASTS[match["feast"].lower()]
    return _by_year(lambda year: When(date(year, month, day), date(year, month, day)), today)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b{pattern}(?!\w)", re.IGNORECASE)


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Both | None]], ...] = (
    (
        _compile(
            r"(?:from |between )?(?:the )?(?P<from>\d{1,2})(?:st|nd|rd|th)?"
            rf"(?: (?P<month2>{'|'.join(MONTHS)}))? ?(?:to|until|till|and|-|–) ?(?:the )?{_DAY}(?: of)? {_MONTH}{_YEAR}"
        ),
        _read_range,
    ),
    (_compile(rf"(?:on |by |since )?(?:the )?{_DAY}(?: of)? {_MONTH}{_YEAR}"), _read_day),
    (_compile(rf"(?:on |by |since )?{_MONTH} (?:the )?{_DAY}(?!\d){_YEAR}"), _read_day),
    (_compile(r"(?:on |by |since )?(?P<year>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)"), _read_iso),
    (_compile(r"(?:on|by|since) the (?P<day>\d{1,2})(?:st|nd|rd|th)"), _read_day_of_month),
    (
        _compile(rf"(?:in|since|until|by|for|back in)(?: early| late| mid)? {_MONTH}(?: (?P<year>(?:19|20)\d\d))?"),
        _read_month,
    ),
    (_compile(r"(?P<near>(?:in )?the week after next)"), _read_week_after),
    (_compile(rf"(?:this|next|last) {_MONTH}(?P<year>)"), _read_month),
    (_compile(r"(?:in|since|back in|during)(?: early| late| about| around)? (?P<year>(?:19|20)\d\d)"), _read_year),
    (
        _compile(
            r"(?P<near>(?:the )?day after tomorrow|(?:the )?day before yesterday"
            rf"|(?:tomorrow|yesterday){_PART}|tonight|last night|today|this (?:morning|afternoon|evening))"
        ),
        _read_near,
    ),
    (_compile(rf"(?:on )?(?P<which>next |last |this |this coming |coming |on ){_WEEKDAY}{_PART}"), _read_weekday),
    (
        _compile(
            rf"(?:since )?(?P<which>this|next|last|this coming) (?P<span>weekend|week|month|year|{'|'.join(SEASONS)})"
        ),
        _read_span,
    ),
    (_compile(rf"(?:in|during)(?: early| late)?(?: the)? (?P<season>{'|'.join(SEASONS)})"), _read_season),
    (_compile(rf"in (?:about )?{_COUNT} {_UNIT}(?:' time|’ time|'s time)?(?P<ago>)"), _read_count),
    (_compile(rf"(?:about )?{_COUNT} {_UNIT} (?P<ago>ago)"), _read_count),
    (_compile(rf"(?P<ago>since) (?:about )?{_COUNT} {_UNIT}"), _read_count),
    (_compile(rf"(?:over|at|for|on|this|around) (?P<feast>{'|'.join(FEASTS)})"), _read_feast),
)
