"""Everything that is known, in one zip that people and programs can read; in again; and gone.

An import trusts nothing: sizes are bounded, every checksum and every row is checked before the first one is
written, and one transaction writes them all. What is already there stays as it is, so importing twice adds nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

from memory.errors import HomeNotWritable, TransferError
from memory.manager import DATABASE, INDEX, LOCK, MemoryManager
from memory.records import (
    Conversation,
    Feedback,
    Memory,
    MemoryEvent,
    Message,
    ProfileVersion,
    PromptVersion,
    Summary,
)
from memory.store import Store, from_row, to_row

FORMAT = "attune-export"
FORMAT_VERSION = 1
MAX_FILE_BYTES = 2 * 2**30
MAX_RATIO = 200
"""A file that unpacks to more than this many times its size is a trap."""
README = """This is everything Attune knew about you when you exported it, as plain text.

manifest.json            what is in here: how many of each, and a checksum for each file
conversations.jsonl      one conversation a line, with all its messages. `role` and `content` are what chat
                         programs use; `parent_id` tells which message each one follows, so that every version
                         of an edited or regenerated message is here
memories.jsonl           one remembered fact a line, with its source, its dates and its history
profile.md               the page about you, as it stood
profile_versions.jsonl   that page as it was before, version by version
feedback.jsonl           your thumbs, reasons, comments and edits
rules.jsonl              what Attune learnt about how you like answers, version by version
summaries.jsonl          running summaries of long conversations
notes.jsonl              small settings that are kept with the data
personas/                personas that you made

