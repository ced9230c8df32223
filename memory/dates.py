"""Reads days, months and years out of what somebody wrote. One core, two readers. Pure: text and a clock's day in; English.

A *statement* ("I'm off to Crete in August", `find_dates`) names a time to come as often as one gone: what is found
carries both answers, the nearest to come and the nearest gone, because where no year is given the tense decides. "Next
Friday" is the Friday of the week after this one, weeks beginning on Monday; "on Friday" is the nearest.

A *question* about what is remembered ("what did I plant last May?", `periods`) asks about what has been, and about a
period rather than a day. Only forms that leave little doubt are read; a question in other words is searched without its
date. Written out rather than left to a parser of any text, because such parsers find dates in "march on" and "may I".
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from memory.errors import NoSuchDay

# --- the calendar, for both ---------------------------------------------------------------------------------------

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The month a season begins with, in the north; each lasts three."""
FEASTS = {"christmas": (12, 25), "new year's eve": (12, 31), "new year": (1, 1), "halloween": (10, 31)}
_COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBERS = {word: n for n, word in enumerate(_COUNTED, 1)} | {"a": 1, "an": 1, "a couple of": 2, "a few": 3}
MONTH_NUMBERS = {
    name: number
    for number, month in enumerate(MONTHS, 1)
    for name in (month.lower(), month[:3].lower(), *(["sept"] if number == 9 else []))
}
"""By full and short name, in small letters."""
_MONTH = r"(?P<month>" + "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True)) + r")\b\.?"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_OR_YEAR = rf"(?:,? {_YEAR})?"
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"
_COUNT = r"(?P<count>\d{1,3}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + r")"
_UNIT = r"(?P<unit>day|week|fortnight|month|year)s?"
_PART = r"(?: (?:morning|afternoon|evening|night|lunchtime))?"
_SPANS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}


