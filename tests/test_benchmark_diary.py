"""Two months of a diary: what is known now, and what was true then."""

from __future__ import annotations

from datetime import date

from benchmarks.diary import Answered, Question, figures, read_diary, run
from tests.fakes import HashEmbeddings


def test_the_diary_is_two_months_of_short_conversations_with_forty_questions() -> None:
    days, questions = read_diary()
    assert len(days) >= 60
    assert len(questions) == 40
    assert sum(question.is_about_then for question in questions) >= 10
    assert all(question.on >= max(days) and question.about in days for question in questions)


def test_nearly_all_questions_are_answered_by_a_memory_that_was_valid_at_the_asked_time() -> None:
    found = figures(run(HashEmbeddings()))
    assert found["answered_by_a_memory_valid_then"] >= 90
    assert found["about_then"] >= 90
    assert found["on_the_page_of_those_about_now"] >= 90


def test_the_figures_count_what_they_say() -> None:
    now = Question("a?", date(2026, 4, 30), date(2026, 4, 30), ("x",))
    then = Question("b?", date(2026, 4, 30), date(2026, 3, 1), ("y",))
    found = figures(
        [
            Answered(now, by_memory=False, first=False, by_page=True, found=()),
            Answered(then, by_memory=True, first=False, by_page=False, found=()),
        ]
    )
    assert found == {
        "questions": 2,
        "answered_by_a_memory_valid_then": 50.0,
        "answered_by_the_first": 0.0,
        "about_now": 0.0,
        "about_then": 100.0,
        "on_the_page_of_those_about_now": 100.0,
        "answered_by_either": 100.0,
    }