`attune import FILE.zip` reads it again. JSONL is one JSON object a line; any text editor opens it.
"""


@dataclass(frozen=True, kw_only=True)
class _Table:
    """One file of the zip and the table it comes from."""

    file: str
    table: str
    record: type[Any]


TABLES = (
    _Table(file="profile_versions.jsonl", table="profile_versions", record=ProfileVersion),
    _Table(file="feedback.jsonl", table="feedback", record=Feedback),
    _Table(file="rules.jsonl", table="prompt_versions", record=PromptVersion),
    _Table(file="summaries.jsonl", table="summaries", record=Summary),
)
REQUIRED = ("manifest.json", "conversations.jsonl", "memories.jsonl", *(table.file for table in TABLES))


def export_zip(memory: MemoryManager, path: Path, *, profile_text: str = "") -> dict[str, Any]:
    """Write everything to `path`, replacing what is there only once it is complete. Returns the manifest.

    Raises:
        TransferError: the file cannot be written.
    """
    store = memory.store
    with store.lock:
        contents: dict[str, bytes] = {
            "conversations.jsonl": _lines(_conversations(store)),
            "memories.jsonl": _lines(_memories(store)),
            "profile.md": profile_text.encode(),
            "notes.jsonl": _lines([dict(row) for row in store.rows("SELECT key, value FROM notes ORDER BY key")]),
            "README.txt": README.encode(),
        }
        for table in TABLES:
            records = store.select(table.table, table.record, "1 ORDER BY seq")
            contents[table.file] = _lines([to_row(record) for record in records])
        for persona_id, text in memory.user_personas().items():
            contents[f"personas/{persona_id}.yaml"] = text.encode()
        counts = memory.counts()
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "exported_at": memory.clock().isoformat(),
        "counts": counts,
        "files": {name: {"sha256": hashlib.sha256(data).hexdigest()} for name, data in sorted(contents.items())},
    }
    draft = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
            for name, data in contents.items():
                archive.writestr(name, data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise TransferError(
            f"{path} cannot be written ({error.strerror}). Choose another place for the export."
        ) from error
    return manifest


def import_zip(memory: MemoryManager, path: Path) -> dict[str, dict[str, int]]:
    """Add what a zip holds. Returns {table: {"added": n, "skipped": n}}.

    Raises:
        TransferError: not an Attune export, damaged, too large, or from a newer version. Nothing was written.
    """
    contents = _read(path)
    rows = _check(contents)
    counts: dict[str, dict[str, int]] = {}
    store = memory.store
    with store.transaction() as connection:
        for table, records in rows:
            added = 0
            for record in records:
                if store.value(f"SELECT 1 FROM {table} WHERE id = ?", [record.id]) is None:
                    if table == "feedback" and memory.feedback(record.message_id):
                        continue
                    store.insert(table, record)
                    added += 1
            counts[table] = {"added": added, "skipped": len(records) - added}
        for uses in _parse(contents["conversations.jsonl"], "conversations.jsonl"):
            for message in uses["messages"]:
                if connection.execute("SELECT 1 FROM message_uses WHERE message_id = ?", [message["id"]]).fetchone():
                    continue
                connection.executemany(
                    "INSERT INTO message_uses (message_id, item_type, item_id, text, score) VALUES (?, ?, ?, ?, ?)",
                    [
                        [message["id"], use["item_type"], use["item_id"], use["text"], use["score"]]
                        for use in message.get("uses", [])
                    ],
                )
        for note in _parse(contents.get("notes.jsonl", b""), "notes.jsonl"):
            connection.execute("INSERT OR IGNORE INTO notes (key, value) VALUES (?, ?)", [note["key"], note["value"]])
        own = memory.user_personas()
        for name, data in contents.items():
            if name.startswith("personas/") and PurePosixPath(name).stem not in own:
                memory.save_persona(PurePosixPath(name).stem, data.decode())
        store.build_fts()
        memory.jobs.enqueue("index", {}, key="index", priority=8)
    memory.worker.wake()
    return counts


def erase(home: Path) -> list[Path]:
    """Remove everything Attune keeps in a home: database, log, index. Returns what was removed.

    The settings file stays: it holds no word of yours.

    Raises:
        HomeNotWritable: a file cannot be removed.
    """
    removed = []
    for path in (home / DATABASE, home / f"{DATABASE}-wal", home / f"{DATABASE}-shm", home / INDEX, home / LOCK):
        try:
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                if path.stat().st_size:
                    # What is unlinked can be read from the disk; zeros cannot.
                    with path.open("r+b") as file:
                        file.write(b"\0" * path.stat().st_size)
                path.unlink()
            else:
                continue
        except OSError as error:
            raise HomeNotWritable(
                f"{path} cannot be removed ({error.strerror}). Close Attune and try again."
            ) from error
        removed.append(path)
    return removed


# --- out ----------------------------------------------------------------------------------------------------------


def _lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _conversations(store: Store) -> list[dict[str, Any]]:
    rows = []
    for conversation in store.select("conversations", Conversation, "1 ORDER BY seq"):
        messages = []
        for message in store.select("messages", Message, "conversation_id = ? ORDER BY seq", [conversation.id]):
            uses = store.rows(
                "SELECT item_type, item_id, text, score FROM message_uses WHERE message_id = ? ORDER BY seq",
                [message.id],
            )
            messages.append({**to_row(message), "uses": [dict(use) for use in uses]})
        rows.append({**to_row(conversation), "messages": messages})
    return rows


def _memories(store: Store) -> list[dict[str, Any]]:
    """Current and closed facts with their history, then the tombstones of forgotten ones."""
    history: dict[str, list[dict[str, Any]]] = {}
    for event in store.select("memory_events", MemoryEvent, "1 ORDER BY seq"):
        history.setdefault(event.memory_id, []).append(to_row(event))
    rows: list[dict[str, Any]] = [
        {**to_row(memory), "history": history.pop(memory.id, [])}
        for memory in store.select("memories", Memory, "1 ORDER BY seq")
    ]
    return rows + [{"id": memory_id, "forgotten": True, "history": events} for memory_id, events in history.items()]


# --- in -----------------------------------------------------------------------------------------------------------


def _read(path: Path) -> dict[str, bytes]:
    not_ours = f"{path} is not an Attune export. Choose a zip made by `attune export`."
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(name not in names for name in REQUIRED):
                raise TransferError(not_ours)
            contents = {}
            for info in archive.infolist():
                pure = PurePosixPath(info.filename)
                if pure.is_absolute() or ".." in pure.parts or "\\" in info.filename:
                    raise TransferError(f"{path} holds a file with a path that leads elsewhere. It was not read.")
                if info.file_size > MAX_FILE_BYTES or info.file_size > 1_000_000 + MAX_RATIO * info.compress_size:
                    raise TransferError(f"{info.filename} in {path} unpacks to more than is sensible. It was not read.")
                if not info.is_dir():
                    contents[info.filename] = archive.read(info)
            return contents
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise TransferError(not_ours) from error
    except OSError as error:
        raise TransferError(f"{path} cannot be read ({error.strerror}). Check the name of the export.") from error


def _check(contents: dict[str, bytes]) -> list[tuple[str, list[Any]]]:
    """Every row as its record, in the order in which rows may be written."""
    manifest = json.loads(contents["manifest.json"])
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise TransferError("This zip is not an Attune export. Choose one made by `attune export`.")
    if manifest.get("format_version", 0) > FORMAT_VERSION:
        raise TransferError("This export comes from a newer Attune. Upgrade, then import it.")
    for name, entry in manifest["files"].items():
        if hashlib.sha256(contents.get(name, b"")).hexdigest() != entry["sha256"]:
            raise TransferError(f"{name} in the export is damaged: its checksum does not fit. Nothing was imported.")
    conversations, messages, memories, events = list[Any](), list[Any](), list[Any](), list[Any]()
    for row in _parse(contents["conversations.jsonl"], "conversations.jsonl"):
        conversations.append(_record(Conversation, row, "conversations.jsonl"))
        messages.extend(_record(Message, message, "conversations.jsonl") for message in row["messages"])
    for row in _parse(contents["memories.jsonl"], "memories.jsonl"):
        if not row.get("forgotten"):
            memories.append(_record(Memory, row, "memories.jsonl"))
        events.extend(_record(MemoryEvent, event, "memories.jsonl") for event in row["history"])
    known = {message.id for message in messages}
    for message in messages:
        if message.parent_id is not None and message.parent_id not in known:
            raise TransferError("conversations.jsonl names a message that is not there. Nothing was imported.")
    events.sort(key=lambda event: (event.at, event.id))
    tables = [
        ("conversations", conversations),
        ("messages", messages),
        ("memories", memories),
        ("memory_events", events),
    ]
    for table in TABLES:
        tables.append(
            (table.table, [_record(table.record, row, table.file) for row in _parse(contents[table.file], table.file)])
        )
    return tables


def _parse(data: bytes, name: str) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in data.decode("utf-8").split("\n") if line]
    except (ValueError, UnicodeDecodeError) as error:
        raise TransferError(f"{name} in the export cannot be read ({error}). Nothing was imported.") from error


def _record(record_type: Callable[..., Any], row: dict[str, Any], name: str) -> Any:
    """The record of a row, with every field there and of a plain kind."""
    try:
        wanted = {field.name for field in fields(record_type)}  # type: ignore[arg-type]
        missing = wanted - row.keys()
        if missing:
            raise TransferError(f"{name} in the export lacks {', '.join(sorted(missing))}. Nothing was imported.")
        if not all(isinstance(row[key], str | int | float | None) for key in wanted):
            raise TypeError("a value of an unknown kind")
        return from_row(record_type, {key: row[key] for key in wanted})  # type: ignore[arg-type]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise TransferError(
            f"{name} in the export has a row that cannot be ({error}). Nothing was imported."
        ) from error
