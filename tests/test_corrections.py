""" "No, I meant …": kept with its request, and there when a close request comes again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant import Settings, open_assistant
from assistant.corrections import read_correction
from memory import MemoryManager
from tests.fakes import ScriptedChatModel

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("No, I meant the river bank", "the river bank"),
        ("I actually meant the 2019 report.", "the 2019 report"),
        ("What I meant was a list without prices", "a list without prices"),
        ("That's not what I asked for, I wanted the short version", "the short version"),
        ("Sorry, I meant: the one in Leith!", "the one in Leith"),
    ],
)
def test_what_was_meant_is_kept_with_its_request(text: str, meant: str) -> None:
    found = read_correction(text, "Tell me about the bank.", said_at=NOW)
    assert found is not None
    assert found.content == f"When the user asked “Tell me about the bank”, they meant: {meant}."


def test_a_word_of_the_users_own_is_kept_with_its_meaning() -> None:
    found = read_correction("By the yard I mean the boatyard in Leith", "", said_at=NOW)
    assert found is not None and found.content == "By “the yard” the user means the boatyard in Leith."


@pytest.mark.parametrize(
    "text",
    [
        "I meant what I said?",
        "No, I meant I live in Basel, not Bern",
        "What did you mean?",
        "She said: no, I meant the other one",
        "I mean it",
        "I meant to call you",
    ],
)
def test_what_is_no_correction_of_a_request_is_none(text: str) -> None:
    assert read_correction(text, "Tell me about the bank.", said_at=NOW) is None


def test_without_a_request_before_it_there_is_nothing_to_keep() -> None:
    assert read_correction("No, I meant the river", "", said_at=NOW) is None


def test_it_reaches_the_prompt_of_a_close_request_and_not_the_page(settings: Settings, memory: MemoryManager) -> None:
    model = ScriptedChatModel(replies=["All right."])
    with open_assistant(settings, chat_model=model, memory=memory) as assistant:
        first = memory.start_conversation()
        list(assistant.respond("What are the opening hours of the bank?", first.id))
        list(assistant.respond("No, I meant the food bank in Leith.", first.id))
        assert assistant.wait_until_idle(60)
        assert assistant.profile().lines == ()
        list(assistant.respond("Tell me the opening hours of the bank"))
        heard = str(model.heard[-1][-1].content)
        assert "they meant: the food bank in Leith." in heard
