"""A blind choice between an answer that tries a rule and one that does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
import pytest
from langchain_core.messages import BaseMessage

from assistant import Assistant, Settings, open_assistant
from assistant.turn import Trial
from memory import MemoryManager, Rule
from tests.fakes import ScriptedChatModel
from tests.test_refiner import LONG, rate
from ui import cards
from ui.handlers import PageHandlers


def reply(messages: Sequence[BaseMessage]) -> str:
    return "- One\n- Two" if "Answer in bullets." in str(messages[0].content) else LONG


@pytest.fixture
def assistant(settings: Settings, memory: MemoryManager) -> Iterator[Assistant]:
    settings.compare = True
    with open_assistant(settings, chat_model=ScriptedChatModel(replies=[reply]), memory=memory) as opened:
        rate(memory, LONG, -1)
        opened.refiner._ensure_catalogue()
        bullets = next(c for c in memory.refinements.candidates() if c.text == "Answer in bullets.")
        tried = Trial(candidate_id=bullets.id, text=bullets.text, rules=(Rule(id="1", text=bullets.text),))
        opened._writer._trial = lambda _question, _persona: tried
        yield opened


def ask(assistant: Assistant) -> tuple[str, str]:
    """(conversation, answer) of a question that a rule was tried on."""
    last: Any = list(assistant.respond("What should I pack?"))[-1]
    return last.conversation_id, last.message_id


def test_the_other_answer_tries_nothing_and_stands_beside_the_first(
    assistant: Assistant, memory: MemoryManager
) -> None:
    _, first = ask(assistant)
    events = assistant.other_answer(first)
    assert events is not None
    other: Any = list(events)[-1]
    assert memory.get_message(first).content.startswith("- ") and other.text == LONG
    assert assistant.rules_of(first)[1] and not assistant.rules_of(other.message_id)[1]
    assert assistant.other_answer(other.message_id) is None and assistant.other_answer(first) is None


def test_nothing_is_compared_unless_it_is_wanted(assistant: Assistant) -> None:
    _, first = ask(assistant)
    assistant.settings.compare = False
    assert assistant.other_answer(first) is None


def test_the_page_does_not_say_which_is_which_until_one_is_chosen(
    assistant: Assistant, memory: MemoryManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(gr, "Info", lambda text, **_k: told.append(text))
    handlers = PageHandlers(assistant)
    conversation, first = ask(assistant)
    view = list(handlers.compare(conversation))[-1]
    assert "Which answer is better?" in view.cards and "Answer in bullets" not in view.cards
    assert "Why like this?" not in view.used
    other = memory.thread(conversation)[-1].id
    handlers.card(conversation, gr.EventData(None, {"act": "better-blind", "id": f"{other}:{first}"}))
    (pair,) = memory.refinements.pairs()
    assert (pair.better_id, pair.worse_id, pair.source) == (other, first, "ab")
    assert told == ["The other one tried: Answer in bullets."]
    assert "Which answer is better?" not in handlers.view(conversation).cards
    assert "Why like this?" in handlers.view(conversation).used


def test_which_stands_first_says_nothing_about_which_came_first(memory: MemoryManager) -> None:
    firsts = []
    for _ in range(40):
        one, other = (memory.get_message(rate(memory, LONG, 1)) for _ in range(2))
        shown = cards.blind_choice(one, other)
        firsts.append(shown.index(f"{one.id}:{other.id}") < shown.index(f"{other.id}:{one.id}"))
    assert 5 < sum(firsts) < 35
