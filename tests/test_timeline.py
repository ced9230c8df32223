"""What time does to a memory: plans become past, what is near comes up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from assistant import Settings, open_assistant
from assistant.extraction import apply, extract_by_rules
from assistant.profile import LATELY, PLANS, current_profile, write_lines
from assistant.recall import memory_line
from assistant.timeline import coming_up, told
from memory import Memory, MemoryManager, open_memory
from tests.fakes import HashEmbeddings, ScriptedChatModel

SAID = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def read(text: str) -> Memory:
    """A message's only fact as a memory."""
    (candidate,) = extract_by_rules(text, said_at=SAID)
    fields: dict[str, Any] = {"id": candidate.content, "content": candidate.content, "kind": candidate.kind}
    occurs = candidate.occurs
    return Memory(
        **fields,
        subject=candidate.subject,
        attribute=candidate.attribute,
        value=candidate.value,
        importance=0.5,
        created_at=SAID,
        valid_from=SAID,
        occurs_from=occurs.first if occurs else None,
        occurs_to=occurs.last if occurs else None,
    )


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("I'm going to Lisbon in July", " is going", " went"),
        ("We're moving to Bristol in September", " is moving", " moved"),
        ("I have a dentist appointment next Friday", " has", " had"),
        ("My driving test is on Wednesday", "'s driving test is", "'s driving test was"),
        ("I start my new job on 1 June", " starts", " started"),
        ("My sister is getting married in August", "'s sister gets", "'s sister got"),
        ("My parents are visiting next weekend", "'s parents visit", "'s parents visited"),
        ("My visa expires on 15 November", "'s visa expires", "'s visa expired"),
        ("I'm meeting my accountant tomorrow", " is", " was"),
    ],
)
def test_a_plan_is_told_as_past_once_its_last_day_has_gone(text: str, before: str, after: str) -> None:
    plan = read(text)
    assert plan.occurs_to is not None
    assert told(plan, plan.occurs_to) == plan.content
    assert plan.content.startswith(f"The user{before} ")
    assert told(plan, plan.occurs_to + timedelta(days=1)) == plan.content.replace(before, after, 1)


def test_other_facts_are_told_as_they_were_kept() -> None:
    city = read("I live in Bergen")
    assert told(city, date(2099, 1, 1)) == "The user lives in Bergen."
    assert memory_line(city, SAID) == "The user lives in Bergen. (since 3 May 2026)"


def test_a_line_for_the_model_carries_the_day_of_a_plan_and_no_other() -> None:
    plan = read("I'm going to Lisbon in July")
    assert memory_line(plan, SAID) == "The user is going to Lisbon in July 2026."
    assert memory_line(plan, SAID + timedelta(days=200)) == "The user went to Lisbon in July 2026."


def test_the_page_moves_a_plan_to_what_happened_and_lets_it_go_in_the_end() -> None:
    plan = read("I have a dentist appointment next Friday")

    def page(today: date) -> list[tuple[str, str]]:
        return [(line.section, line.text) for line in write_lines([plan], None, today)]

    assert page(date(2026, 5, 8)) == [(PLANS, "The user has a dentist appointment on 8 May 2026.")]
    assert page(date(2026, 5, 9)) == [(LATELY, "The user had a dentist appointment on 8 May 2026.")]
    assert page(date(2026, 9, 1)) == []


def test_plans_stand_in_the_order_of_their_days() -> None:
    later, sooner = read("I'm going to Lisbon in July"), read("My driving test is on Wednesday")
    assert [line.memory_ids[0] for line in write_lines([later, sooner], None, SAID.date())] == [sooner.id, later.id]


def test_what_is_near_comes_up_and_what_is_far_does_not() -> None:
    birthday, mine = read("My son's birthday is on 8 May"), read("My birthday is 3 May")
    test, far = read("My driving test is on Wednesday"), read("I'm going to Lisbon in July")
    near = coming_up([far, test, birthday, mine], date(2026, 5, 3))
    assert [line for _, line in near] == [
        "The user's birthday is today.",
        "The user's driving test is on 6 May 2026.",
        "The user's son's birthday is on 8 May 2026, in 5 days.",
    ]
    assert coming_up([birthday, mine, test], date(2026, 5, 20)) == []
    assert [line for _, line in coming_up([mine], date(2027, 5, 2))] == ["The user's birthday is tomorrow, 3 May 2027."]


class Clock:
    now = SAID

    def __call__(self) -> datetime:
        return self.now


def test_profile_and_prompt_follow_the_clock(settings: Settings) -> None:
    clock, model = Clock(), ScriptedChatModel(replies=["All right."])
    with open_memory(settings.home, embeddings=HashEmbeddings(), clock=clock) as memory:
        tell(memory, "I have a dentist appointment next Friday")
        tell(memory, "My birthday is on 12 May")
        with open_assistant(settings, chat_model=model, memory=memory) as assistant:
            list(assistant.respond("Hello"))
            assert "The user has a dentist appointment on 8 May 2026." in heard(model)
            clock.now = SAID + timedelta(days=8)
            list(assistant.respond("Hello again"))
            assert "The user had a dentist appointment on 8 May 2026." in heard(model)
            assert "The user's birthday is tomorrow, 12 May 2026." in heard(model)
            lines = {line.text: line.section for line in current_profile(memory).lines}
            assert lines["The user had a dentist appointment on 8 May 2026."] == LATELY


def heard(model: ScriptedChatModel) -> str:
    return "\n".join(str(message.content) for message in model.heard[-1])


def tell(memory: MemoryManager, text: str) -> None:
    message = memory.add_message(memory.start_conversation().id, role="user", content=text)
    apply(memory, extract_by_rules(text, said_at=message.created_at), message)
