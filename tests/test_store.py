"""Rows come back as the records they were, and a transaction is all or nothing."""

from __future__ import annotations

import multiprocessing
import sqlite3
import string
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import (
    Conversation,
    DatabaseDamaged,
    Feedback,
    HomeNotWritable,
    Memory,
    MemoryEvent,
    Message,
    MessageUse,
    ProfileLine,
    ProfileVersion,
    PromptVersion,
    Rule,
    Summary,
)
from memory.store import Store, clean_text, from_row, to_row

WHEN = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
moments = st.datetimes(timezones=st.just(UTC))
st.register_type_strategy(str, texts)
st.register_type_strategy(datetime, moments)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
RECORDS = (
    *(Conversation, Message, MessageUse, Memory, MemoryEvent, Summary, Feedback, ProfileVersion, PromptVersion),
    *(ProfileLine, Rule),
)


@given(st.sampled_from(RECORDS).flatmap(lambda record: st.builds(record)))
def test_a_record_that_becomes_a_row_is_the_same_record_again(record: object) -> None:
    assert from_row(type(record), to_row(record)) == record


@given(st.text())
def test_cleaned_text_can_be_written_and_keeps_its_length(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert "\0" not in cleaned and len(cleaned) == len(text)


def conversation(identifier: str = "c1") -> Conversation:
    return Conversation(id=identifier, title="t", persona="nova", created_at=WHEN, updated_at=WHEN)


def message(identifier: str, parent: str | None = None) -> Message:
    return Message(
        id=identifier, conversation_id="c1", parent_id=parent, role="user", content=identifier, created_at=WHEN
    )


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = Store(tmp_path / "home" / "attune.db")
    yield opened
    opened.close()


def test_an_error_inside_a_transaction_takes_everything_back(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        store.insert("conversations", conversation())
        raise RuntimeError
    assert store.find("conversations", Conversation, "c1") is None


def test_a_commit_that_fails_leaves_no_transaction_open(store: Store) -> None:
    store.insert("conversations", conversation())
    with pytest.raises(sqlite3.IntegrityError):
        store.insert("messages", message("orphan", parent="nobody"))
    store.insert("messages", message("m1"))
    other = Store(store.path)
    assert other.find("messages", Message, "m1") is not None
    assert other.find("messages", Message, "orphan") is None
    other.close()


def test_eight_threads_write_and_read_at_once(store: Store) -> None:
    store.insert("conversations", conversation())
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(20):
                store.insert("messages", message(f"{number}-{i}"))
                store.select("messages", Message, "1 LIMIT 5")
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=[n]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert store.value("SELECT count(*) FROM messages") == 160


def open_once(path: str, answers: object) -> None:
    store = Store(Path(path))
    answers.put(len(store.problems()))  # type: ignore[attr-defined]
    store.close()


def test_two_processes_may_open_a_new_home_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    processes = [context.Process(target=open_once, args=[str(tmp_path / "h" / "attune.db"), answers]) for _ in range(3)]
    for process in processes:
        process.start()
    assert [answers.get(timeout=60) for _ in processes] == [0, 0, 0]
    for process in processes:
        process.join()


def test_an_incremental_full_text_index_equals_a_rebuilt_one(store: Store) -> None:
    store.insert("conversations", conversation())
    parent = None
    for name in string.ascii_lowercase[:6]:
        store.insert("messages", message(name, parent))
        store.index_message(name)
        parent = name
    query = "SELECT rowid, body, window FROM messages_fts ORDER BY rowid"
    before = [tuple(row) for row in store.rows(query)]
    store.build_fts()
    assert [tuple(row) for row in store.rows(query)] == before
    assert before[2] == (3, "c", "b\nc\nd")


def test_the_database_is_for_its_owner_alone(store: Store) -> None:
    store.insert("conversations", conversation())
    for path in store.path.parent.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_home_that_cannot_be_made_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(HomeNotWritable, match="ATTUNE_HOME"):
        Store(tmp_path / "file" / "home" / "attune.db")


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "attune.db"
    path.write_text("this is not a database, it only looks like one from afar" * 30)
    with pytest.raises(DatabaseDamaged, match="import your last export"):
        Store(path)
    assert path.read_text().startswith("this is not")
