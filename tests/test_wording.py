"""A model may tell facts in its own words; it may bring nothing of its own and leave nothing out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant import Settings, open_assistant
from assistant.digests import keep_conversation, keep_month, search
from assistant.profile import current_profile, merge_edit, profile_text, reword
from assistant.summaries import fold
from assistant.wording import NOTE, checks_out
from memory import MemoryManager, Message, open_memory
from tests.fakes import HashEmbeddings, ScriptedChatModel

FACTS = ("The user's dog is called Pemba.", "The user's cat is called Miso.", "The user has 3 hens.")


def told(*sentences: tuple[str, list[int]]) -> ScriptedChatModel:
    rows = [{"text": text, "facts": facts} for text, facts in sentences]
    return ScriptedChatModel(replies=[json.dumps({"sentences": rows})], n_params=7_000_000_000)


TOGETHER = ("The user has a dog called Pemba, a cat called Miso and 3 hens.", [1, 2, 3])


@pytest.mark.parametrize(
    ("sentences", "right"),
    [
        ([("The user has a dog called Pemba and a cat called Miso.", [0, 1]), ("The user has 3 hens.", [2])], True),
        ([(TOGETHER[0], [0, 1, 2])], True),
        ([("The user has a dog called Pemba and a cat called Miso.", [0, 1])], False),
        ([("The user has a dog, a cat called Miso and 3 hens.", [0, 1, 2])], False),
        ([("The user has a dog called Pemba, a cat called Miso and 4 hens.", [0, 1, 2])], False),
        ([("The user and Peter have a dog called Pemba, a cat called Miso and 3 hens.", [0, 1, 2])], False),
        ([(TOGETHER[0], [0, 1, 2]), ("The user has 3 hens.", [2])], False),
    ],
)
def test_every_fact_is_told_once_and_nothing_else(sentences: list[tuple[str, list[int]]], right: bool) -> None:
    assert checks_out(sentences, FACTS) is right


def know(memory: MemoryManager) -> None:
    for number, fact in enumerate(FACTS):
        memory.add(
            content=fact, attribute=f"pet:{number}", value=fact.split()[-1].strip("."), importance=0.9 - number / 10
        )


def test_the_page_is_told_by_a_model_that_checks_out_and_cites_every_fact(memory: MemoryManager) -> None:
    know(memory)
    reword(memory, told(TOGETHER))
    (line,) = current_profile(memory).lines
    assert line.text == TOGETHER[0]
    assert set(line.memory_ids) == {m.id for m in memory.memories()}
    asked_again = told(("The user has nothing.", [1]))
    reword(memory, asked_again)
    assert asked_again.heard == [], "nothing has changed, so nothing is asked"


def test_what_does_not_check_out_leaves_the_facts_in_their_own_words(memory: MemoryManager) -> None:
    know(memory)
    reword(memory, told(("The user has a dog called Rex.", [1, 2, 3])))
    assert [line.text for line in current_profile(memory).lines] == list(FACTS)


def test_a_fact_that_changes_takes_the_sentence_with_it(memory: MemoryManager) -> None:
    know(memory)
    reword(memory, told(TOGETHER))
    hens = next(m for m in memory.memories() if "hens" in m.content)
    memory.update(hens.id, content="The user has 5 hens.")
    assert {line.text for line in current_profile(memory).lines} == {*FACTS[:2], "The user has 5 hens."}


def test_the_users_own_and_locked_lines_are_never_told_by_the_model(memory: MemoryManager) -> None:
    know(memory)
    page = current_profile(memory)
    lines, hidden = merge_edit(page, profile_text(page.lines).replace("a cat", "a cat").replace("3 hens", "three hens"))
    memory.add_profile_version(lines=lines, hidden_memory_ids=hidden, author="user")
    reword(memory, told(("The user has a dog called Pemba and a cat called Miso.", [1, 2])))
    assert {(line.text, line.author) for line in current_profile(memory).lines} == {
        ("The user has a dog called Pemba and a cat called Miso.", "facts"),
        ("The user has three hens.", "user"),
    }


def test_forgetting_drops_what_the_model_has_told(memory: MemoryManager) -> None:
    know(memory)
    reword(memory, told(TOGETHER))
    assert "Miso" in memory.note(NOTE)
    memory.delete(next(m.id for m in memory.memories() if "Miso" in m.content))
    assert memory.note(NOTE) == ""
    assert memory.wait_until_idle(60)
    assert not any(b"Miso" in file.read_bytes() for file in memory.home.rglob("*") if file.is_file())


def test_a_digest_is_told_by_the_model_with_all_that_it_stands_on(memory: MemoryManager) -> None:
    at = datetime(2026, 3, 5, 12, tzinfo=UTC)
    conversation = memory.start_conversation(created_at=at)
    texts = ("The pump in Hull leaks again.", "The plumber from Hull wants 90 pounds.")
    said = [memory.add_message(conversation.id, role="user", content=text, created_at=at) for text in texts]
    model = told(("The user said: The pump in Hull leaks, and the plumber wants 90 pounds.", [1, 2]))
    keep_conversation(memory, conversation.id, model)
    (digest,) = search(memory, "pump plumber")
    assert [(line.text, set(line.cites)) for line in digest.lines] == [
        ("The user said: The pump in Hull leaks, and the plumber wants 90 pounds.", {m.id for m in said})
    ]
    keep_month(memory, "2026-03", told(("The user said: The pump in Bonn leaks.", [1, 2])))
    month = next(found for found in search(memory, "pump plumber") if found.span == "month")
    assert len(month.lines) == 2, "Bonn is in no message"


def test_a_summary_with_a_name_of_its_own_is_none() -> None:
    def message(content: str) -> Message:
        at = datetime(2026, 3, 5, tzinfo=UTC)
        return Message(id="m", conversation_id="c", parent_id=None, role="user", content=content, created_at=at)

    said = [message("I moved to Hull in 2019.")]
    good = ScriptedChatModel(replies=["The user moved to Hull in 2019."], n_params=7_000_000_000)
    bad = ScriptedChatModel(replies=["The user moved to Hull with Peter in 2018."], n_params=7_000_000_000)
    assert fold("", said, chat_model=good) == "The user moved to Hull in 2019."
    assert fold("", said, chat_model=bad) == "The user said: I moved to Hull in 2019."


def test_the_built_in_models_size_is_asked_for_nothing(tmp_path: Path) -> None:
    small = ScriptedChatModel(n_params=10_000_000)
    memory = open_memory(tmp_path, embeddings=HashEmbeddings())
    with open_assistant(Settings(home=tmp_path), memory=memory, chat_model=small) as assistant:
        know(memory)
        memory.jobs.enqueue("profile", {}, key="profile")
        memory.worker.wake()
        assert assistant.wait_until_idle(timeout_s=60)
        assert small.heard == []
