"""A topic, a person, a time: gone from every row, every file and every vector; and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.extraction import apply, extract_by_rules
from memory import MemoryManager, Message, MessageUse, ProfileLine
from memory.forgetting import MARK, _any_of, without_sentences
from tests.fakes import HashEmbeddings

MAY = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def files_with(home: Path, needle: bytes) -> list[str]:
    return [
        str(p.relative_to(home)) for p in home.rglob("*") if p.is_file() and needle.lower() in p.read_bytes().lower()
    ]


def say(memory: MemoryManager, text: str, conversation_id: str = "", *, at: datetime = MAY) -> Message:
    conversation = conversation_id or memory.start_conversation(created_at=at).id
    message = memory.add_message(conversation, role="user", content=text, created_at=at)
    apply(memory, extract_by_rules(text, said_at=at), message)
    return message


def answer(memory: MemoryManager, question: Message, text: str) -> Message:
    return memory.add_message(
        question.conversation_id, role="assistant", content=text, created_at=question.created_at + timedelta(seconds=5)
    )


def contents(memory: MemoryManager) -> list[str]:
    return sorted(m.content for m in memory.memories(include_closed=True))


def vectors_of(memory: MemoryManager, *texts: str) -> list[bytes]:
    assert memory.wait_until_idle(60)
    found = [vector.tobytes() for vector in HashEmbeddings().embed_documents(texts)]
    assert all(files_with(memory.home, vector) for vector in found), "the texts are those that were embedded"
    return found


def test_a_forgotten_topic_is_in_no_file_nor_is_its_vector(memory: MemoryManager) -> None:
    first = say(memory, "I moved to Hull. I collect zorbstones and keep bees. Zorbstones glow at night.")
    told = answer(memory, first, "How do zorbstones glow? Bees are lovely.")
    other = say(memory, "What do I collect?")
    line = "The user collects zorbstones. (since 3 May 2026)"
    memory.set_block(other.id, f"Memories:\n- {line}")
    used = answer(memory, other, "You collect zorbstones.")
    fact = next(m for m in memory.memories() if m.value == "zorbstones")
    memory.record_uses(used.id, [MessageUse(item_type="memory", item_id=fact.id, text=line)])
    memory.add_summary(first.conversation_id, "They keep bees. They spoke of a zorbstone.", [first.id])
    memory.rename_conversation(first.conversation_id, "Zorbstones and bees", by="auto")
    memory.add_profile_version(
        lines=[ProfileLine(section="Tastes", text=fact.content, memory_ids=(fact.id,))], author="facts"
    )
    memory.add_feedback(used.id, rating=-1, comment="My zorbstones deserve more")
    memory.hold_back(message_id=first.id, content="The user worships zorbstones.", sensitivity="religion")
    memory.set_note("x", "zorbstones")
    vectors = vectors_of(memory, first.content, fact.content)

    plan = memory.plan_forget_topic("zorbstones")
    assert fact in plan.memories
    assert {m.id for m in plan.redacted_messages} == {first.id, told.id, used.id}
    assert memory.get(fact.id) == fact, "a plan takes nothing"
    memory.forget(plan)

    assert memory.wait_until_idle(60)
    assert files_with(memory.home, b"zorbstone") == []
    assert [files_with(memory.home, vector) for vector in vectors] == [[], []]
    assert memory.get_message(first.id).content == f"I moved to Hull. {MARK}"
    assert memory.get_message(told.id).content == f"{MARK} Bees are lovely."
    assert contents(memory) == ["The user lives in Hull."], "what was said in the same sentence goes with it"
    assert {e.content for e in memory.history(fact.id)} == {""}
    assert memory.held_facts() == []
    assert memory.check() == []


def test_a_forgotten_person_goes_by_name_and_by_what_they_are(memory: MemoryManager) -> None:
    one = say(memory, "My sister is called Quillona. I live in Bergen.")
    two = say(memory, "My sister lives in Perth. She is fun.")
    three = say(memory, "My brother is called Tam.")
    plan = memory.plan_forget_person("Quillona")
    memory.forget(plan)
    assert memory.wait_until_idle(60)
    assert files_with(memory.home, b"Quillona") == []
    assert files_with(memory.home, b"Perth") == []
    assert memory.get_message(one.id).content == f"{MARK} I live in Bergen."
    assert memory.get_message(two.id).content == f"{MARK} She is fun."
    assert memory.get_message(three.id) == three
    assert contents(memory) == ["The user lives in Bergen.", "The user's brother is called Tam."]


def test_a_topic_takes_the_name_it_is_known_by(memory: MemoryManager) -> None:
    say(memory, "My boss is called Grimbald.")
    say(memory, "Grimbald shouted again today.")
    plan = memory.plan_forget_topic("my boss")
    assert set(plan.topic) == {"boss", "Grimbald"}
    assert len(plan.redacted_messages) == 2
    memory.forget(plan)
    assert memory.wait_until_idle(60)
    assert files_with(memory.home, b"Grimbald") == []


def test_with_two_sisters_the_name_takes_her_alone(memory: MemoryManager) -> None:
    say(memory, "My sister is called Quillona.")
    say(memory, "My sister is called Odile.")
    kept = say(memory, "My sister came by.")
    memory.forget(memory.plan_forget_person("quillona"))
    assert contents(memory) == ["The user's sister is called Odile."]
    assert memory.get_message(kept.id) == kept


def test_a_forgotten_period_takes_all_that_was_said_then_and_only_learnt_then(memory: MemoryManager) -> None:
    before = say(memory, "I live in Bergen.", at=MAY - timedelta(days=10))
    during = say(memory, "Strange flimmerwort everywhere. I'm allergic to flimmerwort.", before.conversation_id, at=MAY)
    reply = answer(memory, during, "Flimmerwort is a weed.")
    whole = say(memory, "I adopted a cat called Blixa.", at=MAY)
    again = say(memory, "Still in Bergen. I live in Bergen.", at=MAY)
    by_hand = memory.add(content="The user waves at trams.")
    after = say(memory, "What a day.", at=MAY + timedelta(days=10))
    memory.add_summary(before.conversation_id, "Flimmerwort was spoken of.", [before.id, during.id])
    vectors = vectors_of(memory, during.content)

    plan = memory.plan_forget_period(MAY - timedelta(days=1), MAY + timedelta(days=1))
    assert {c.id for c in plan.deleted_conversations} == {whole.conversation_id, again.conversation_id}
    assert {m.id for m in plan.blanked_messages} == {during.id, reply.id}
    memory.forget(plan)

    assert memory.wait_until_idle(60)
    for word in (b"flimmerwort", b"Blixa"):
        assert files_with(memory.home, word) == []
    assert files_with(memory.home, vectors[0]) == []
    assert contents(memory) == ["The user lives in Bergen.", by_hand.content]
    assert memory.get_message(before.id).content == before.content
    assert memory.get_message(during.id).content == MARK
    assert memory.get_message(after.id) == after
    assert memory.latest_summary(before.conversation_id) is None
    assert memory.check() == []


def test_what_nobody_spoke_of_takes_nothing(memory: MemoryManager) -> None:
    say(memory, "I live in Bergen.")
    for plan in (
        memory.plan_forget_topic("submarines"),
        memory.plan_forget_topic("  "),
        memory.plan_forget_person("Nobody"),
        memory.plan_forget_period(MAY - timedelta(days=9), MAY - timedelta(days=8)),
    ):
        assert plan.is_empty
        memory.forget(plan)
    assert contents(memory) == ["The user lives in Bergen."]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("I saw Max. He was fine.", f"{MARK} He was fine."),
        ("He was fine. I saw Max! Max's coat too. Bye.", f"He was fine. {MARK} Bye."),
        ("One line\nMax was here\nAnother", f"One line\n{MARK}\nAnother"),
        ("Maximilian came.", "Maximilian came."),
        ("no stop max", MARK),
        ("Max", MARK),
    ],
)
def test_a_sentence_goes_whole_and_its_neighbours_stay(text: str, left: str) -> None:
    assert without_sentences(text, _any_of(["Max"])) == left


@given(st.text("Max abc.!?\n", max_size=60))
def test_no_word_of_the_topic_is_ever_left(text: str) -> None:
    pattern = _any_of(["Max"])
    assert not pattern.search(without_sentences(text, pattern))
