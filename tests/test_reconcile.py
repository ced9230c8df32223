"""What a new fact does to those already known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from memory.reconcile import Decision, reconcile, same_words
from memory.records import Memory

WHEN = datetime(2026, 5, 3, tzinfo=UTC)


def fact(value: str, *, attribute: str = "city", **changes: Any) -> Memory:
    fields: dict[str, Any] = {
        "id": value,
        "content": f"The user lives in {value}.",
        "kind": "semantic",
        "subject": "user",
        "attribute": attribute,
        "value": value,
        "importance": 0.5,
        "created_at": WHEN,
        "valid_from": WHEN,
    }
    return Memory(**{**fields, **changes})


def decide(known: list[Memory], value: str, **changes: Any) -> Decision:
    fields: dict[str, Any] = {
        "content": f"The user lives in {value}.",
        "kind": "semantic",
        "subject": "user",
        "attribute": "city",
        "value": value,
    }
    return reconcile(known, **{**fields, **changes})


def test_a_first_fact_is_added() -> None:
    assert decide([], "Bergen") == Decision(action="add")


def test_the_same_value_refreshes_however_it_is_written() -> None:
    bergen = fact("Bergen")
    assert decide([bergen], "bergen ", content="Lives in Bergen") == Decision(action="refresh", existing=(bergen,))


def test_another_value_replaces_the_old_one() -> None:
    bergen = fact("Bergen")
    assert decide([bergen], "Trondheim") == Decision(action="replace", existing=(bergen,))


def test_plural_attributes_accumulate() -> None:
    assert decide([fact("Bergen")], "Trondheim", plural=True).action == "add"


@pytest.mark.parametrize(
    "change",
    [{"attribute": "birthplace"}, {"subject": "Anna"}, {"persona": "quill"}, {"kind": "episodic"}, {"valid_to": WHEN}],
)
def test_facts_about_something_else_are_left_alone(change: dict[str, Any]) -> None:
    assert decide([fact("Bergen", **change)], "Trondheim").action == "add"


def test_facts_without_an_attribute_never_replace_each_other() -> None:
    assert decide([fact("", attribute="")], "", attribute="", content="The user laughed.").action == "add"


@pytest.mark.parametrize(("one", "other"), [("3 May", "13 May"), ("Anna", "Anne"), ("1987", "1978")])
def test_numbers_dates_and_names_that_differ_are_never_the_same(one: str, other: str) -> None:
    assert not same_words(one, other)
    assert same_words(one, f" {one.upper()}.")
