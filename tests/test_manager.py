"""What every other program relies on: conversations as trees, facts with a life, search that needs no index."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import memory as package
from memory import MemoryManager, NewMessage, NotFound, Rule, open_memory
from tests.fakes import HashEmbeddings

WHEN = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)


def test_a_title_made_by_itself_comes_too_late_for_one_that_the_user_gave(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    memory.rename_conversation(conversation.id, "What is a fjord?", by="auto")
    assert memory.get_conversation(conversation.id).title == "What is a fjord?"
    memory.rename_conversation(conversation.id, "Fjords")
    memory.rename_conversation(conversation.id, "What is a fjord?", by="auto")
    found = memory.get_conversation(conversation.id)
    assert (found.title, found.titled_by) == ("Fjords", "user")


def test_the_public_names_are_all_there() -> None:
    assert all(hasattr(package, name) for name in package.__all__)


def test_importing_memory_loads_no_engine() -> None:
    code = "import memory, sys; print([m for m in ('chromadb', 'torch', 'sentence_transformers') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert found.stdout.strip() == "[]", found.stderr


def test_messages_follow_each_other_and_an_edit_is_a_sibling(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    first = memory.add_message(conversation.id, role="user", content="one")
    reply = memory.add_message(conversation.id, role="assistant", content="two")
    edited = memory.add_message(conversation.id, role="user", content="one, edited", parent_id=None)
    assert [m.content for m in memory.thread(conversation.id)] == ["one, edited"]
    assert [m.content for m in memory.thread(conversation.id, reply.id)] == ["one", "two"]
    assert [m.id for m in memory.siblings(edited.id)] == [first.id, edited.id]
    assert memory.child_leaf(first.id).id == reply.id
    memory.set_active_leaf(conversation.id, None)
    assert memory.thread(conversation.id) == []


def test_the_conversation_last_spoken_in_comes_first(memory: MemoryManager) -> None:
    old = memory.start_conversation("old", created_at=WHEN)
    new = memory.start_conversation("new", created_at=WHEN + timedelta(days=1))
    assert [c.id for c in memory.conversations()] == [new.id, old.id]
    memory.add_message(old.id, role="user", content="hi", created_at=WHEN + timedelta(days=2))
    assert [c.id for c in memory.conversations()] == [old.id, new.id]


@pytest.mark.parametrize(
    "text", ["a\0b", "\ud800 lone", "\U0001f436 שלום", "x" * 200_000, "'; DROP TABLE messages; --"]
)
def test_any_text_can_be_stored_and_read_back(memory: MemoryManager, text: str) -> None:
    conversation = memory.start_conversation()
    message = memory.add_message(conversation.id, role="user", content=text)
    expected = text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert memory.get_message(message.id).content == message.content == expected
    assert memory.wait_until_idle(20)


def test_a_growing_reply_is_found_once_it_is_finished(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    memory.add_message(conversation.id, role="user", content="Tell me.")
    reply = memory.add_message(conversation.id, role="assistant", content="", status="streaming")
    memory.grow_message(reply.id, "The aardvark")
    assert reply.id not in {hit.item.id for hit in memory.search("aardvark")}
    done = memory.finish_message(reply.id, content="The aardvark digs.", completion_tokens=4)
    assert (done.status, done.completion_tokens) == ("complete", 4)
    assert reply.id in {hit.item.id for hit in memory.search("aardvark")}
    assert memory.wait_until_idle(20)
    assert memory.search("aardvark")[0].item.id == reply.id


def test_a_message_is_found_by_the_words_of_its_neighbour_before_any_vector(own_home: Path) -> None:
    with open_memory(own_home, embeddings=HashEmbeddings(), start_worker=False) as memory:
        conversation = memory.start_conversation()
        question = memory.add_message(conversation.id, role="user", content="Where did we leave the canoe?")
        reply = memory.add_message(conversation.id, role="assistant", content="Behind the shed.")
        assert {hit.item.id for hit in memory.search("canoe")} == {question.id, reply.id}
        assert {hit.source for hit in memory.search("shed")} == {"bm25"}


def test_indexes_are_deleted_and_made_again_from_sqlite_with_the_same_answers(own_home: Path) -> None:
    queries = ("dog", "Where did we leave the canoe?", "kitchen shed", "what is my city")
    with open_memory(own_home, embeddings=HashEmbeddings()) as memory:
        for n in range(8):
            conversation = memory.start_conversation(created_at=WHEN)
            texts = (f"Trip {n}: the canoe and the dog", f"The shed number {n}", f"A kitchen in city {n}")
            memory.add_messages(
                [NewMessage(conversation_id=conversation.id, role="user", content=t, created_at=WHEN) for t in texts]
            )
        memory.add(content="The user lives in Bergen.", attribute="city", value="Bergen", valid_from=WHEN)
        assert memory.wait_until_idle(20)
        before = [[(h.item.id, h.source) for h in memory.search(q, as_of=memory.clock())] for q in queries]
        assert any(source == "both" for hits in before for _, source in hits)
        with memory.store.transaction() as connection:
            connection.execute("DROP TABLE messages_fts")
            connection.execute("DROP TABLE memories_fts")
    shutil.rmtree(own_home / "index")
    with open_memory(own_home, embeddings=HashEmbeddings(), start_worker=False) as memory:
        memory.rebuild_index()
        assert [[(h.item.id, h.source) for h in memory.search(q, as_of=memory.clock())] for q in queries] == before


def test_many_messages_are_embedded_in_batches_with_progress(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    seen: list[tuple[int, int]] = []
    added = memory.add_messages(
        [NewMessage(conversation_id=conversation.id, role="user", content=f"note {n}") for n in range(150)],
        progress=lambda done, total: seen.append((done, total)),
    )
    assert [m.id for m in memory.thread(conversation.id)] == [m.id for m in added]
    assert memory.store.value("SELECT count(*) FROM embeddings") == 150
    assert seen == sorted(seen) and (not seen or seen[-1][0] <= seen[-1][1])


def test_a_changed_value_closes_the_old_one_with_its_dates(memory: MemoryManager) -> None:
    bergen = memory.add(content="The user lives in Bergen.", attribute="city", value="Bergen", valid_from=WHEN)
    later = WHEN + timedelta(days=9)
    trondheim = memory.add(
        content="The user lives in Trondheim.", attribute="city", value="Trondheim", valid_from=later
    )
    old = memory.get(bergen.id)
    assert (old.valid_to, old.superseded_by) == (later, trondheim.id)
    assert [event.kind for event in memory.history(bergen.id)] == ["added", "closed"]
    assert [fact.id for fact in memory.memories()] == [trondheim.id]
    assert {fact.id for fact in memory.memories(include_closed=True)} == {bergen.id, trondheim.id}


def test_the_same_fact_said_twice_is_one_fact_with_two_events(memory: MemoryManager) -> None:
    one = memory.add(content="The user lives in Bergen.", attribute="city", value="Bergen")
    two = memory.add(content="The user lives in bergen", attribute="city", value="bergen")
    assert one.id == two.id
    assert [event.kind for event in memory.history(one.id)] == ["added", "refreshed"]


def test_a_fact_is_edited_closed_and_reopened_and_remembers_it(memory: MemoryManager) -> None:
    fact = memory.add(content="The user plays the cello.", attribute="plays", value="cello", plural=True)
    memory.update(fact.id, content="The user plays the viola.", value="viola")
    assert [h.item.id for h in memory.search("viola")] == [fact.id]
    assert {hit.source for hit in memory.search("cello", include=("memory",))} <= {"dense"}
    memory.close_memory(fact.id)
    assert memory.search("viola", include=("memory",)) == []
    memory.reopen(fact.id)
    assert [h.item.id for h in memory.search("viola")] == [fact.id]
    assert [event.kind for event in memory.history(fact.id)] == ["added", "edited", "closed", "reopened"]


def test_a_newer_rating_takes_the_older_ones_place(memory: MemoryManager) -> None:
    reply = memory.add_message(memory.start_conversation().id, role="assistant", content="hm")
    memory.add_feedback(reply.id, rating=-1, reasons=["too long"])
    memory.add_feedback(reply.id, rating=1)
    assert [(f.rating, f.reasons) for f in memory.feedback()] == [(1, ())]


def test_the_rules_in_force_are_the_version_accepted_last(memory: MemoryManager) -> None:
    rule = Rule(id="r", text="Keep answers short.", evidence=("f1",))
    first = memory.add_prompt_version(parent_id=None, rules=[rule], state="proposed", reason="twice")
    assert memory.current_prompt() is None
    memory.set_prompt_state(first.id, "accepted")
    current = memory.current_prompt()
    assert current is not None and current.rules == (rule,)
    memory.set_prompt_state(first.id, "retired")
    assert memory.current_prompt() is None


def test_a_second_opening_stores_and_searches_by_words_and_leaves_the_work(own_home: Path) -> None:
    with (
        open_memory(own_home, embeddings=HashEmbeddings(), start_worker=False) as owner,
        open_memory(own_home, embeddings=HashEmbeddings()) as beside,
    ):
        assert owner.owner and not beside.owner
        message = beside.add_message(beside.start_conversation().id, role="user", content="The canoe leaks.")
        assert [h.item.id for h in beside.search("canoe")] == [h.item.id for h in owner.search("canoe")] == [message.id]
        assert owner.jobs.pending({"index"}) == 1
        assert not beside.worker.started
        owner.worker.start()
        assert owner.wait_until_idle(20)
        assert owner.store.value("SELECT count(*) FROM embeddings") == 1


def test_a_memory_closed_on_another_thread_lets_go_of_its_home(own_home: Path) -> None:
    first = open_memory(own_home, embeddings=HashEmbeddings(), start_worker=False)
    closing = threading.Thread(target=first.close)
    closing.start()
    closing.join()
    with open_memory(own_home, embeddings=HashEmbeddings(), start_worker=False) as second:
        assert second.owner


class LazyEmbeddings(HashEmbeddings):
    ready = False

    def embed_documents(self, texts):  # type: ignore[no-untyped-def]
        self.ready = True
        return super().embed_documents(texts)


def test_the_encoder_is_loaded_in_the_background_even_when_nothing_wants_a_vector(own_home: Path) -> None:
    encoder = LazyEmbeddings()
    with open_memory(own_home, embeddings=encoder) as memory:
        assert memory.wait_until_idle(20)
        assert encoder.ready


def test_what_is_not_there_is_named(memory: MemoryManager) -> None:
    for missing in (memory.get, memory.get_message, memory.get_conversation, memory.history, memory.delete):
        with pytest.raises(NotFound, match="nothing"):
            missing("nothing")
    assert memory.find("nothing") is memory.find_message("nothing") is memory.find_conversation("nothing") is None


def test_a_tampered_index_is_noticed(memory: MemoryManager) -> None:
    memory.add_message(memory.start_conversation().id, role="user", content="The canoe leaks.")
    assert memory.check() == []
    with memory.store.transaction() as connection:
        connection.execute("DELETE FROM messages_fts")
    assert "rebuild-index" in memory.check()[0]
    memory.rebuild_index()
    assert memory.check() == []
