"""Rows in SQLite, in and out as records. Knows tables and transactions; knows nothing of reconciling, ranking or forgetting.

One connection, shared by threads behind a re-entrant lock. Every write happens inside `transaction()`.
"""

from __future__ import annotations

import functools
import json
import sqlite3
import threading
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from memory import schema
from memory.errors import DatabaseDamaged, HomeNotWritable
from memory.records import ProfileLine, Rule

Record = TypeVar("Record")
SURROGATES = dict.fromkeys([0, *range(0xD800, 0xE000)], "\ufffd")
"""NUL bytes end strings in C, and lone surrogates cannot be written as UTF-8."""
NESTED: dict[Any, type] = {tuple[Rule, ...]: Rule, tuple[ProfileLine, ...]: ProfileLine}


def clean_text(text: str) -> str:
    """`text` with what no file can hold replaced by U+FFFD."""
    return text.translate(SURROGATES)


def instant(moment: datetime) -> str:
    """ISO 8601 in UTC, so that text order is time order."""
    return moment.astimezone(UTC).isoformat()


def to_row(record: Any) -> dict[str, Any]:
    """A record as column values: datetimes as ISO 8601, tuples as JSON."""
    row: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, datetime):
            value = instant(value)
        elif isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, tuple):
            value = json.dumps([v if isinstance(v, str) else asdict(v) for v in value], ensure_ascii=False)
        elif isinstance(value, str):
            value = clean_text(value)
        row[field.name] = value
    return row


def from_row(record_type: type[Record], row: sqlite3.Row | dict[str, Any]) -> Record:
    """The record that `to_row` wrote."""
    columns = row.keys()
    values: dict[str, Any] = {}
    for name, read in _reading(record_type):  # type: ignore[arg-type]
        if name in columns:
            value = row[name]
            values[name] = value if value is None else read(value)
    return record_type(**values)


