"""Databases of every version that was ever written can be opened, and indexes can be made from the truth alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
from sqlite_utils import Database

from memory import open_memory, schema
from tests.fakes import HashEmbeddings

VERSIONS = Path(__file__).parent / "data" / "schema"
TRUTH = {
    *("conversations", "messages", "message_uses", "memories", "memory_events", "summaries", "profile_versions"),
    *("feedback", "prompt_versions", "personas", "jobs", "embeddings", "notes"),
    *("prompt_candidates", "prompt_scores", "preference_pairs", "version_evidence", "collections"),
    "comparisons",
}


def test_a_new_database_has_every_table() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names >= TRUTH | {"messages_fts", "memories_fts"}
    assert schema.is_current(connection)


def test_migrating_twice_changes_nothing() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    before = list(connection.execute("SELECT * FROM sqlite_master"))
    schema.migrate(connection)
    assert list(connection.execute("SELECT * FROM sqlite_master")) == before


def test_a_database_of_every_earlier_version_is_brought_forward(tmp_path: Path) -> None:
    dumps = sorted(VERSIONS.glob("v*.sql"))
    assert dumps
    for dump in dumps:
        home = tmp_path / dump.stem
        home.mkdir()
        with sqlite3.connect(home / "attune.db") as connection:
            connection.executescript(dump.read_text(encoding="utf-8"))
        connection.close()
        with open_memory(home, embeddings=HashEmbeddings(), start_worker=False) as memory:
            assert schema.is_current(memory.store._connection)
            memory.rebuild_index()
            assert memory.check() == []
            (conversation,) = memory.conversations()
            assert [m.content for m in memory.thread(conversation.id)] == ["My dog is called Pemba.", "A good name."]
            (fact,) = memory.memories()
            assert (fact.value, fact.source_message_id) == ("Pemba", memory.thread(conversation.id)[0].id)
            assert next(hit.item.id for hit in memory.search("dog called")) == fact.id
            assert memory.feedback()[0].reasons == ("too long",)
            profile = memory.latest_profile()
            assert profile is not None and profile.lines[0].text == "The user's dog is called Pemba."


def test_vectors_made_of_three_turns_are_made_again_and_those_of_facts_are_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "attune.db") as connection:
        connection.executescript((VERSIONS / "v1.sql").read_text(encoding="utf-8"))
        message, fact = (
            connection.execute(f"SELECT id FROM {table}").fetchone()[0] for table in ("messages", "memories")
        )
        vector = HashEmbeddings().embed_query("of old").tobytes()
        connection.execute("DELETE FROM embeddings")
        connection.executemany(
            "INSERT INTO embeddings (item_id, item_type, encoder, vector) VALUES (?, ?, 'hash', ?)",
            [(message, "message", vector), (fact, "memory", vector)],
        )
    connection.close()
    with open_memory(tmp_path, embeddings=HashEmbeddings(), start_worker=False) as memory:
        assert memory.store.vectors("hash") == [(fact, 0, vector)]
        memory.embed_pending()
        assert {item for item, _, kept in memory.store.vectors("hash") if kept != vector} >= {message}


def test_vectors_in_rows_are_the_same_vectors_in_half_the_room(tmp_path: Path) -> None:
    kept = [(f"{n:026}", part, np.full(384, n + part, np.float32).tobytes()) for n in range(500) for part in range(2)]
    connection = sqlite3.connect(tmp_path / "attune.db", isolation_level=None)
    schema.migrations.apply(Database(connection), stop_before="m010_vectors_in_rows")
    rows = [(item, "message", "hash", part, vector) for item, part, vector in kept]
    connection.executemany("INSERT INTO embeddings VALUES (?, ?, ?, ?, ?)", rows)
    connection.execute("VACUUM")
    before = (tmp_path / "attune.db").stat().st_size
    connection.close()
    with open_memory(tmp_path, embeddings=HashEmbeddings(), start_worker=False) as memory:
        assert memory.store.vectors("hash") == kept
        memory.store.scrub()
        assert (tmp_path / "attune.db").stat().st_size < 0.55 * before
