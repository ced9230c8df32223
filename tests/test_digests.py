"""What a month or a conversation was about: dated, cited, and never out of date."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assistant import Settings, open_assistant
from assistant.digests import (
    MAX_LINES,
    as_text,
    digest_of_conversation,
    digest_of_period,
    keep_conversation,
    keep_month,
    lines_for,
    month,
    search,
)
from assistant.extraction import apply, extract_by_rules
from memory import MemoryManager, Message, open_memory
from memory.dates import When
from memory.forgetting import MARK
from tests.fakes import HashEmbeddings, ScriptedChatModel

MARCH = When(date(2026, 3, 1), date(2026, 3, 31))


def say(memory: MemoryManager, day: int, text: str, *, of: int = 3, conversation_id: str = "") -> Message:
    at = datetime(2026, of, day, 12, tzinfo=UTC)
    conversation = conversation_id or memory.start_conversation(created_at=at).id
    message = memory.add_message(conversation, role="user", content=text, created_at=at)
    apply(memory, extract_by_rules(text, said_at=at), message)
    return message


def texts(memory: MemoryManager) -> list[str]:
    return [line.text for line in digest_of_period(memory, MARCH).lines]


def test_a_month_names_what_was_learnt_what_happened_and_what_was_spoken_of(memory: MemoryManager) -> None:
    say(memory, 2, "I'm going to Lisbon on 28 March.", of=2)
    moved = say(memory, 5, "I moved to Braga.")
    said = say(memory, 7, "The heating of the new flat is broken again. Why?")
    say(memory, 9, "Thanks!")
    say(memory, 2, "I love pottery.", of=4)
    digest = digest_of_period(memory, MARCH)
    assert [(line.day.day, line.text) for line in digest.lines] == [
        (5, "The user lives in Braga."),
        (7, "The user said: The heating of the new flat is broken again."),
        (28, "The user went to Lisbon on 28 March 2026."),
    ]
    (fact,) = memory.memories_from(moved.id)
    assert [line.cites for line in digest.lines[:2]] == [(fact.id,), (said.id,)]
    assert "- 5 March 2026: The user lives in Braga." in as_text(digest)


def test_what_was_spoken_of_again_and_again_goes_before_an_aside(memory: MemoryManager) -> None:
    say(memory, 1, "A heron stood in the yard.")
    for day in range(2, 20):
        say(memory, day, f"The grant report needs another table, number {day}.")
    lines = texts(memory)
    assert len(lines) == MAX_LINES
    assert not any("heron" in line for line in lines)


def test_editing_and_forgetting_change_it_at_once(memory: MemoryManager) -> None:
    say(memory, 7, "The zorbstone lamp flickers all night.")
    assert any("zorbstone" in line for line in texts(memory))
    memory.forget(memory.plan_forget_topic("zorbstone"))
    assert not any("zorbstone" in line for line in texts(memory))


def test_what_is_withheld_is_in_no_digest_of_a_month(memory: MemoryManager) -> None:
    say(memory, 7, "I was diagnosed with epilepsy last week.")
    assert not any("epilepsy" in line for line in texts(memory))


def test_a_conversation_has_its_own(memory: MemoryManager) -> None:
    first = say(memory, 5, "I moved to Braga.")
    say(memory, 6, "The boiler hums at night in the kitchen.", conversation_id=first.conversation_id)
    say(memory, 6, "Another conversation about trains altogether.")
    digest = digest_of_conversation(memory, first.conversation_id)
    assert [line.text for line in digest.lines] == [
        "The user lives in Braga.",
        "The user said: The boiler hums at night in the kitchen.",
    ]
    assert digest.when == When(date(2026, 3, 5), date(2026, 3, 6))


@pytest.mark.parametrize("text", ["2026-13", "March", "", "2026"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        month(text)
    assert month("2024-02") == When(date(2024, 2, 1), date(2024, 2, 29))


def test_a_question_about_a_time_is_answered_from_its_digest(settings: Settings) -> None:
    model = ScriptedChatModel(replies=["Moving."])

    def clock() -> datetime:
        return datetime(2026, 5, 3, 12, tzinfo=UTC)

    with open_memory(settings.home, embeddings=HashEmbeddings(), clock=clock) as memory:
        say(memory, 5, "I moved to Braga.")
        assert lines_for(memory, "Where do I live?") == []
        with open_assistant(settings, chat_model=model, memory=memory) as assistant:
            list(assistant.respond("What was I busy with in March?"))
            assert "5 March 2026: The user lives in Braga." in str(model.heard[-1][-1].content)


def kept(memory: MemoryManager, query: str) -> list[tuple[str, list[str]]]:
    return [(found.span, [line.text for line in found.lines]) for found in search(memory, query)]


def test_digests_of_conversations_and_months_are_found_with_days_and_sources(memory: MemoryManager) -> None:
    said = say(memory, 7, "The heating of the new flat is broken again.")
    assert keep_conversation(memory, said.conversation_id) == ["2026-03"]
    keep_month(memory, "2026-03")
    found = search(memory, "what about the heating?")
    assert {digest.span for digest in found} == {"conversation", "month"}
    for digest in found:
        assert (digest.lines[0].day, digest.lines[0].cites) == (date(2026, 3, 7), (said.id,))
    assert search(memory, "sailing") == []
    assert search(memory, "heating in:boats") == search(memory, "heating from:me") == []


def test_a_kept_digest_follows_what_it_covers(memory: MemoryManager) -> None:
    said = say(memory, 5, "I love quinces.")
    keep_conversation(memory, said.conversation_id)
    (fact,) = memory.memories()
    memory.update(fact.id, content="The user loves quince jelly.")
    assert kept(memory, "quinces jelly") == [("conversation", ["The user loves quince jelly."])]


def test_what_is_withheld_stays_out_of_digests(memory: MemoryManager) -> None:
    said = say(memory, 5, "I was diagnosed with epilepsy. The clinic in Hull was very crowded today.")
    keep_conversation(memory, said.conversation_id)
    keep_month(memory, "2026-03")
    assert search(memory, "epilepsy clinic crowded") == []


def test_what_lost_words_to_forgetting_is_in_no_digest(memory: MemoryManager) -> None:
    say(memory, 5, "My dog is called Zorblatt. The heating in the hall makes a noise.")
    say(memory, 6, "Zorblatt dislikes the noise of the heating.")
    (fact,) = [m for m in memory.memories() if m.value == "Zorblatt"]
    memory.delete(fact.id)
    lines = digest_of_period(memory, month("2026-03")).lines
    assert not any(MARK in line.text for line in lines)


def test_an_edited_message_and_a_forgotten_fact_change_the_digest(tmp_path: Path) -> None:
    memory = open_memory(tmp_path, embeddings=HashEmbeddings())
    with open_assistant(Settings(home=tmp_path), memory=memory, chat_model=ScriptedChatModel()) as assistant:
        list(assistant.respond("The zorbstones in the garden are loose again."))
        assert assistant.wait_until_idle(timeout_s=60)
        assert {span for span, _ in kept(memory, "zorbstones")} == {"conversation", "month"}
        (conversation,) = memory.conversations()
        question = memory.thread(conversation.id)[0]
        list(assistant.edit(question.id, "The quuxstones in the garden are loose again."))
        assert assistant.wait_until_idle(timeout_s=60)
        assert "quuxstones" in dict(kept(memory, "quuxstones garden"))["conversation"][0]
        assert "zorbstones" not in dict(kept(memory, "quuxstones garden"))["conversation"][0]
        memory.forget(memory.plan_forget_topic("quuxstones"))
        assert assistant.wait_until_idle(timeout_s=60)
        assert search(memory, "quuxstones") == []
        assert not any("quuxstones" in line.text for digest in memory.digests.all() for line in digest.lines)
