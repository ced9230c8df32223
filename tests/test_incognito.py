"""A conversation that leaves no trace: nothing on disk, nothing read, nothing learnt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant, Response, Settings, open_assistant
from assistant.errors import EmptyMessage
from assistant.incognito import MAX_KEPT
from memory import MemoryManager
from tests.fakes import ScriptedChatModel
from ui.handlers import PageHandlers


@pytest.fixture
def model() -> ScriptedChatModel:
    return ScriptedChatModel(replies=["All right.", "Zorblatt, you said."])


@pytest.fixture
def assistant(settings: Settings, memory: MemoryManager, model: ScriptedChatModel) -> Iterator[Assistant]:
    with open_assistant(settings, chat_model=model, memory=memory) as opened:
        yield opened


def say(assistant: Assistant, text: str, conversation_id: str) -> Response:
    response = list(assistant.respond(text, conversation_id))[-1]
    assert isinstance(response, Response)
    assert assistant.wait_until_idle(30)
    return response


def files_with(home: Path, needle: bytes) -> list[str]:
    return [p.name for p in home.rglob("*") if p.is_file() and needle.lower() in p.read_bytes().lower()]


def test_nothing_of_it_is_on_disk_and_nothing_known_is_used(
    assistant: Assistant, memory: MemoryManager, model: ScriptedChatModel
) -> None:
    memory.add(content="The user lives in Hullistan.", attribute="city", value="Hullistan")
    memory.add(content="Answer in bullets.", kind="procedural", attribute="format", value="Answer in bullets.")
    assert assistant.wait_until_idle(30), "the page about the user is written"
    before = memory.counts()
    conversation = assistant.incognito.start()
    say(assistant, "My dog is called Zorblatt. From now on answer in rhymes.", conversation)
    response = say(assistant, "What is my dog called, and where do I live?", conversation)
    assert response.text == "Zorblatt, you said."
    assert response.memories_used == () and response.rules == ()
    heard = "\n".join(str(message.content) for message in model.heard[-1])
    assert "My dog is called Zorblatt." in heard, "it knows its own conversation"
    assert "Hullistan" not in heard and "bullets" not in heard
    assert memory.counts() == before
    assert memory.jobs.pending() == 0
    for word in (b"Zorblatt", b"rhymes"):
        assert files_with(memory.home, word) == []


def test_what_was_let_go_is_gone_and_only_the_newest_are_held(assistant: Assistant) -> None:
    first = assistant.incognito.start()
    say(assistant, "Hello", first)
    assert len(assistant.incognito.thread(first)) == 2
    for _ in range(MAX_KEPT):
        last = assistant.incognito.start()
    assert not assistant.incognito.knows(first) and assistant.incognito.thread(first) == []
    assistant.incognito.let_go(last)
    assert not assistant.incognito.knows(last)


def test_a_fault_of_the_model_is_told_and_an_empty_message_refused(assistant: Assistant) -> None:
    conversation = assistant.incognito.start()
    with pytest.raises(EmptyMessage):
        assistant.respond("  ", conversation)
    assistant._chat_model = ScriptedChatModel(replies=[RuntimeError("fell over")])
    with pytest.raises(Exception, match="Try again"):
        list(assistant.respond("Hello", conversation))
    assert assistant.running(conversation) is None


def test_the_page_says_so_and_shows_what_was_said(assistant: Assistant, memory: MemoryManager) -> None:
    handlers = PageHandlers(assistant)
    begun = handlers.begin_incognito()
    assert "Nothing of this is stored" in begun.heading
    *_, last = handlers.submit("My dog is called Zorblatt.", begun.current, "nova")
    assert [row["content"] for row in last.chatbot["value"]] == ["My dog is called Zorblatt.", "All right."]
    assert last.current == begun.current and last.cards == ""
    assert memory.conversations() == []
    assert handlers.view("incognito:gone").current == ""
