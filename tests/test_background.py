"""What is learnt after turns: rules at once, the chat model once a conversation has settled, nothing twice, nothing lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant import background
from assistant.assistant import Assistant, open_assistant
from assistant.background import EXTRACTION_FAILURE
from assistant.settings import Settings
from memory import MemoryManager, open_memory
from memory.forgetting import MARK
from memory.jobs import WorkerStopped
from tests.fakes import HashEmbeddings, ScriptedChatModel


def facts(*rows: tuple[str, str, str]) -> str:
    return json.dumps({"facts": [{"content": c, "attribute": a, "value": v} for c, a, v in rows]})


def opened(home: Path, *replies: str, n_params: int = 7_000_000_000) -> tuple[Assistant, ScriptedChatModel]:
    """With a worker that does not run: jobs are taken by hand."""
    model = ScriptedChatModel(replies=list(replies) or ["Noted."], n_params=n_params)
    memory = open_memory(home, embeddings=HashEmbeddings(), start_worker=False)
    return open_assistant(Settings(home=home), memory=memory, chat_model=model), model


def ask(memory: MemoryManager, learner: background.Background, *texts: str) -> str:
    conversation = memory.start_conversation()
    for text in texts:
        learner.after_turn(memory.add_message(conversation.id, role="user", content=text), first=False)
    return conversation.id


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "SETTLE_S", 0.0)


def test_turns_in_quick_succession_are_one_job(tmp_path: Path) -> None:
    assistant, _ = opened(tmp_path, n_params=10_000_000)
    with assistant:
        memory = assistant.memory
        conversation = ask(memory, assistant._background, "I live in Hull", "I have a dog called Rex", "I love jazz")
        assert memory.jobs.pending({"extract"}) == 1
        assistant._background.extract({"conversation_id": conversation})
        assert {m.value for m in memory.memories()} == {"Hull", "Rex", "jazz"}
        assert memory.unread.of(conversation, "rules") == []


def test_a_reader_that_is_stopped_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assistant, _ = opened(tmp_path, n_params=10_000_000)
    with assistant:
        memory = assistant.memory
        conversation = ask(memory, assistant._background, "I live in Hull", "I have a dog called Rex")
        looked: list[int] = []

        def stopped(**_: float) -> None:
            looked.append(1)
            if len(looked) == 2:
                raise WorkerStopped

        monkeypatch.setattr(memory.worker, "checkpoint", stopped)
        with pytest.raises(WorkerStopped):
            assistant._background.extract({"conversation_id": conversation})
        assert [m.value for m in memory.memories()] == ["Hull"]
    again, _ = opened(tmp_path, n_params=10_000_000)
    with again:
        assert [m.content for m in again.memory.unread.of(conversation, "rules")] == ["I have a dog called Rex"]
        again._background.extract({"conversation_id": conversation})
        assert {m.value for m in again.memory.memories()} == {"Hull", "Rex"}
        (hull,) = again.memory.memories(attribute="city")
        assert [event.kind for event in again.memory.history(hull.id)] == ["added"], "what was read is not read again"


def test_a_large_model_reads_after_the_rules_and_each_message_once(tmp_path: Path) -> None:
    answers = [facts(("The user restores old radios.", "hobby", "old radios")), facts()]
    assistant, model = opened(tmp_path, *answers)
    with assistant:
        memory, learner = assistant.memory, assistant._background
        conversation = ask(memory, learner, "My hobby: I restore old radios", "I live in Hull")
        learner.extract({"conversation_id": conversation})
        assert [m.value for m in memory.memories()] == ["Hull"], "the model has not been asked yet"
        assert memory.jobs.pending({"extract_with_model"}) == 1
        learner.extract_with_model({"conversation_id": conversation})
        assert {m.value for m in memory.memories()} == {"Hull", "old radios"}
        learner.extract_with_model({"conversation_id": conversation})
        assert len(model.heard) == 2


def test_a_model_that_writes_nonsense_costs_nothing_but_a_note(tmp_path: Path) -> None:
    assistant, _ = opened(tmp_path, "Sure, happy to help!")
    with assistant:
        memory, learner = assistant.memory, assistant._background
        conversation = ask(memory, learner, "I live in Hull")
        learner.extract({"conversation_id": conversation})
        learner.extract_with_model({"conversation_id": conversation})
        assert [m.value for m in memory.memories()] == ["Hull"]
        assert "schema" in memory.note(EXTRACTION_FAILURE)
        assert memory.unread.of(conversation, "model") == []


def test_a_deleted_conversation_leaves_nothing_to_read(tmp_path: Path) -> None:
    assistant, _ = opened(tmp_path)
    with assistant:
        conversation = ask(assistant.memory, assistant._background, "I live in Hull")
        assistant.memory.delete_conversation(conversation)
        assistant._background.extract({"conversation_id": conversation})
        assert assistant.memory.memories() == []


def test_what_lost_words_to_forgetting_is_not_read_and_gives_no_title(tmp_path: Path) -> None:
    assistant, model = opened(tmp_path, facts(("The user likes rain.", "like", "rain")))
    with assistant:
        memory, learner = assistant.memory, assistant._background
        said = f"My aunt is called {MARK}. I live in Bergen."
        conversation_id = ask(memory, learner, said)
        (question,) = memory.thread(conversation_id)
        learner.extract({"conversation_id": conversation_id})
        memory.unread.add(question, "model")
        learner.extract_with_model({"conversation_id": conversation_id})
        assert memory.memories() == [] and model.heard == []
        assert memory.unread.of(conversation_id, "model") == []
        learner.title({"conversation_id": conversation_id, "message_id": question.id})
        assert memory.get_conversation(conversation_id).title == "I live in Bergen"