def long_date(day: date) -> str:
    """`21 November 2026`: unambiguous, and the same in every locale."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


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
        whole = first.day == 1 and last.day == _last_day(last)
        if whole and (first.month, last.month) == (1, 12) and first.year == last.year:
            return f"{first.year}"
        if whole and (first.year, first.month) == (last.year, last.month):
            return f"{first:%Y-%m}"
        return f"{first:%Y-%m}/{last:%Y-%m}" if whole else f"{first}/{last}"


def month_of(year: int, month: int, length: int = 1) -> When:
    """`length` whole months."""
    last = date(year + (month + length - 2) // 12, (month + length - 2) % 12 + 1, 1)
    return When(date(year, month, 1), last.replace(day=_last_day(last)))


def _last_day(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _number(text: str | None) -> int:
    word = (text or "a").lower()
    return NUMBERS[word] if word in NUMBERS else int(word)


def _weekday(name: str) -> int:
    return [day.lower() for day in WEEKDAYS].index(name.lower())


# --- statements ---------------------------------------------------------------------------------------------------


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
        one = last in ("", first)
        what = f"“{first}” is not a day. Write it" if one else f"“{first}” to “{last}” are not two days. Write them"
        raise NoSuchDay(f"{what} like 2026-05-03.") from error
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


Both = tuple[When, When]


def _one(day: date) -> Both:
    return When(day, day), When(day, day)


def _same(when: When) -> Both:
    return when, when


def _by_year(build: Callable[[int], When], today: date) -> Both:
    """What comes round every year: the nearest that is not over, and the nearest that has begun."""
    years = [build(year) for year in range(today.year - 1, today.year + 2)]
    future = next(when for when in years if when.last >= today)
    past = next(when for when in reversed(years) if when.first <= today)
    return future, past


def _read_range(match: re.Match[str], today: date) -> Both:
    month = MONTH_NUMBERS[match["month"].lower()]
    begins = MONTH_NUMBERS[match["month2"].lower()] if match["month2"] else month

    def build(year: int) -> When:
        return When(date(year, begins, int(match["from"])), date(year, month, int(match["day"])))

    return _same(build(int(match["year"]))) if match["year"] else _by_year(build, today)


def _read_day(match: re.Match[str], today: date) -> Both:
    month, day = MONTH_NUMBERS[match["month"].lower()], int(match["day"])

    def build(year: int) -> When:
        found = date(year, month, day)
        return When(found, found)

    return _same(build(int(match["year"]))) if match["year"] else _by_year(build, today)


def _read_iso(match: re.Match[str], _today: date) -> Both:
    return _one(date(int(match["year"]), int(match["m"]), int(match["d"])))


def _read_month(match: re.Match[str], today: date) -> Both:
    month = MONTH_NUMBERS[match["month"].lower()]
    if match["year"]:
        return _same(month_of(int(match["year"]), month))
    return _by_year(lambda year: month_of(year, month), today)


def _read_year(match: re.Match[str], _today: date) -> Both:
    year = int(match["year"])
    return _same(When(date(year, 1, 1), date(year, 12, 31)))


def _read_near(match: re.Match[str], today: date) -> Both:
    word = match["near"].lower()
    away = {"day after tomorrow": 2, "day before yesterday": -2, "tomorrow": 1, "yesterday": -1, "last night": -1}
    return _one(today + timedelta(days=next((n for name, n in away.items() if name in word), 0)))


def _read_weekday(match: re.Match[str], today: date) -> Both:
    which = (match["which"] or "").strip().lower()
    number = _weekday(match["weekday"])
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
        return _same(month_of(months // 12, months % 12 + 1))
    if span == "year":
        return _same(month_of(today.year + step, 1, 12))
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
    return _by_year(lambda year: month_of(year, SEASONS[name], 3), today)


def _read_season(match: re.Match[str], today: date) -> Both:
    return _season(match["season"].lower(), today)


def _read_count(match: re.Match[str], today: date) -> Both:
    count = _number(match["count"])
    sign = -1 if match["ago"] else 1
    unit = match["unit"].lower()
    if unit in ("day", "week", "fortnight"):
        return _one(today + timedelta(days=sign * count * _SPANS[unit]))
    months = today.year * 12 + today.month - 1 + sign * count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    if unit == "year":
        return _same(month_of(year, 1, 12))
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
            rf"(?: (?P<month2>{'|'.join(MONTHS)}))? ?(?:to|until|till|and|-|–) ?(?:the )?{_DAY}(?: of)? {_MONTH}{_OR_YEAR}"
        ),
        _read_range,
    ),
    (_compile(rf"(?:on |by |since )?(?:the )?{_DAY}(?: of)? {_MONTH}{_OR_YEAR}"), _read_day),
    (_compile(rf"(?:on |by |since )?{_MONTH} (?:the )?{_DAY}(?!\d){_OR_YEAR}"), _read_day),
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


# --- questions ----------------------------------------------------------------------------------------------------

HALF_LIFE = timedelta(days=7)
_LEAD = r"(?:in|during|of|since|by|until|till|before|after|last|this|early|late|mid|from|between|and)"
_JOINS = re.compile("and|from|between", re.IGNORECASE)
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
        ("weekday", rf"(?:last|on)\s+(?P<weekday>{'|'.join(WEEKDAYS)})\b"),
        ("near", r"(?P<near>today|yesterday|the day before yesterday)\b"),
    )
)
_OFFSET = re.compile(
    rf"\b(?:the|{_COUNT})\s+(?P<unit>day|week|weekend|month|year)s?\s+(?P<side>before|after)\s+$", re.IGNORECASE
)


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
    month = MONTH_NUMBERS.get((groups.get("month") or "").lower(), int(groups.get("month_number") or 0))
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
            back = (today.weekday() - _weekday(groups["weekday"] or "")) % 7
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


def _days(first: date, count: int) -> Period:
    return _period_of(When(first, first + timedelta(days=count - 1)))


def _months(year: int, month: int, count: int) -> Period:
    return _period_of(month_of(year, month, count))


def _period_of(when: When) -> Period:
    start = datetime.combine(when.first, time(), UTC)
    return Period(start=start, end=datetime.combine(when.last + timedelta(days=1), time(), UTC))
