"""Titles and running summaries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.summaries import MAX_SENTENCES, fold, title_for
from memory import Message
from memory.forgetting import MARK
from tests.fakes import ScriptedChatModel


def message(content: str, role: str = "user") -> Message:
    day = datetime(2026, 5, 3, tzinfo=UTC)
    return Message(id=content, conversation_id="c", parent_id=None, role=role, content=content, created_at=day)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hi! what should I cook tonight", "What should I cook tonight"),
        ("Hello", "Hello"),
        ("**Bold** `code` and more words than fit in here", "Bold code and more words than fit…"),
        ("...", "New conversation"),
        ("\n\n", "New conversation"),
    ],
)
def test_a_title_is_the_first_words_without_the_greeting(text: str, title: str) -> None:
    assert title_for(text) == title


def test_a_title_is_short_whatever_is_typed() -> None:
    assert len(title_for("x" * 200_000)) <= 61


def test_without_a_large_model_the_users_own_statements_are_kept() -> None:
    folded = fold("", [message("The bicycle is green. Is it?"), message("Nice bicycle!", "assistant")])
    assert folded == "The user said: The bicycle is green."
    assert fold(folded, [message("It is mine.")]).splitlines()[0] == folded


def test_the_summary_does_not_grow_for_ever() -> None:
    text = ""
    for number in range(100):
        text = fold(text, [message(f"Number {number}.")])
    assert len(text.splitlines()) == MAX_SENTENCES
    assert "Number 99." in text


def test_a_large_model_writes_the_summary_from_all_of_it() -> None:
    model = ScriptedChatModel(replies=["They talked about bicycles."])
    assert fold("Before.", [message("The bicycle is green.")], chat_model=model) == "They talked about bicycles."
    heard = str(model.heard[0][-1].content)
    assert "Before." in heard and "The bicycle is green." in heard


def test_what_lost_words_to_forgetting_is_in_no_summary() -> None:
    before = f"The user said: My cat is {MARK}.\nThe user said: It rained."
    text = fold(before, [message(f"My dog is called {MARK}. I moved to Hull.")])
    assert text == "The user said: It rained.\nThe user said: I moved to Hull."
