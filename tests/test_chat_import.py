"""Conversations from elsewhere become memory, once, however often the import is killed."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from memory import MemoryManager, open_memory
from memory.chat_import import import_chats
from tests.fakes import HashEmbeddings
from tests.test_chat_exports import CHATGPT, CLAUDE, node, tree, write

CONVERSATIONS = 2_000


def export(path: Path, count: int) -> Path:
    """A made-up export: each conversation has a question, two versions of the answer, and a word of its own."""
    entries: list[dict[str, Any]] = []
    for n in range(count):
        nodes = (
            node("root", None),
            node("q", "root", "user", f"What is a zorb{n}?", create_time=1.7e9 + n),
            node("a", "q", "assistant", "I do not know.", create_time=1.7e9 + n + 1),
            node("b", "q", "assistant", f"A kind of kite, model {n}.", create_time=1.7e9 + n + 2),
        )
        entries.append(tree(*nodes, leaf="b", conversation_id=f"c{n}", create_time=1.7e9 + n, update_time=1.7e9 + n))
    return write(path, *entries)


@pytest.fixture
def memory(tmp_path: Path) -> Any:
    with open_memory(tmp_path / "home", embeddings=HashEmbeddings(), start_worker=False) as opened:
        yield opened


def state(memory: MemoryManager) -> tuple[int, ...]:
    store = memory.store
    tables = ("conversations", "messages", "messages_fts", "embeddings")
    counts = [int(store.value(f"SELECT count(*) FROM {table}")) for table in tables]
    return (*counts, memory._index.count() if memory._index else -1)


def test_imported_chats_are_conversations_and_memory(memory: MemoryManager, tmp_path: Path) -> None:
    result = import_chats(memory, write(tmp_path / "conversations.json", CHATGPT, CLAUDE))
    assert (result.conversations, result.messages, result.known_messages) == (2, 6, 0)
    otters, bread = sorted(memory.conversations(), key=lambda c: c.title)
    assert (otters.title, bread.title, bread.titled_by) == ("Otters", "Sourdough", "user")
    assert [m.content for m in memory.thread(bread.id)] == ["Why is my bread flat?", "Too wet.", "Thanks!"]
    question = memory.thread(bread.id)[0]
    assert [m.content for m in memory.siblings(memory.thread(bread.id)[1].id)] == ["Too warm.", "Too wet."]
    hits = memory.search("flat bread")
    assert (hits[0].item, hits[0].source) == (question, "both")
    assert memory.check() == []


def test_importing_again_adds_nothing_and_a_newer_export_adds_what_is_new(
    memory: MemoryManager, tmp_path: Path
) -> None:
    path = write(tmp_path / "conversations.json", CHATGPT)
    import_chats(memory, path)
    before = state(memory)
    again = import_chats(memory, path)
    assert (again.conversations, again.known_conversations, again.messages, again.known_messages) == (0, 1, 0, 4)
    assert state(memory) == before
    newer = json.loads(json.dumps(CHATGPT))
    key, value = node("more", "thanks", "assistant", "You are welcome to the quince.", create_time=1700000009.0)
    newer["mapping"][key] = value
    newer["current_node"] = "more"
    assert import_chats(memory, write(path, newer)).messages == 1
    assert [m.content for m in memory.thread(memory.conversations()[0].id)][-1] == "You are welcome to the quince."
    assert memory.search("quince")[0].source == "both"


def test_a_conversation_that_went_on_here_stays_where_it_is(memory: MemoryManager, tmp_path: Path) -> None:
    path = write(tmp_path / "conversations.json", CHATGPT)
    import_chats(memory, path)
    (conversation,) = memory.conversations()
    mine = memory.add_message(conversation.id, role="user", content="And with rye?")
    newer = json.loads(json.dumps(CHATGPT))
    key, value = node("more", "thanks", "assistant", "Bye.", create_time=1700000009.0)
    newer["mapping"][key] = value
    newer["current_node"] = "more"
    import_chats(memory, write(path, newer))
    assert memory.get_conversation(conversation.id).active_leaf_id == mine.id


def test_what_was_forgotten_of_an_imported_message_stays_forgotten(memory: MemoryManager, tmp_path: Path) -> None:
    path = write(tmp_path / "conversations.json", CHATGPT)
    import_chats(memory, path)
    said = memory.search("flat bread")[0].item
    fact = memory.add(content="The user's bread is flat.", attribute="bread", value="flat", source_message_id=said.id)
    memory.delete(fact.id)
    import_chats(memory, path)
    assert all("flat" not in message.content for message in memory.thread(memory.conversations()[0].id))


CHILD = """
import os, signal, sys
from pathlib import Path
from memory import open_memory
from memory.chat_import import import_chats
from tests.fakes import HashEmbeddings

home, path, phase, share = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])

def killed(when):
    def progress(done, total):
        if when == phase and done >= share * total:
            os.kill(os.getpid(), signal.SIGKILL)
    return progress

with open_memory(home, embeddings=HashEmbeddings(), start_worker=False) as memory:
    import_chats(memory, path, reading=killed("reading"), embedding=killed("embedding"))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills as Unix does")
def test_an_import_killed_three_times_ends_complete_and_without_duplicates(tmp_path: Path) -> None:
    path, home = export(tmp_path / "conversations.json", CONVERSATIONS), tmp_path / "home"
    for phase, share in (("reading", 0.3), ("reading", 0.7), ("embedding", 0.5)):
        arguments = [sys.executable, "-c", CHILD, str(home), str(path), phase, str(share)]
        child = subprocess.run(arguments, cwd=Path(__file__).parent.parent, timeout=200)
        assert child.returncode == -signal.SIGKILL
    with open_memory(home, embeddings=HashEmbeddings(), start_worker=False) as memory:
        result = import_chats(memory, path)
        assert result.conversations == 0, "the third run had read all"
        assert state(memory) == (CONVERSATIONS, *[3 * CONVERSATIONS] * 4)
        assert memory.check() == []
        for n in (0, 700, CONVERSATIONS - 1):
            assert f"zorb{n}?" in memory.search(f"zorb{n}")[0].item.content


def test_the_command_says_what_it_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from memory import manager
    from ui.cli import app

    monkeypatch.setattr(manager, "MiniLmEmbeddings", HashEmbeddings)
    path = write(tmp_path / "conversations.json", CHATGPT, CLAUDE)
    run = CliRunner().invoke(app, ["--home", str(tmp_path / "h"), "import", str(path), "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout) == {
        "conversations": 2,
        "known_conversations": 0,
        "messages": 6,
        "known_messages": 0,
    }
    again = CliRunner().invoke(app, ["--home", str(tmp_path / "h"), "import", str(path)])
    assert "0 conversations with 0 messages added, 2 conversations and 6 messages already there" in " ".join(
        again.stdout.split()
    )
    broken = CliRunner().invoke(app, ["--home", str(tmp_path / "h"), "import", str(tmp_path / "no.json")])
    assert broken.exit_code == 3
