"""Times that questions name: read where they are plain, left alone where they are not."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.dates import Period, When, find_dates, long_date, nearness, periods

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)  # a Saturday


def spans(text: str) -> list[tuple[str, str]]:
    """First and last day of each period."""
    return [(f"{p.start:%Y-%m-%d}", f"{p.end - timedelta(days=1):%Y-%m-%d}") for p in periods(text, NOW)]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("What did I plant on 3 June 2023?", "2023-06-03", "2023-06-03"),
        ("What did I plant on the 3rd of June, 2023?", "2023-06-03", "2023-06-03"),
        ("What happened on May 7, 2023?", "2023-05-07", "2023-05-07"),
        ("what did I say on 2024-02-29", "2024-02-29", "2024-02-29"),
        ("Who came on 24 December?", "2025-12-24", "2025-12-24"),
        ("Who came on November 20th?", "2026-11-20", "2026-11-20"),
        ("What did I read in May 2023?", "2023-05-01", "2023-05-31"),
        ("what did I read in march?", "2026-03-01", "2026-03-31"),
        ("What did I read in December?", "2025-12-01", "2025-12-31"),
        ("And last May?", "2026-05-01", "2026-05-31"),
        ("Where were we in summer 2024?", "2024-06-01", "2024-08-31"),
        ("Where did we go last winter?", "2025-12-01", "2026-02-28"),
        ("What did I write in 2019?", "2019-01-01", "2019-12-31"),
        ("What did I say two weeks ago?", "2026-11-04", "2026-11-10"),
        ("What did I say 3 days ago?", "2026-11-18", "2026-11-18"),
        ("In the last three days, what did I eat?", "2026-11-18", "2026-11-21"),
        ("What was planned last week?", "2026-11-09", "2026-11-15"),
        ("What was planned last weekend?", "2026-11-14", "2026-11-15"),
        ("What was planned this month?", "2026-11-01", "2026-11-30"),
        ("What was planned last month?", "2026-10-01", "2026-10-31"),
        ("What was planned last year?", "2025-01-01", "2025-12-31"),
        ("Who called on Friday?", "2026-11-20", "2026-11-20"),
        ("Who called last Saturday?", "2026-11-14", "2026-11-14"),
        ("Who called yesterday?", "2026-11-20", "2026-11-20"),
        ("Where was I between August 11 and August 15 2025?", "2025-08-11", "2025-08-15"),
        ("What did I do two weeks before 20 May 2026?", "2026-05-06", "2026-05-20"),
        ("What did I do the week after 20 May 2026?", "2026-05-20", "2026-05-27"),
    ],
)
def test_a_named_time_is_found(text: str, first: str, last: str) -> None:
    found = spans(text)
    assert (found[0][0], found[-1][1]) == (first, last)


def test_two_ends_make_one_period() -> None:
    assert spans("What did I eat from 3 May 2026 to 9 May 2026?") == [("2026-05-03", "2026-05-09")]


@pytest.mark.parametrize(
    "text",
    [
        "May I ask what my dog is called?",
        "it may rain",
        "We march on. And I march in rows.",
        "and may I go from march to march",
        "What is 31 February?",
        "I have 3 sons and 2000 books",
        "Is there a second hand on Jan's watch?",
        "",
    ],
)
def test_what_is_no_time_is_left_alone(text: str) -> None:
    assert periods(text, NOW) == []


def test_a_day_counts_fully_and_the_days_after_it_less_and_less() -> None:
    day = periods("on 3 June 2023", NOW)
    at = lambda days: nearness(datetime(2023, 6, 3, 12, tzinfo=UTC) + timedelta(days=days), day)  # noqa: E731
    assert at(0) == 1
    assert at(-1) == 0
    assert at(7.5) == pytest.approx(0.5)
    assert 0 < at(60) < at(7) < 1
    assert nearness(NOW, []) == 0


def test_after_a_month_a_week_means_less_than_after_a_day() -> None:
    later = datetime(2023, 7, 8, tzinfo=UTC)
    assert nearness(later, periods("in June 2023", NOW)) > nearness(later, periods("on 30 June 2023", NOW))


@given(st.text(max_size=200), st.datetimes(datetime(1, 1, 9), datetime(9998, 1, 1), timezones=st.just(UTC)))
def test_any_text_at_any_time_is_read_without_a_fault(text: str, now: datetime) -> None:
    assert all(isinstance(period, Period) and period.start < period.end for period in periods(text, now))


@given(
    st.sampled_from(["last", "this", "9 years ago", "999 years ago", "31 May", "29 February", "last 300 years"]),
    st.sampled_from(["year", "month", "week", "weekend", "winter", "0001", "Feb 1900"]),
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),
)
def test_dates_at_the_ends_of_the_calendar_do_no_harm(one: str, other: str, now: datetime) -> None:
    for text in (f"{one} {other}", f"two years before {other} {one}"):
        assert all(period.start < period.end for period in periods(text, now))


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2026, 11, 20)))
def test_a_day_written_out_is_the_same_day_in_a_statement_and_in_a_question(day: date) -> None:
    text = f"on {long_date(day)}"
    (told,), (asked,) = find_dates(text, NOW.date()), periods(text, NOW)
    assert told.past == told.future == When(day, day)
    assert (asked.start.date(), asked.end - asked.start) == (day, timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "days"), [("on the 14th", "2026-12-14"), ("the week after next", "2026-11-30/2026-12-06")]
)
def test_more_ways_of_naming_a_day_to_come_are_read(text: str, days: str) -> None:
    (found,) = find_dates(f"I'm in Rome {text}", NOW.date())
    assert str(found.future) == days
