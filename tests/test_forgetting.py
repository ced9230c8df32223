"""Forgotten means gone: from every row, every file, every vector; and from nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from memory import MemoryManager, Message, MessageUse, ProfileLine, Rule, open_memory
from memory.forgetting import MARK
from tests.fakes import HashEmbeddings


def files_with(home: Path, needle: bytes) -> list[str]:
    return [
        str(p.relative_to(home)) for p in home.rglob("*") if p.is_file() and needle.lower() in p.read_bytes().lower()
    ]


def tell(memory: MemoryManager, said: str, value: str, *, attribute: str = "dog", title: str | None = None) -> Message:
    conversation = memory.start_conversation(title)
    message = memory.add_message(conversation.id, role="user", content=said)
    memory.add(
        content=f"The user's {attribute} is {value}.", attribute=attribute, value=value, source_message_id=message.id
    )
    return message


def answer(memory: MemoryManager, question: Message, text: str) -> Message:
    return memory.add_message(question.conversation_id, role="assistant", content=text)


def test_a_forgotten_name_is_in_no_file_of_the_home_nor_is_its_vector(memory: MemoryManager) -> None:
    question = tell(memory, "My dog is called Zorblatt.", "Zorblatt", title="About Zorblatt")
    (fact,) = memory.memories()
    reply = answer(memory, question, "ZORBLATT is a good name; zorblatt's luck!")
    other = memory.start_conversation()
    asked = memory.add_message(other.id, role="user", content="What is my dog called?")
    memory.set_block(asked.id, f"- {fact.content} (since 3 May 2026)")
    told = memory.add_message(other.id, role="assistant", content="Zorblatt.")
    memory.finish_message(told.id, content="Zorblatt.", reasoning="It says Zorblatt.")
    memory.record_uses(told.id, [MessageUse(item_type="memory", item_id=fact.id, text=fact.content)])
    memory.add_feedback(reply.id, rating=-1, comment="Zorblatt is a she", edit='Line\nZorblatt "the dog"')
    memory.add_summary(question.conversation_id, "They spoke of Zorblatt.", [question.id])
    line = ProfileLine(section="People and pets", text=fact.content, memory_ids=(fact.id,))
    memory.add_profile_version(lines=[line], author="facts")
    mine = ProfileLine(section="Notes", text="Walks:\nZorblatt at six", author="user")
    memory.add_profile_version(lines=[mine], hidden_memory_ids=[fact.id], author="user")
    memory.add_prompt_version(
        parent_id=None, rules=[Rule(id="r", text="Greet\tZorblatt.")], state="accepted", reason="Zorblatt"
    )
    memory.jobs.enqueue("nobody", {"text": "line\nZorblatt ø"})
    memory.set_note("failure", "Zorblatt")
    memory.add(content="Zorblatt sleeps in the kitchen.", attribute="place", value="kitchen")
    assert memory.wait_until_idle(20)
    texts = (question.content, fact.content)
    vectors = [vector.tobytes() for vector in HashEmbeddings().embed_documents(texts)]
    assert files_with(memory.home, b"Zorblatt") and all(files_with(memory.home, vector) for vector in vectors)

    plan = memory.plan_forget(fact.id)
    assert plan.memories == (fact,)
    assert {m.id for m in plan.redacted_messages} == {question.id, reply.id, told.id}
    assert memory.get(fact.id) == fact, "a plan takes nothing"
    memory.delete(fact.id)

    assert files_with(memory.home, b"Zorblatt") == []
    assert memory.wait_until_idle(20)
    assert files_with(memory.home, b"Zorblatt") == []
    assert [files_with(memory.home, vector) for vector in vectors] == [[], []]
    assert memory.get_message(question.id).content == f"My dog is called {MARK}."
    assert [(e.kind, e.content) for e in memory.history(fact.id)] == [("added", ""), ("forgotten", "")]
    assert memory.search("Zorblatt") == [] or all(
        "orblatt" not in hit.item.content for hit in memory.search("Zorblatt")
    )
    assert question.id in {hit.item.id for hit in memory.search("my dog is called")}, "the rest is still found"
    assert memory.check() == []


def test_a_common_word_is_struck_only_where_it_came_from_and_was_used(memory: MemoryManager) -> None:
    question = tell(memory, "I prefer tea.", "tea", attribute="drink")
    (fact,) = memory.memories()
    reply = answer(memory, question, "Tea it is.")
    elsewhere = memory.start_conversation()
    untouched = memory.add_message(elsewhere.id, role="user", content="The tea was cold.")
    used = memory.start_conversation()
    told = memory.add_message(used.id, role="assistant", content="You like tea.")
    memory.record_uses(
        told.id, [MessageUse(item_type="message", item_id=question.id, text='You wrote: "I prefer tea."')]
    )
    memory.delete(fact.id)
    assert memory.get_message(question.id).content == f"I prefer {MARK}."
    assert memory.get_message(reply.id).content == f"{MARK} it is."
    assert memory.get_message(told.id).content == f"You like {MARK}."
    assert memory.get_message(untouched.id).content == "The tea was cold."


def test_words_inside_other_words_are_left_alone(memory: MemoryManager) -> None:
    question = tell(memory, "My cat is Ann-Marie, not Annabel; Ann is my aunt.", "Ann", attribute="aunt")
    memory.delete(memory.memories()[0].id)
    assert memory.get_message(question.id).content == f"My cat is {MARK}-Marie, not Annabel; {MARK} is my aunt."


def test_names_in_scripts_without_spaces_are_struck(memory: MemoryManager) -> None:
    question = tell(memory, "我叫小明。", "小明", attribute="name")
    later = memory.add_message(memory.start_conversation().id, role="user", content="小明回来了")
    memory.delete(memory.memories()[0].id)
    assert memory.get_message(question.id).content == f"我叫{MARK}。"
    assert memory.get_message(later.id).content == f"{MARK}回来了"


@pytest.mark.parametrize(
    ("said", "value", "left"),
    [
        ("I was born on May 3rd, in Hull.", "3 May 1990", MARK),
        ("Bought a house in June of 1990.", "1990 June", f"Bought a house in {MARK} of {MARK}."),
    ],
)
def test_a_source_that_says_it_in_other_words_loses_them_too(
    memory: MemoryManager, said: str, value: str, left: str
) -> None:
    question = tell(memory, said, value, attribute="birthday")
    plan = memory.delete(memory.memories()[0].id)
    assert [m.id for m in plan.redacted_messages] == [question.id]
    assert memory.get_message(question.id).content == left


def test_forgetting_a_closed_fact_leaves_the_message_that_closed_it(memory: MemoryManager) -> None:
    first = tell(memory, "I live in Bergen.", "Bergen", attribute="city")
    (bergen,) = memory.memories()
    second = tell(memory, "I moved to Trondheim.", "Trondheim", attribute="city")
    assert memory.get(bergen.id).valid_to is not None
    memory.delete(bergen.id)
    assert memory.get_message(first.id).content == f"I live in {MARK}."
    assert memory.get_message(second.id).content == "I moved to Trondheim."
    assert [fact.value for fact in memory.memories()] == ["Trondheim"]


def test_undo_takes_back_what_was_learnt_and_leaves_what_was_typed(memory: MemoryManager) -> None:
    tell(memory, "I live in Bergen.", "Bergen", attribute="city")
    second = tell(memory, "I moved to Trondheim.", "Trondheim", attribute="city")
    (trondheim,) = memory.memories()
    memory.undo_add(trondheim.id)
    assert [fact.value for fact in memory.memories()] == ["Bergen"]
    assert memory.get_message(second.id).content == "I moved to Trondheim."
    assert {event.content for event in memory.history(trondheim.id)} == {""}


def test_a_deleted_conversation_leaves_no_word_and_takes_what_was_learnt_only_there(memory: MemoryManager) -> None:
    only = tell(memory, "My dog is called Zorblatt, a quetzalian beast.", "Zorblatt")
    both = tell(memory, "I live in Bergen.", "Bergen", attribute="city")
    again = memory.add_message(only.conversation_id, role="user", content="Still in Bergen.")
    memory.add(content="The user's city is Bergen.", attribute="city", value="Bergen", source_message_id=again.id)
    quoting = memory.add_message(both.conversation_id, role="user", content="What beast have I?")
    line = f'On 3 May 2026 the user wrote: "{only.content}"'
    memory.set_block(quoting.id, f"From earlier:\n- {line}")
    told = answer(memory, quoting, "I cannot say.")
    memory.record_uses(told.id, [MessageUse(item_type="message", item_id=only.id, text=line)])
    memory.wait_until_idle(20)

    memory.delete_conversation(only.conversation_id)

    memory.wait_until_idle(20)
    assert files_with(memory.home, b"quetzalian") == []
    assert [fact.value for fact in memory.memories()] == ["Bergen"]
    assert [c.id for c in memory.conversations()] == [both.conversation_id]
    assert memory.check() == []


def test_a_conversation_of_two_thousand_messages_can_be_deleted(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    parent = None
    with memory.store.transaction():
        for n in range(2000):
            message = Message(
                id=f"m{n}",
                conversation_id=conversation.id,
                parent_id=parent,
                role="user",
                content="",
                created_at=memory.clock(),
            )
            memory.store.insert("messages", message)
            parent = message.id
    memory.delete_conversation(conversation.id)
    assert memory.counts()["messages"] == 0


class SlowEmbeddings(HashEmbeddings):
    """Lets somebody else act between reading a text and handing back its vector."""

    meanwhile = staticmethod(lambda: None)

    def embed_documents(self, texts):  # type: ignore[no-untyped-def]
        vectors = super().embed_documents(texts)
        act, self.meanwhile = self.meanwhile, staticmethod(lambda: None)
        act()
        return vectors


def test_a_vector_made_from_words_struck_meanwhile_by_another_process_is_not_kept(tmp_path: Path) -> None:
    encoder = SlowEmbeddings()
    with (
        open_memory(tmp_path / "h", embeddings=encoder, start_worker=False) as owner,
        open_memory(tmp_path / "h", embeddings=HashEmbeddings()) as beside,
    ):
        question = tell(owner, "My dog is called Zorblatt.", "Zorblatt")
        (fact,) = owner.memories()
        encoder.meanwhile = lambda: beside.delete(fact.id)  # type: ignore[assignment,method-assign]
        owner._index_pending({})
        kept = {identifier: vector for identifier, _, vector in owner.store.vectors("hash")}
        assert set(kept) == {question.id}
        expected = HashEmbeddings().embed_query(f"My dog is called {MARK}.")
        assert np.array_equal(np.frombuffer(kept[question.id], np.float32), expected)
