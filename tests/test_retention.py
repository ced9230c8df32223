"""Conversations that are past their time go, with what only they taught; nothing goes unasked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant import Settings, open_assistant
from memory import MemoryManager, NotFound, open_memory, retention
from tests.fakes import HashEmbeddings, ScriptedChatModel

NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def talk(memory: MemoryManager, days_ago: int, fact: str) -> str:
    at = NOW - timedelta(days=days_ago)
    conversation = memory.start_conversation(created_at=at)
    said = memory.add_message(conversation.id, role="user", content=f"{fact}.", created_at=at)
    memory.add(content=f"The user said {fact}.", value=fact, source_message_id=said.id, plural=True)
    return conversation.id


@pytest.fixture
def memory(tmp_path: Path) -> MemoryManager:
    return open_memory(tmp_path, embeddings=HashEmbeddings(), clock=lambda: NOW, start_worker=False)


def test_nothing_goes_unless_it_was_asked_for(memory: MemoryManager) -> None:
    talk(memory, 4000, "Zorb")
    assert retention.carry_out(memory) == 0
    retention.schedule(memory)
    assert memory.jobs.pending({retention.JOB}) == 0


def test_what_is_past_its_time_goes_with_what_only_it_taught(memory: MemoryManager) -> None:
    old, new = talk(memory, 31, "Zorb"), talk(memory, 29, "Quux")
    retention.keep_all_for(memory, 30)
    assert retention.carry_out(memory) == 1
    assert memory.find_conversation(old) is None
    assert memory.find_conversation(new) is not None
    assert [m.value for m in memory.memories(include_closed=True)] == ["Quux"]
    memory.close()
    for file in memory.home.rglob("*"):
        assert not file.is_file() or b"Zorb" not in file.read_bytes(), file


def test_one_conversation_has_a_time_of_its_own(memory: MemoryManager) -> None:
    kept, short, others = talk(memory, 400, "Zorb"), talk(memory, 8, "Quux"), talk(memory, 8, "Plum")
    retention.keep_all_for(memory, 30)
    retention.keep_for(memory, kept, retention.FOR_EVER)
    retention.keep_for(memory, short, 7)
    assert retention.carry_out(memory) == 1
    assert {c.id for c in memory.conversations()} == {kept, others}
    retention.keep_for(memory, kept, None)
    assert retention.carry_out(memory) == 1
    with pytest.raises(NotFound):
        retention.keep_for(memory, "nothing", 7)


def test_a_page_that_opens_lets_go_of_what_became_due_meanwhile(tmp_path: Path) -> None:
    with open_memory(tmp_path, embeddings=HashEmbeddings(), clock=lambda: NOW, start_worker=False) as earlier:
        talk(earlier, 1, "Zorb")
        retention.keep_all_for(earlier, 30)
        assert retention.carry_out(earlier) == 0
    later = open_memory(tmp_path, embeddings=HashEmbeddings(), clock=lambda: NOW + timedelta(days=40))
    with open_assistant(Settings(home=tmp_path), memory=later, chat_model=ScriptedChatModel()) as assistant:
        assert assistant.wait_until_idle(timeout_s=60)
        assert assistant.memory.conversations() == []
        assert assistant.memory.memories() == []
