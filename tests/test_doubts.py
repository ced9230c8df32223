"""A thumb about a fact goes to memory, not to style."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest

from assistant import Assistant, Settings, open_assistant
from memory import Memory, MemoryManager, MessageUse
from tests.fakes import ScriptedChatModel
from tests.test_refiner import LONG, answered
from ui.handlers import PageHandlers


@pytest.fixture
def assistant(settings: Settings, memory: MemoryManager) -> Iterator[Assistant]:
    with open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory) as opened:
        yield opened


@pytest.fixture
def city(memory: MemoryManager) -> Memory:
    return memory.add(content="The user lives in Oslo.", attribute="city", value="Oslo")


def given_with(memory: MemoryManager, fact: Memory) -> str:
    answer = answered(memory, "You live in Oslo.", "Where do I live?")
    memory.record_uses(answer.id, [MessageUse(item_type="memory", item_id=fact.id, text=fact.content)])
    return answer.id


def test_a_thumb_about_a_fact_asks_about_what_the_answer_was_given_with(
    assistant: Assistant, memory: MemoryManager, city: Memory
) -> None:
    answer = given_with(memory, city)
    assert assistant.doubted(answer) == []
    assistant.rate(answer, -1, ["too long"])
    assert assistant.doubted(answer) == []
    assistant.rate(answer, -1, ["wrong"])
    assert [fact.id for fact in assistant.doubted(answer)] == [city.id]
    assert assistant.proposals() == [] and assistant.refiner._rated() == []


def test_the_fact_in_the_comment_takes_the_place_of_the_wrong_one(
    assistant: Assistant, memory: MemoryManager, city: Memory
) -> None:
    answer = given_with(memory, city)
    assistant.rate(answer, -1, ["outdated memory"], comment="I live in Bergen.")
    right = assistant.settle(answer, city.id)
    assert right is not None and "Bergen" in right.content
    assert memory.get(city.id).valid_to is not None
    assert assistant.doubted(answer) == []


def test_without_a_fact_in_the_comment_the_memory_is_only_closed(
    assistant: Assistant, memory: MemoryManager, city: Memory
) -> None:
    answer = given_with(memory, city)
    assistant.rate(answer, -1, ["wrong"], comment="nonsense")
    assert assistant.settle(answer, city.id) is None
    assert memory.get(city.id).valid_to is not None


def test_the_page_asks_and_one_press_settles_it(
    assistant: Assistant, memory: MemoryManager, city: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(gr, "Info", lambda text, **_k: told.append(text))
    handlers = PageHandlers(assistant)
    answer = given_with(memory, city)
    conversation = memory.get_message(answer).conversation_id
    _, shown = handlers.explain(answer, ["wrong"], "", "", conversation)
    assert "Was this what was wrong?" in shown and "Oslo" in shown
    handlers.card(gr.EventData(None, {"act": "settle", "id": f"{answer}:{city.id}"}))
    assert "Was this what was wrong?" not in handlers.cards_of(conversation)
    assert told and LONG not in handlers.cards_of(conversation)
