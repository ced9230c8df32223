"""What a new fact does to those already known: the cases are in data/reconcile.yaml."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from memory import MemoryManager
from memory.reconcile import implies, reconcile, same_value, same_words
from memory.records import Memory

WHEN = datetime(2026, 5, 3, tzinfo=UTC)
GROUPS = yaml.safe_load((Path(__file__).parent / "data" / "reconcile.yaml").read_text(encoding="utf-8"))
CASES = [(group["group"], case) for group in GROUPS for case in group["cases"]]


def moment(day: date | None) -> datetime:
    return datetime.combine(day, time(), UTC) if day else WHEN


def fact(attribute: str, value: str, more: dict[str, Any] | None = None) -> Memory:
    more = dict(more or {})
    occurs = more.pop("occurs", (None, None))
    since = moment(more.pop("since", None))
    fields = {"id": f"{attribute}={value}", "content": f"The user's {attribute} is {value}.", "kind": "semantic"}
    fields |= {"subject": "user", "attribute": attribute, "value": value, "importance": 0.5, **more}
    return Memory(
        **fields,
        created_at=since,
        valid_from=since,
        occurs_from=occurs[0],
        occurs_to=occurs[1],  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(("group", "case"), CASES, ids=[f"{g}: {c['known']} + {c['new']}" for g, c in CASES])
def test_every_case_of_the_table_is_decided_as_it_says(group: str, case: dict[str, Any]) -> None:
    known = [fact(*entry) for entry in case["known"]]
    attribute, value, *more = case["new"]
    asked: dict[str, Any] = {"kind": "semantic", "subject": "user", **(more[0] if more else {})}
    if "occurs" in asked:
        asked["occurs"] = tuple(asked["occurs"])
    if "said_at" in asked:
        asked["said_at"] = moment(asked["said_at"])
    content = case.get("content", f"The user's {attribute} is {value}.")
    decision = reconcile(known, content=content, attribute=attribute, value=value, **asked)
    assert decision.action == case["action"]
    assert [m.value for m in decision.existing] == case.get("of", [])
    assert [m.value for m in decision.closes] == case.get("closes", [])


def test_the_table_has_at_least_eighty_cases() -> None:
    assert len(CASES) >= 80


def test_closed_facts_are_left_alone() -> None:
    closed = fact("city", "Bergen", {"valid_to": WHEN})
    arguments = {"content": "x", "kind": "semantic", "subject": "user", "attribute": "city"}
    assert reconcile([closed], **arguments, value="Bergen").action == "add"


@given(st.text("abAB12 -.", max_size=8), st.text("abAB12 -.", max_size=8))
def test_two_values_are_the_same_in_both_directions_and_never_when_their_digits_differ(one: str, other: str) -> None:
    assert same_value(one, other) == same_value(other, one)
    assert same_value(one, one)
    if [c for c in one if c.isdigit()] != [c for c in other if c.isdigit()]:
        assert not same_value(one, other)
        assert not same_words(one, other)


@given(st.text("ab AB12,", min_size=1, max_size=8))
def test_nothing_tells_itself_more_closely(value: str) -> None:
    assert not implies(value, value)


def test_a_refinement_keeps_both_levels_and_a_move_closes_both(memory: MemoryManager) -> None:
    for value in ("Trondheim", "the Rosenborg part of Trondheim"):
        memory.add(content=f"The user lives in {value}.", attribute="city", value=value)
    assert {m.value for m in memory.memories(attribute="city")} == {"Trondheim", "the Rosenborg part of Trondheim"}
    memory.add(content="The user lives in Bergen.", attribute="city", value="Bergen")
    assert [m.value for m in memory.memories(attribute="city")] == ["Bergen"]


def test_what_was_said_before_the_known_fact_began_is_kept_as_past(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    now = memory.add_message(conversation.id, role="user", content="I live in Trondheim", created_at=WHEN)
    then = memory.add_message(
        conversation.id, role="user", content="I live in Oslo", created_at=WHEN.replace(year=2024)
    )
    for message, city in ((now, "Trondheim"), (then, "Oslo")):
        memory.add(
            content=f"The user lives in {city}.",
            attribute="city",
            value=city,
            valid_from=message.created_at,
            source_message_id=message.id,
        )
    (current,) = memory.memories(attribute="city")
    assert current.value == "Trondheim"
    oslo = next(m for m in memory.memories(include_closed=True) if m.value == "Oslo")
    assert (oslo.valid_to, oslo.superseded_by) == (current.valid_from, current.id)
    assert [hit.item for hit in memory.search("where does the user live", as_of=WHEN.replace(year=2025))] != []
