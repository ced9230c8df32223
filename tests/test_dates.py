"""Days, months and years out of what was written, against the day it was written on."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.dates import When, find_dates, in_words, next_birthday

SUNDAY = date(2026, 5, 3)


@pytest.mark.parametrize(
    ("text", "future", "past"),
    [
        ("next Friday", "2026-05-08", "2026-05-08"),
        ("on Friday", "2026-05-08", "2026-05-01"),
        ("last Tuesday", "2026-04-28", "2026-04-28"),
        ("tomorrow", "2026-05-04", "2026-05-04"),
        ("the day after tomorrow", "2026-05-05", "2026-05-05"),
        ("yesterday evening", "2026-05-02", "2026-05-02"),
        ("tonight", "2026-05-03", "2026-05-03"),
        ("in July", "2026-07", "2025-07"),
        ("in May", "2026-05", "2026-05"),
        ("since January", "2026-01", "2026-01"),
        ("since March 2021", "2021-03", "2021-03"),
        ("in 2018", "2018", "2018"),
        ("on 20 June 2027", "2027-06-20", "2027-06-20"),
        ("on May 21st", "2026-05-21", "2025-05-21"),
        ("the 21st of December", "2026-12-21", "2025-12-21"),
        ("on 2026-06-12", "2026-06-12", "2026-06-12"),
        ("from 10 to 24 August", "2026-08-10/2026-08-24", "2025-08-10/2025-08-24"),
        ("next weekend", "2026-05-09/2026-05-10", "2026-05-09/2026-05-10"),
        ("last week", "2026-04-20/2026-04-26", "2026-04-20/2026-04-26"),
        ("next month", "2026-06", "2026-06"),
        ("next year", "2027", "2027"),
        ("last summer", "2025-06/2025-08", "2025-06/2025-08"),
        ("in two weeks", "2026-05-17", "2026-05-17"),
        ("three months ago", "2026-02-03", "2026-02-03"),
        ("over Christmas", "2026-12-25", "2025-12-25"),
    ],
)
def test_a_time_is_read_against_the_day_it_was_said(text: str, future: str, past: str) -> None:
    (found,) = find_dates(f"it is {text} or so", SUNDAY)
    assert (str(found.future), str(found.past)) == (future, past)


def test_next_friday_is_that_of_next_week_and_on_friday_the_nearest() -> None:
    tuesday = date(2026, 5, 5)
    assert str(find_dates("next Friday", tuesday)[0].future) == "2026-05-15"
    assert str(find_dates("on Friday", tuesday)[0].future) == "2026-05-08"


@pytest.mark.parametrize(
    "text", ["I may march on", "the second of them", "31 June", "room 2019", "on Sundays", "a maybe"]
)
def test_words_that_only_look_like_dates_are_none(text: str) -> None:
    assert find_dates(text, SUNDAY) == []


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 5, 8), date(2026, 5, 8), "on 8 May 2026"),
        (date(2026, 7, 1), date(2026, 7, 31), "in July 2026"),
        (date(2027, 1, 1), date(2027, 12, 31), "in 2027"),
        (date(2026, 5, 9), date(2026, 5, 10), "from 9 to 10 May 2026"),
        (date(2025, 6, 1), date(2025, 8, 31), "from June to August 2025"),
    ],
)
def test_a_time_is_told_as_people_tell_it(first: date, last: date, words: str) -> None:
    assert in_words(When(first, last)) == words


def test_a_birthday_comes_round_every_year() -> None:
    assert next_birthday("3 May", SUNDAY) == SUNDAY
    assert next_birthday("2 May", SUNDAY) == date(2027, 5, 2)
    assert next_birthday("29 February", date(2027, 1, 1)) == date(2027, 2, 28)
    assert next_birthday("soon", SUNDAY) is None


@given(
    st.text("0123456789 abcdefghijklmnopqrstuvwxyzMJF.-/'", max_size=80),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
)
def test_any_text_on_any_day_is_read_without_a_fault(text: str, today: date) -> None:
    for found in find_dates(text, today):
        assert found.future.first <= found.future.last
        assert found.past.first <= found.past.last
        assert 0 <= found.start < found.end <= len(text)
