"""The demo is two weeks of a made-up user, read, rated and remembered like a real one's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from assistant import Assistant, Settings, open_assistant
from assistant.demo import DAYS, DEMO_NOTE, MODEL_NAME, fill_demo, read_diary
from memory import open_memory
from tests.fakes import HashEmbeddings, ScriptedChatModel

TODAY = date(2026, 5, 20)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Filled once; no test changes it."""
    home = tmp_path_factory.mktemp("demo")
    memory = open_memory(home, embeddings=HashEmbeddings(), start_worker=False)
    with open_assistant(Settings(home=home), chat_model=ScriptedChatModel(), memory=memory) as assistant:
        fill_demo(assistant, today=TODAY)
        yield assistant


def test_a_demo_home_shows_a_closed_fact_with_its_dates(demo: Assistant) -> None:
    homes = {m.value: m for m in demo.memory.memories(include_closed=True, attribute="city")}
    assert homes["Bergen"].valid_to == homes["Trondheim"].valid_from
    assert homes["Bergen"].superseded_by == homes["Trondheim"].id
    assert homes["Trondheim"].valid_to is None
    assert [event.kind for event in demo.memory.history(homes["Bergen"].id)] == ["added", "closed"]
    assert "Bergen" not in demo.profile_text()


def test_every_fact_of_the_demo_has_a_source_and_a_date_of_the_diary(demo: Assistant) -> None:
    facts = demo.memory.memories(include_closed=True)
    assert len(facts) >= 10
    for fact in facts:
        assert fact.source_message_id is not None
        assert demo.memory.get_message(fact.source_message_id).role == "user"
        assert date(2026, 5, 5) <= fact.created_at.date() <= TODAY


def test_the_diary_lies_in_the_two_weeks_before_today(demo: Assistant) -> None:
    days = {c.created_at.astimezone().date() for c in demo.memory.conversations()}
    assert min(days) == date(2026, 5, 6)
    assert max(days) == date(2026, 5, 19)
    assert [e.day for e in read_diary()] == sorted(e.day for e in read_diary())
    assert max(e.day for e in read_diary()) == DAYS


def test_the_demo_has_an_accepted_rule_that_its_ratings_gave(demo: Assistant) -> None:
    rules = demo.current_rules()
    assert [rule.text for rule in rules] == ["Keep answers short."]
    rated = {feedback.id for feedback in demo.memory.feedback()}
    assert set(rules[0].evidence) <= rated
    assert demo.proposals() == []


def test_every_use_that_the_diary_names_is_a_fact_by_then(demo: Assistant) -> None:
    named = sum(len(turn.uses) for entry in read_diary() for turn in entry.turns)
    answers = [m for c in demo.memory.conversations() for m in demo.memory.thread(c.id) if m.role == "assistant"]
    assert sum(len(demo.used_for(answer.id)) for answer in answers) == named
    assert {answer.model for answer in answers} == {MODEL_NAME}


def test_the_demo_is_marked_and_leaves_the_clock_as_it_was(demo: Assistant) -> None:
    assert demo.memory.note(DEMO_NOTE) == "1"
    assert abs((demo.memory.clock() - datetime.now(UTC)).total_seconds()) < 5
    assert any(line.author == "user" for line in demo.profile().lines)
