"""A reply while it is being written: late listeners, early leavers, errors."""

import threading

import pytest

from assistant.events import TextChunk
from assistant.running import RunningReply


def chunk(text: str) -> TextChunk:
    return TextChunk(text=text)


def test_a_late_listener_hears_everything_from_the_first_token() -> None:
    reply = RunningReply(conversation_id="c", message_id="m")
    reply.push(chunk("one "))
    reply.push(chunk("two"))
    reply.finish()
    assert [e.text for e in reply.events()] == ["one ", "two"]
    assert [e.text for e in reply.events()] == ["one ", "two"]


def test_a_listener_that_leaves_stops_nothing() -> None:
    reply = RunningReply(conversation_id="c", message_id="m")
    reply.push(chunk("one "))
    listener = reply.events()
    next(listener)
    listener.close()
    assert not reply.cancel.is_set()
    reply.push(chunk("two"))
    reply.finish()
    assert "".join(e.text for e in reply.events()) == "one two"


def test_listeners_wait_for_what_comes() -> None:
    reply = RunningReply(conversation_id="c", message_id="m")
    heard: list[str] = []
    listener = threading.Thread(target=lambda: heard.extend(e.text for e in reply.events()))
    listener.start()
    for word in ("a", "b", "c"):
        reply.push(chunk(word))
    assert not reply.wait(0.01)
    reply.finish()
    listener.join(5)
    assert heard == ["a", "b", "c"]
    assert reply.wait(0)


def test_an_error_comes_after_what_was_written() -> None:
    reply = RunningReply(conversation_id="c", message_id="m")
    reply.push(chunk("half"))
    reply.finish(ValueError("broken"))
    events = reply.events()
    assert next(events).text == "half"
    with pytest.raises(ValueError, match="broken"):
        next(events)
