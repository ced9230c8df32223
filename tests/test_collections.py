"""Conversations that belong together, and personas that keep their memory to themselves."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant import Settings, open_assistant
from assistant.assistant import give_own_memory, personas_of
from memory import Memory, MemoryManager, NameNotUsable, NewMessage, NotFound, SearchHit, open_memory, transfer
from tests.fakes import HashEmbeddings, ScriptedChatModel


def say(memory: MemoryManager, text: str, *, into: str = "", persona: str = "nova") -> str:
    """A conversation of one message. Returns its identifier."""
    conversation = memory.start_conversation(text, persona=persona)
    memory.add_messages([NewMessage(conversation_id=conversation.id, role="user", content=text)])
    if into:
        memory.collections.put(conversation.id, memory.collections.create(into).id)
    return conversation.id


def contents(hits: list[SearchHit]) -> list[str]:
    return [hit.item.content for hit in hits]


def test_a_collection_has_one_name_however_it_is_written(memory: MemoryManager) -> None:
    made = memory.collections.create("  Garden   2026 ")
    assert made.name == "Garden 2026"
    for written in ("garden-2026", "GARDEN 2026", made.id):
        assert memory.collections.find(written) == made
    assert memory.collections.create("garden 2026") == made
    assert memory.collections.find("garden") is None
    for empty in ("", "  ", "---"):
        with pytest.raises(NameNotUsable):
            memory.collections.create(empty)
    with pytest.raises(NotFound):
        memory.collections.get("boats")


def test_a_name_that_another_collection_has_is_refused(memory: MemoryManager) -> None:
    memory.collections.create("Boats")
    memory.collections.create("Garden")
    with pytest.raises(NameNotUsable, match="Boats"):
        memory.collections.rename("garden", "boats")
    assert memory.collections.rename("garden", "GARDEN").name == "GARDEN"
    assert [c.name for c in memory.collections.all()] == ["Boats", "GARDEN"]


def test_a_conversation_is_in_one_collection_and_outlives_it(memory: MemoryManager) -> None:
    conversation = say(memory, "Kale wants lime.", into="Garden")
    memory.collections.put(conversation, memory.collections.create("Kitchen").id)
    assert memory.collections.conversations("garden") == []
    assert [c.id for c in memory.collections.conversations("kitchen")] == [conversation]
    memory.collections.delete("kitchen")
    assert memory.get_conversation(conversation).collection_id is None
    with pytest.raises(NotFound):
        memory.collections.put("nowhere", None)
    with pytest.raises(NotFound):
        memory.collections.put(conversation, "kitchen")


def test_a_search_in_a_collection_finds_what_was_said_and_learnt_there_and_nothing_else(memory: MemoryManager) -> None:
    inside = say(memory, "The kale in the garden wants lime.", into="Garden 2026")
    say(memory, "The kale in the kitchen wants salt.", into="Kitchen")
    say(memory, "Kale is a cabbage.")
    source = memory.thread(inside)[0].id
    memory.add(content="The user grows kale.", attribute="grows", value="kale", source_message_id=source)
    memory.add(content="The user eats kale.", attribute="eats", value="kale")
    memory.embed_pending()
    there = {"The user grows kale.", "The kale in the garden wants lime."}
    collection = memory.collections.get("garden-2026").id
    assert set(contents(memory.search("kale", in_collection=collection))) == there
    assert set(contents(memory.search_as_typed("kale in:garden-2026"))) == there
    assert set(contents(memory.search_as_typed("in:GARDEN-2026"))) == there
    assert memory.search_as_typed("kale in:boats") == []
    assert len(memory.search_as_typed("kale")) == 5


def test_collections_are_exported_imported_and_struck_out(memory: MemoryManager, tmp_path: Path) -> None:
    conversation = say(memory, "Zorvik wants lime.", into="Project Zorvik")
    transfer.export_zip(memory, tmp_path / "all.zip")
    with open_memory(tmp_path / "other", embeddings=HashEmbeddings(), start_worker=False) as other:
        counts = transfer.import_zip(other, tmp_path / "all.zip")
        assert counts["collections"] == {"added": 1, "skipped": 0}
        assert [c.id for c in other.collections.conversations("project-zorvik")] == [conversation]
        assert transfer.import_zip(other, tmp_path / "all.zip")["collections"] == {"added": 0, "skipped": 1}
    memory.forget(memory.plan_forget_topic("Zorvik"))
    assert all("Zorvik" not in c.name for c in memory.collections.all())


def test_the_commands_make_fill_show_and_delete_a_collection(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from memory import manager
    from ui.cli import app

    monkeypatch.setattr(manager, "MiniLmEmbeddings", HashEmbeddings)
    with open_memory(own_home, embeddings=HashEmbeddings(), start_worker=False) as memory:
        conversation = say(memory, "Kale wants lime.")

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == code, result.output
        return result.stdout

    run("collection", "put", "Garden 2026", conversation)
    assert json.loads(run("collection", "list", "--json"))[0] | {"id": ""} == {
        "id": "",
        "name": "Garden 2026",
        "conversations": 1,
    }
    assert conversation in run("collection", "show", "garden-2026")
    assert "Kale" in run("memory", "search", "lime in:garden-2026")
    run("collection", "rename", "garden-2026", "Beds")
    run("collection", "take", conversation)
    assert json.loads(run("collection", "show", "beds", "--json")) == []
    run("collection", "put", "beds", "nowhere", code=3)
    run("collection", "delete", "beds")
    run("collection", "show", "beds", code=3)
    run("collection", "put", "--", "---", conversation, code=1)


def test_a_persona_that_is_given_its_own_memory_keeps_what_it_is_told(settings: Settings) -> None:
    with open_memory(settings.home, embeddings=HashEmbeddings()) as memory:
        model = ScriptedChatModel(replies=["Noted."])
        assistant = open_assistant(settings, chat_model=model, memory=memory)
        list(assistant.respond("My boat is called Skarv.", persona="nova"))
        give_own_memory(memory, "Ada", own=True)
        assert personas_of(memory)["ada"].memory_scope == "own"
        list(assistant.respond("My dog is called Pemba. From now on call me Captain.", persona="ada"))
        assert assistant.wait_until_idle(60)

        def heard_of(persona: str, question: str) -> str:
            list(assistant.respond(question, persona=persona))
            return "\n".join(str(message.content) for message in model.heard[-1])

        kept = [m for m in memory.memories() if m.persona == "ada"]
        assert {"Pemba", "Captain"} <= {m.value for m in kept}
        assert "Pemba" in heard_of("ada", "What is my dog called?")
        for_others = heard_of("nova", "What is my dog called?")
        assert "Pemba" not in for_others and "Captain" not in for_others
        assert "Skarv" in heard_of("ada", "What is my boat called?"), "what all knew, it knows"
        found = memory.search_as_typed("dog called Pemba")
        assert any(isinstance(hit.item, Memory) for hit in found), "the user finds everything"
        give_own_memory(memory, "ada", own=False)
        assert "Pemba" in heard_of("nova", "What is my dog called?")
        assistant.close()


def test_the_command_gives_and_takes_a_memory_of_its_own(own_home: Path) -> None:
    from ui.cli import app

    for words, scope in ((["own-memory", "max"], "own"), (["own-memory", "max", "--off"], "shared")):
        assert CliRunner().invoke(app, ["persona", *words]).exit_code == 0
        listed = json.loads(CliRunner().invoke(app, ["persona", "list", "--json"]).stdout)
        assert {p["id"]: p["memory_scope"] for p in listed}["max"] == scope
    assert CliRunner().invoke(app, ["persona", "own-memory", "nobody"]).exit_code == 3