@functools.cache
def _reading(record_type: type[Any]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """How each field is read from its column: (name, what makes its value)."""
    hints = typing.get_type_hints(record_type)
    return tuple((field.name, _reader(hints[field.name])) for field in fields(record_type))


def _reader(hint: Any) -> Callable[[Any], Any]:
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if typing.get_origin(hint) is tuple:
        nested = NESTED.get(hint)
        return lambda text: tuple(_nested(nested, v) if nested else v for v in json.loads(text))
    if datetime in options:
        return datetime.fromisoformat
    if date in options:
        return date.fromisoformat
    return bool if bool in options else lambda value: value


def _nested(record_type: type[Any], values: dict[str, Any]) -> Any:
    return record_type(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


class Store:
    """The database of one home. `path` is `<home>/attune.db`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its log the rights of the file, so the file has them before it is opened.
            path.touch(mode=0o600)
            path.chmod(0o600)
            self._connection = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._migrate()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise HomeNotWritable(_not_writable(path.parent, error)) from error
            raise DatabaseDamaged(
                f"{path} is not a database that Attune can read ({error}). Move it away, then import your last export."
            ) from error
        except OSError as error:
            raise HomeNotWritable(_not_writable(path.parent, error)) from error

    def _migrate(self) -> None:
        """Two processes may open a new home at once: one migrates, the other waits and finds it done."""
        if schema.is_current(self._connection):
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            schema.migrate(self._connection)
        except BaseException:
            self._connection.rollback()
            raise
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")

    # --- plain access ---------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the writes inside, or none. Nested blocks join the outer one."""
        with self.lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk ends the transaction by itself; a COMMIT that broke a foreign key leaves it open.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self.lock:
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Row | None:
        with self.lock:
            found: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        found = self.row(sql, parameters)
        return None if found is None else found[0]

    def close(self) -> None:
        with self.lock:
            self._connection.close()

    # --- records --------------------------------------------------------------------------------------------------

    def insert(self, table: str, record: Any) -> int:
        """Add a record; returns its `seq`."""
        row = to_row(record)
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        with self.transaction() as connection:
            cursor = connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))
        return int(cursor.lastrowid or 0)

    def change(self, table: str, identifier: str, **columns: Any) -> None:
        """Set some columns of one row. Values are column values, as `to_row` writes them."""
        values = [clean_text(v) if isinstance(v, str) else v for v in columns.values()]
        names = ", ".join(f"{name} = ?" for name in columns)
        with self.transaction() as connection:
            connection.execute(f"UPDATE {table} SET {names} WHERE id = ?", [*values, identifier])

    def find(self, table: str, record_type: type[Record], identifier: str) -> Record | None:
        row = self.row(f"SELECT * FROM {table} WHERE id = ?", [identifier])
        return None if row is None else from_row(record_type, row)

    def select(
        self, table: str, record_type: type[Record], where: str = "1", parameters: Sequence[Any] = ()
    ) -> list[Record]:
        """Records of a table. `where` may go on with ORDER BY and LIMIT."""
        return [from_row(record_type, row) for row in self.rows(f"SELECT * FROM {table} WHERE {where}", parameters)]

    # --- full text ------------------------------------------------------------------------------------------------

    def index_message(self, message_id: str) -> None:
        """Write the full-text row of a message and of its parent, whose window it ends."""
        row = self.row(
            """SELECT m.seq, m.content, p.content AS before, p.id AS parent_id,
                      (SELECT n.content FROM messages n WHERE n.parent_id = m.id AND n.content != ''
                       ORDER BY n.seq DESC LIMIT 1) AS after
               FROM messages m LEFT JOIN messages p ON p.id = m.parent_id WHERE m.id = ?""",
            [message_id],
        )
        if row is None:
            return
        self._write_message_fts(row["seq"], row["content"], row["before"], row["after"])
        if row["parent_id"] is not None:
            parent = self.row(
                """SELECT p.seq, p.content, g.content AS before FROM messages p
                   LEFT JOIN messages g ON g.id = p.parent_id WHERE p.id = ?""",
                [row["parent_id"]],
            )
            if parent is not None:
                self._write_message_fts(parent["seq"], parent["content"], parent["before"], row["content"])

    def _write_message_fts(self, seq: int, body: str, before: str | None, after: str | None) -> None:
        window = "\n".join(part for part in (before, body, after) if part)
        with self.transaction() as connection:
            connection.execute("DELETE FROM messages_fts WHERE rowid = ?", [seq])
            if body:
                connection.execute(
                    "INSERT INTO messages_fts (rowid, body, window) VALUES (?, ?, ?)", [seq, body, window]
                )

    def index_conversation(self, conversation_id: str) -> None:
        """Write the full-text rows of all messages of a conversation."""
        with self.transaction() as connection:
            schema.index_messages(connection, conversation_id)

    def index_memory(self, memory_id: str) -> None:
        with self.transaction() as connection:
            connection.execute(
                "DELETE FROM memories_fts WHERE rowid = (SELECT seq FROM memories WHERE id = ?)", [memory_id]
            )
            connection.execute(
                "INSERT INTO memories_fts (rowid, content) SELECT seq, content FROM memories WHERE id = ?", [memory_id]
            )

    def scanned(self, terms: Sequence[str], *, most: int) -> list[str]:
        """Those of some words that full text is to be searched for: rare ones first, while they bring `most` rows at most.

        The rarest is always among them. A word in half of all messages costs a scan of them and tells nothing.
        """
        counts = {}
        for term in terms:
            sql = f"SELECT count(*) FROM (SELECT 1 FROM messages_fts WHERE messages_fts MATCH ? LIMIT {most + 1})"
            counts[term] = int(self.value(sql, [f'"{term}"']))
        rows, chosen = 0, set[str]()
        for term in sorted(terms, key=lambda t: counts[t]):
            rows += counts[term]
            if rows > most and chosen:
                break
            chosen.add(term)
        return [term for term in terms if term in chosen]

    def fts_in_step(self) -> bool:
        """Whether as many messages and facts are in the full-text tables as can be found."""
        pairs = (
            ("messages_fts_docsize", "messages WHERE content != '' AND status != 'streaming'"),
            ("memories_fts_docsize", "memories"),
        )
        return all(
            self.value(f"SELECT count(*) FROM {index}") == self.value(f"SELECT count(*) FROM {truth}")
            for index, truth in pairs
        )

    def build_fts(self) -> None:
        with self.transaction() as connection:
            schema.build_fts(connection)

    # --- vectors --------------------------------------------------------------------------------------------------

    def save_vectors(self, encoder: str, rows: Iterable[tuple[str, str, int, bytes]]) -> None:
        """Keep (item_id, item_type, part, float32 bytes), so that an index can be rebuilt without embedding again."""
        with self.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO embeddings (item_id, item_type, encoder, part, vector) VALUES (?, ?, ?, ?, ?)",
                [(item_id, item_type, encoder, part, vector) for item_id, item_type, part, vector in rows],
            )

    def vectors(self, encoder: str) -> list[tuple[str, int, bytes]]:
        """Every kept vector of an encoder, as (item_id, part, float32 bytes)."""
        sql = "SELECT item_id, part, vector FROM embeddings WHERE encoder = ? ORDER BY item_id, part"
        return [(row["item_id"], row["part"], row["vector"]) for row in self.rows(sql, [encoder])]

    def sample_vectors(self, encoder: str, limit: int) -> list[tuple[str, int, bytes]]:
        """Some of them, evenly from the whole: every so-manieth item in order of identifier."""
        ids = [row[0] for row in self.rows("SELECT item_id FROM embeddings WHERE encoder = ? AND part = 0", [encoder])]
        some = ids[:: max(1, len(ids) // limit)][:limit]
        sql = f"""SELECT item_id, part, vector FROM embeddings
                  WHERE encoder = ? AND item_id IN ({", ".join("?" * len(some))})"""
        return [(row["item_id"], row["part"], row["vector"]) for row in self.rows(sql, [encoder, *some])]

    def scrub(self) -> None:
        """Overwrite what was deleted: fold the log into the file, then write the file anew."""
        with self.lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def problems(self) -> list[str]:
        """What SQLite's own check finds wrong; empty when all is well."""
        found = [str(row[0]) for row in self.rows("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found


def _not_writable(home: Path, error: Exception) -> str:
    return (
        f"The home folder {home} cannot be written ({error}). Give yourself the right to write there, "
        "or name another folder with ATTUNE_HOME or --home."
    )
