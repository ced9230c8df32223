"""A blind choice between two answers that are written side by side: one that tries a rule, and one that does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from langchain_core.messages import BaseMessage

from assistant import Assistant, Response, Settings, TextChunk, open_assistant
from assistant.errors import AttuneError, NotAnswersToOne
from assistant.events import AnswerFailed, Event, SideBySide
from assistant.settings import load_settings
from assistant.turn import Trial
from memory import Comparison, MemoryManager, Message, Rule, open_memory, transfer
from tests.fakes import HashEmbeddings, ScriptedChatModel
from tests.test_refiner import LONG, rate
from ui import sides
from ui.handlers import PageHandlers

BULLETS = "Answer in bullets."


def tries(messages: Sequence[BaseMessage]) -> bool:
    return BULLETS in str(messages[0].content)


def reply(messages: Sequence[BaseMessage]) -> str:
    return "- One\n- Two\n- Three\n- Four" if tries(messages) else LONG


def fails_where(failing: bool) -> Callable[[Sequence[BaseMessage]], str]:
    """Fails where a rule is tried, or where none is."""

    def write(messages: Sequence[BaseMessage]) -> str:
        if tries(messages) == failing:
            raise AttuneError("The engine fell over.")
        return reply(messages)

    return write


def tried_in_every_answer(assistant: Assistant, memory: MemoryManager) -> None:
    assistant.refiner._ensure_catalogue()
    bullets = next(c for c in memory.refinements.candidates() if c.text == BULLETS)
    tried = Trial(candidate_id=bullets.id, text=bullets.text, rules=(Rule(id="1", text=bullets.text),))
    assistant._writer._trial = lambda _question, _persona: tried


Opened = Callable[..., Assistant]


@pytest.fixture
def opened(settings: Settings, memory: MemoryManager) -> Iterator[Opened]:
    settings.compare = True
    assistants: list[Assistant] = []

    def make(*replies: Any, delay_s: float = 0.0) -> Assistant:
        model = ScriptedChatModel(replies=list(replies) or [reply], delay_s=delay_s)
        assistants.append(open_assistant(settings, chat_model=model, memory=memory))
        tried_in_every_answer(assistants[-1], memory)
        return assistants[-1]

    yield make
    for assistant in assistants:
        assistant.close()


@pytest.fixture
def assistant(opened: Opened) -> Assistant:
    return opened()


def ask(assistant: Assistant) -> tuple[list[Event], str]:
    """(events, conversation) of a question that a rule is tried on."""
    events = list(assistant.respond("What should I pack?", side_by_side=True))
    return events, assistant.memory.conversations()[0].id


def two(memory: MemoryManager, conversation: str) -> tuple[Comparison, Message, Message]:
    """(comparison, the answer as it would have been anyway, the one that tries something)"""
    comparison = memory.refinements.comparison_of(memory.thread(conversation)[-1].id)
    assert comparison is not None
    return comparison, memory.get_message(comparison.one_id), memory.get_message(comparison.other_id)


def press(handlers: PageHandlers, conversation: str, act: str, what: str) -> Any:
    return handlers.choose(conversation, gr.EventData(None, {"act": act, "id": what}))


# --- writing ----------------------------------------------------------------------------------------------------------


def test_two_answers_are_written_at_once_and_only_one_tries_something(opened: Opened, memory: MemoryManager) -> None:
    assistant = opened(delay_s=0.01)
    events, conversation = ask(assistant)
    _, one, other = two(memory, conversation)
    (begun,) = [event for event in events if isinstance(event, SideBySide)]
    assert set(begun.message_ids) == {one.id, other.id}
    assert (one.content, other.content) == (LONG, "- One\n- Two\n- Three\n- Four")
    assert not assistant.rules_of(one.id)[1] and assistant.rules_of(other.id)[1] == (BULLETS,)
    told = {
        i: "".join(e.text for e in events if isinstance(e, TextChunk) and e.message_id == i) for i in begun.message_ids
    }
    assert told == {one.id: one.content, other.id: other.content}
    chunks = [e.message_id for e in events if isinstance(e, TextChunk)]
    assert len(set(chunks[:6])) == 2, "both grow from the beginning"
    assert {e.message_id for e in events if isinstance(e, Response)} == {one.id, other.id}
    assert memory.thread(conversation)[-1] == one, "until the user chooses, nothing has proved itself"
    assert memory.refinements.weak_dislikes() == [], "the first was not written again because it was bad"


def test_one_answer_is_written_where_comparing_is_off_or_the_reader_cannot_show_two(
    assistant: Assistant, memory: MemoryManager
) -> None:
    list(assistant.respond("What should I pack?"))
    assistant.settings.compare = False
    _, conversation = ask(assistant)
    for conversation_id in {conversation, memory.conversations()[-1].id}:
        answer = memory.thread(conversation_id)[-1]
        assert memory.siblings(answer.id) == [answer] and answer.content.startswith("- ")
        assert memory.refinements.comparison_of(answer.id) is None


def test_stop_stops_both_and_keeps_what_was_written(opened: Opened, memory: MemoryManager) -> None:
    assistant = opened(" ".join(f"word{n}" for n in range(400)), delay_s=0.02)
    events = assistant.respond("What should I pack?", side_by_side=True)
    heard: set[str] = set()
    for event in events:
        if isinstance(event, TextChunk):
            heard.add(event.message_id)
        if len(heard) == 2:
            assistant.stop(memory.conversations()[0].id)
    _, one, other = two(memory, memory.conversations()[0].id)
    assert (one.status, other.status) == ("stopped", "stopped")
    assert one.content.startswith("word0") and other.content.startswith("word0")


def test_both_drafts_are_in_the_database_while_they_grow_and_after_a_kill(
    opened: Opened, memory: MemoryManager, tmp_path: Path
) -> None:
    assistant = opened(" ".join(f"word{n}" for n in range(4000)), delay_s=0.02)
    assistant.respond("What should I pack?", side_by_side=True)
    conversation = memory.conversations()[0].id
    for _ in range(500):
        comparison = memory.refinements.comparison_of(memory.thread(conversation)[-1].id)
        if comparison and all(memory.get_message(i).content for i in (comparison.one_id, comparison.other_id)):
            break
        time.sleep(0.01)
    killed = tmp_path / "killed"
    killed.mkdir()
    memory.store._connection.execute("VACUUM INTO ?", [str(killed / "attune.db")])
    assistant.stop(conversation)
    with open_memory(killed, embeddings=HashEmbeddings()) as found:
        _, one, other = two(found, conversation)
        assert (one.status, other.status) == ("stopped", "stopped")
        assert one.content.startswith("word0") and other.content.startswith("word0")


@pytest.mark.parametrize("failing", [True, False])
def test_where_one_fails_the_other_stays_and_nothing_is_asked(
    opened: Opened, memory: MemoryManager, failing: bool
) -> None:
    assistant = opened(fails_where(failing))
    events, conversation = ask(assistant)
    _, one, other = two(memory, conversation)
    bad, good = (other, one) if failing else (one, other)
    assert (bad.status, good.status) == ("failed", "complete")
    assert [(e.message_id, e.why) for e in events if isinstance(e, AnswerFailed)] == [(bad.id, "The engine fell over.")]
    assert memory.thread(conversation)[-1] == good
    view = PageHandlers(assistant).view(conversation)
    assert view.sides["visible"] == "hidden" and view.chatbot["value"][-1]["content"] == good.content


def test_where_both_fail_the_reply_fails(opened: Opened, memory: MemoryManager) -> None:
    assistant = opened(AttuneError("The engine fell over."))
    with pytest.raises(AttuneError, match="fell over"):
        ask(assistant)
    answers = memory.siblings(memory.thread(memory.conversations()[0].id)[-1].id)
    assert [(a.status, a.content) for a in answers] == [("failed", "half a reply")] * 2


# --- choosing ---------------------------------------------------------------------------------------------------------


def test_the_better_one_is_kept_as_a_blind_pair_and_the_conversation_goes_on_with_it(
    assistant: Assistant, memory: MemoryManager
) -> None:
    _, conversation = ask(assistant)
    _, one, other = two(memory, conversation)
    assert assistant.decide(other.id, "better").verdict == "other"
    (pair,) = memory.refinements.pairs()
    assert (pair.better_id, pair.worse_id, pair.source) == (other.id, one.id, "ab")
    assert memory.thread(conversation)[-1] == other
    assistant.withdraw_decision(one.id)
    assert memory.refinements.pairs() == [] and two(memory, conversation)[0].verdict == "withdrawn"
    with pytest.raises(NotAnswersToOne):
        assistant.decide(memory.thread(conversation)[0].id, "better")


def test_a_choice_that_comes_late_leaves_the_conversation_where_it_went(
    assistant: Assistant, memory: MemoryManager
) -> None:
    _, conversation = ask(assistant)
    _, _, other = two(memory, conversation)
    list(assistant.respond("And then?", conversation))
    assistant.decide(other.id, "better")
    assert memory.thread(conversation)[-2].content == "And then?"


def test_neither_is_a_thumb_down_on_both_and_alike_is_no_evidence(assistant: Assistant, memory: MemoryManager) -> None:
    _, conversation = ask(assistant)
    _, one, other = two(memory, conversation)
    assistant.decide(one.id, "neither")
    assert {(f.message_id, f.rating) for f in memory.feedback()} == {(one.id, -1), (other.id, -1)}
    assistant.withdraw_decision(one.id)
    assert memory.feedback() == []
    _, again = ask(assistant)
    assistant.decide(two(memory, again)[1].id, "alike")
    assert memory.feedback() == [] and memory.refinements.pairs() == []


def test_a_comparison_travels_with_the_export(assistant: Assistant, memory: MemoryManager, tmp_path: Path) -> None:
    _, conversation = ask(assistant)
    assistant.decide(memory.thread(conversation)[-1].id, "alike")
    transfer.export_zip(memory, tmp_path / "all.zip")
    with open_memory(tmp_path / "other", embeddings=HashEmbeddings()) as other:
        transfer.import_zip(other, tmp_path / "all.zip")
        assert two(other, conversation)[0] == two(memory, conversation)[0]


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_both_as_they_come_and_does_not_say_which_is_which_until_one_is_chosen(
    opened: Opened, memory: MemoryManager
) -> None:
    assistant = opened(delay_s=0.1)
    handlers = PageHandlers(assistant)
    views = list(handlers.submit("What should I pack?", "", ""))
    drawn = [(view.side_a, view.side_b) for view in views if isinstance(view.side_a, str)]
    assert any(sides.CARET.strip() in left and sides.CARET.strip() in right for left, right in drawn)
    view, conversation = views[-1], memory.conversations()[0].id
    _, one, other = two(memory, conversation)
    assert view.sides["visible"] is True and {view.side_a, view.side_b} == {one.content, other.content}
    assert [row["role"] for row in view.chatbot["value"]] == ["user"], "neither is taken for the answer"
    assert "Which answer is better?" in view.choice["value"]
    shown = "".join((view.choice["value"], view.cards, view.used))
    assert BULLETS not in shown and "Why like this?" not in shown
    better = f"better:{other.id}"
    assert better in view.choice["value"]
    view = press(handlers, conversation, "judge", better)
    assert view.sides["visible"] == "hidden" and view.chatbot["value"][-1]["content"] == other.content
    name = sides.NAMES[sides.placed(one.id, other.id).index(other.id)]
    assert f"You found {name} better." in view.choice["value"] and f"tried: {BULLETS}" in view.choice["value"]
    assert "Why like this?" in view.used and "Which answer was better?" not in view.cards
    view = press(handlers, conversation, "withdraw-choice", one.id)
    assert memory.refinements.pairs() == [] and view.choice["visible"] is False


def test_going_on_without_a_choice_is_an_answer_too(assistant: Assistant, memory: MemoryManager) -> None:
    _, conversation = ask(assistant)
    handlers = PageHandlers(assistant)
    assert handlers.view(conversation).sides["visible"] is True
    list(assistant.respond("And then?", conversation))
    view = handlers.view(conversation)
    assert view.sides["visible"] == "hidden" and view.choice["visible"] is False
    assert view.chatbot["value"][1]["content"] == LONG


def test_two_answers_that_came_out_the_same_are_one(
    opened: Opened, memory: MemoryManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(gr, "Info", lambda text, **_k: told.append(text))
    handlers = PageHandlers(opened("The same."))
    view = list(handlers.submit("What should I pack?", "", ""))[-1]
    assert view.sides["visible"] == "hidden" and view.chatbot["value"][-1]["content"] == "The same."
    assert told == ["Both answers came out the same."]


def test_an_answer_written_again_is_compared_with_the_one_that_stood_there(
    assistant: Assistant, memory: MemoryManager
) -> None:
    _, conversation = ask(assistant)
    _, one, other = two(memory, conversation)
    assistant.decide(one.id, "better")
    list(assistant.regenerate(one.id))
    asked = PageHandlers(assistant).view(conversation)
    assert f"{one.id}:" in asked.cards and other.id not in asked.cards and asked.sides["visible"] == "hidden"


def test_which_stands_left_says_nothing_about_which_came_first(memory: MemoryManager) -> None:
    pairs = [[rate(memory, LONG, 1) for _ in range(2)] for _ in range(40)]
    assert 5 < sum(sides.placed(*pair)[0] == pair[0] for pair in pairs) < 35
    assert all(sides.placed(*pair) == sides.placed(*reversed(pair)) for pair in pairs)


def test_comparing_is_switched_on_the_page_and_kept(settings: Settings, assistant: Assistant) -> None:
    PageHandlers(assistant).choose_compare(False)
    assert not settings.compare and not load_settings(home=settings.home).compare
