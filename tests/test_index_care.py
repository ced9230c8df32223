"""The indexes are only indexes: lost, spoilt, out of step or of another encoder, they come back from SQLite."""

import shutil
import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from memory import MemoryManager, NewMessage, open_memory
from memory.index import ChromaIndex, item_of, piece_id
from tests.fakes import HashEmbeddings

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TEXTS = (
    "I planted quinces by the wall.",
    "They want sun.",
    "Oda brought a zeppelin made of paper.",
    "Where is it now?",
    "It hangs in the stairwell.",
)
QUERIES = ("quinces", "paper zeppelin", "what hangs in the stairwell?", "sun on the wall", "Oda")


class Other(HashEmbeddings):
    """Another encoder, which turns every vector round; counts what it embeds."""

    name = "other"

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        return -super().embed_documents(texts)


class Slow(Other):
    """Embeds nothing but questions until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let_go = threading.Event(), threading.Event()

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.set()
        assert self.let_go.wait(timeout=60)
        return super().embed_documents(texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        row: NDArray[np.float32] = -HashEmbeddings().embed_query(text)
        return row


class Counting(Other):
    """The usual encoder; counts what it embeds."""

    name = "hash"

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        return HashEmbeddings.embed_documents(self, texts)


def fill(home: Path, texts: Sequence[str] = TEXTS) -> None:
    with open_memory(home, embeddings=HashEmbeddings(), clock=lambda: NOW, start_worker=False) as memory:
        conversation = memory.start_conversation()
        memory.add_messages(NewMessage(conversation_id=conversation.id, role="user", content=text) for text in texts)
        memory.add(content="The user grows quinces.", attribute="grows", value="quinces")
        memory.embed_pending()


def answers(memory: MemoryManager) -> list[list[tuple[str, float, str]]]:
    return [[(hit.item.id, hit.score, hit.source) for hit in memory.search(query)] for query in QUERIES]


def answers_at(home: Path) -> list[list[tuple[str, float, str]]]:
    """After the check that every start does, as the worker does it."""
    with open_memory(home, embeddings=HashEmbeddings(), clock=lambda: NOW, start_worker=False) as memory:
        memory._index_pending({})
        return answers(memory)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    fill(tmp_path / "home")
    return tmp_path / "home"


def test_a_deleted_index_is_rebuilt_from_kept_vectors_and_answers_the_same(home: Path) -> None:
    before = answers_at(home)
    shutil.rmtree(home / "index")
    encoder = Counting()
    with open_memory(home, embeddings=encoder, clock=lambda: NOW, start_worker=False) as memory:
        memory.rebuild_index()
        assert encoder.embedded == []
        assert answers(memory) == before


def test_an_index_that_lost_some_is_filled_again_at_start(home: Path) -> None:
    before = answers_at(home)
    index = ChromaIndex(home / "index", encoder="hash")
    index.rebuild(["someone"], HashEmbeddings().embed_documents(["else"]))
    index.close()
    assert answers_at(home) == before


def test_an_index_of_another_database_is_not_taken_for_ours_though_it_is_as_large(home: Path, tmp_path: Path) -> None:
    before = answers_at(home)
    fill(tmp_path / "other", [text.upper() for text in TEXTS])
    shutil.rmtree(home / "index")
    shutil.copytree(tmp_path / "other" / "index", home / "index")
    assert answers_at(home) == before


def test_full_text_that_lost_a_row_is_made_anew_at_start(home: Path) -> None:
    before = answers_at(home)
    with sqlite3.connect(home / "attune.db") as database:
        database.execute("DELETE FROM messages_fts WHERE rowid = 1")
    database.close()
    assert answers_at(home) == before


def test_after_a_change_of_encoder_search_goes_by_words_until_the_vectors_are_made_again(home: Path) -> None:
    encoder = Other()
    with open_memory(home, embeddings=encoder, clock=lambda: NOW, start_worker=False) as memory:
        assert [hit.source for hit in memory.search("quinces")] == ["bm25"] * len(memory.search("quinces"))
        memory._index_pending({})
        assert {hit.source for hit in memory.search("quinces", limit=2)} == {"both"}
        assert sorted(set(encoder.embedded) & set(TEXTS)) == sorted(TEXTS)
        assert memory.store.vectors("hash") == [], "vectors of an encoder that nobody uses are not kept"
        assert len(memory.store.vectors("other")) == len(TEXTS) + 1


def test_the_vectors_of_another_encoder_are_made_in_the_background_while_words_find_everything(home: Path) -> None:
    encoder = Slow()
    with open_memory(home, embeddings=encoder, clock=lambda: NOW) as memory:
        try:
            assert encoder.asked.wait(timeout=60)
            for query in QUERIES:
                assert {hit.source for hit in memory.search(query)} == {"bm25"}
            said = memory.add_message(memory.conversations()[0].id, role="user", content="The medlar came later.")
            assert memory.search("medlar")[0].item == said
        finally:
            encoder.let_go.set()
        assert memory.wait_until_idle(60)
        assert {memory.search(query)[0].source for query in (*QUERIES, "medlar")} == {"both"}
        assert len(memory.store.vectors("other")) == len(TEXTS) + 2
        assert memory.check() == []


def test_pieces_are_named_after_their_item() -> None:
    assert [piece_id("a", part) for part in range(3)] == ["a", "a#1", "a#2"]
    assert {item_of(piece_id("a", part)) for part in range(3)} == {"a"}


def test_an_index_holds_what_it_was_given_and_nothing_else(tmp_path: Path) -> None:
    one, two, three = HashEmbeddings().embed_documents(["one", "two", "three"])
    index = ChromaIndex(tmp_path, encoder="hash")
    index.upsert(["1", "2"], np.stack([one, two]))
    assert index.holds([], np.zeros((0, 384), np.float32))
    assert index.holds(["2", "1"], np.stack([two, one]))
    assert not index.holds(["1", "2"], np.stack([one, three]))
    assert not index.holds(["1", "3"], np.stack([one, three]))
    index.close()


class Batches(HashEmbeddings):
    """Keeps how many texts it embedded at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.sizes.append(len(texts))
        return super().embed_documents(texts)


def test_many_texts_are_embedded_at_once_where_somebody_waits_and_few_in_the_background(tmp_path: Path) -> None:
    encoder = Batches()
    with open_memory(tmp_path, embeddings=encoder, start_worker=False) as memory:
        talk = memory.start_conversation()
        rows = [NewMessage(conversation_id=talk.id, role="user", content=f"Quince {n}.") for n in range(40)]
        memory.add_messages(rows)
        assert encoder.sizes == [40]
        memory.store_messages(rows)
        memory.worker.start()
        assert memory.wait_until_idle(60)
        assert encoder.sizes == [40, 16, 16, 8]
