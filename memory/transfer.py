"""Everything that is known, in one zip that people and programs can read; in again; and gone.

An import trusts nothing: sizes are bounded, every checksum and every row is checked before the first one is
written, and one transaction writes them all. What is already there stays as it is, so importing twice adds nothing.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
import shutil
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from memory.collections import Collection
from memory.errors import HomeNotWritable, TransferError
from memory.manager import DATABASE, INDEX, LOCK, MemoryManager
from memory.records import (
    Conversation,
    Feedback,
    HeldFact,
    Memory,
    MemoryEvent,
    Message,
    MessageUse,
    ProfileVersion,
    PromptVersion,
    Summary,
)
from memory.refinements import Candidate, Comparison, PreferencePair, VersionEvidence
from memory.store import Store, from_row, to_row

FORMAT = "attune-export"
FORMAT_VERSION = 1
MAX_TOTAL_BYTES = 2 * 2**30
"""What a zip may unpack to: a hundred years of chat, and still far below what a trap unpacks to."""
MAX_RATIO, FREE_BYTES = 200, 64 * 2**20
"""Beyond `FREE_BYTES`, a zip that unpacks to more than this many times its size is a trap."""
MAX_FILES = 10_000
ERASE_BLOCK = 2**20
README = """This is everything Attune knew about you when you exported it, as plain text.

manifest.json            what is in here: how many of each, and a checksum for each file
conversations.jsonl      one conversation a line, with all its messages. `role` and `content` are what chat
                         programs use; `parent_id` tells which message each one follows, so that every version
                         of an edited or regenerated message is here
memories.jsonl           one remembered fact a line, with its source, its dates and its history
held.jsonl               delicate statements that wait for your word, and those you declined
profile.md               the page about you, as it stood
profile_versions.jsonl   that page as it was before, version by version
feedback.jsonl           your thumbs, reasons, comments and edits
rules.jsonl              what Attune learnt about how you like answers, version by version
rule_evidence.jsonl      how sure it was of each
candidates.jsonl         what else it considered
pairs.jsonl              which of two answers you found better
comparisons.jsonl        answers that were written side by side, and what you said of them
summaries.jsonl          running summaries of long conversations
collections.jsonl        the names of your collections; each conversation tells which it is in
notes.jsonl              small settings that are kept with the data
personas/                personas that you made

`attune import FILE.zip` reads it again. JSONL is one JSON object a line; any text editor opens it.
"""


@dataclass(frozen=True, kw_only=True)
class _Note:
    key: str
    value: str


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
ADDED_LATER: dict[type[Any], set[str]] = {
    Memory: {"occurs_from", "occurs_to"},
    HeldFact: {"occurs_from", "occurs_to", "persona"},
    Conversation: {"collection_id", "keep_days"},
    Message: {"copied_at", "failure"},
    MessageUse: {"why"},
}
"""Fields that an export of an earlier Attune lacks."""
LATER_TABLES = (
    _Table(file="candidates.jsonl", table="prompt_candidates", record=Candidate),
    _Table(file="pairs.jsonl", table="preference_pairs", record=PreferencePair),
    _Table(file="comparisons.jsonl", table="comparisons", record=Comparison),
    _Table(file="rule_evidence.jsonl", table="version_evidence", record=VersionEvidence),
)
"""Files that older exports do not have."""
COLLECTIONS = _Table(file="collections.jsonl", table="collections", record=Collection)
"""Another of these; conversations name them, so they are written first."""
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
            "held.jsonl": _lines([to_row(held) for held in store.select("held_facts", HeldFact, "1 ORDER BY seq")]),
            "README.txt": README.encode(),
        }
        for table in (COLLECTIONS, *TABLES, *LATER_TABLES):
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
    rows, uses, notes, personas = _check(contents)
    counts: dict[str, dict[str, int]] = {}
    store = memory.store
    with store.transaction() as connection:
        for table, records in rows:
            added = 0
            for record in records:
                if store.value(f"SELECT 1 FROM {table} WHERE id = ?", [record.id]) is not None:
                    continue
                if table == "feedback" and memory.feedback(record.message_id):
                    continue
                store.insert(table, record)
                added += 1
            counts[table] = {"added": added, "skipped": len(records) - added}
        for message_id, used in uses.items():
            if used and not memory.uses_of(message_id):
                memory.record_uses(message_id, used)
        connection.executemany("INSERT OR IGNORE INTO notes (key, value) VALUES (?, ?)", notes)
        own = memory.user_personas()
        for persona_id in personas.keys() - own.keys():
            memory.save_persona(persona_id, personas[persona_id])
        counts["personas"] = {"added": len(personas.keys() - own.keys()), "skipped": len(personas.keys() & own.keys())}
        store.build_fts()
        memory.jobs.enqueue("index", {}, key="index", priority=8)
    memory.worker.wake()
    return counts


def erase(home: Path) -> list[Path]:
    """Remove everything Attune keeps in a home: database, log, index. Returns what was removed.

    The settings file stays: it holds no word of yours.

    Raises:
        HomeNotWritable: a file cannot be removed, or a process has the home open.
    """
    if not home.is_dir():
        return []
    try:
        with FileLock(home / LOCK, timeout=0, thread_local=False):
            removed = _erase(home)
    except Timeout as error:
        raise HomeNotWritable(f"Attune is open on {home}. Close it, then erase.") from error
    except PermissionError as error:
        raise HomeNotWritable(
            f"{home} cannot be locked ({error.strerror}). Give yourself the right to write."
        ) from error
    (home / LOCK).unlink(missing_ok=True)
    return removed


def _erase(home: Path) -> list[Path]:
    removed = []
    for path in (home / DATABASE, home / f"{DATABASE}-wal", home / f"{DATABASE}-shm", home / INDEX):
        try:
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                if path.stat().st_size:
                    # What is unlinked can be read from the disk; zeros cannot.
                    with path.open("r+b") as file:
                        for _ in range(0, path.stat().st_size, ERASE_BLOCK):
                            file.write(b"\0" * ERASE_BLOCK)
                        os.fsync(file.fileno())
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
                "SELECT item_type, item_id, text, score, why FROM message_uses WHERE message_id = ? ORDER BY seq",
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
            if len(names) > MAX_FILES or len(set(names)) < len(names):
                raise TransferError(not_ours)
            for name in names:
                pure = PurePosixPath(name)
                if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name:
                    raise TransferError(f"{path} holds a file with a path that leads elsewhere. It was not read.")
            infos = archive.infolist()
            size, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
            if size > MAX_TOTAL_BYTES or size > FREE_BYTES + MAX_RATIO * packed:
                raise TransferError(f"{path} unpacks to {size:,} bytes, more than is sensible. It was not read.")
            return {info.filename: archive.read(info) for info in infos if not info.is_dir()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise TransferError(not_ours) from error
    except OSError as error:
        raise TransferError(f"{path} cannot be read ({error.strerror}). Check the name of the export.") from error


Checked = tuple[list[tuple[str, list[Any]]], dict[str, list[MessageUse]], list[tuple[str, str]], dict[str, str]]


def _check(contents: dict[str, bytes]) -> Checked:
    """Everything as records: (table, rows) in the order in which they may be written, uses by message, notes, personas."""
    _check_manifest(contents)
    conversations, messages, memories, events = list[Any](), list[Any](), list[Any](), list[Any]()
    uses: dict[str, list[MessageUse]] = {}
    name = "conversations.jsonl"
    for row in _parse(contents[name], name):
        conversation = _record(Conversation, row, name)
        conversations.append(conversation)
        inside: set[str] = set()
        for entry in _list_of(row, "messages", name):
            message = _record(Message, entry, name)
            # A parent stands before its answers, so that no branch can run in a circle.
            if message.conversation_id != conversation.id or not (
                message.parent_id is None or message.parent_id in inside
            ):
                raise TransferError(f"{name} names a message that is not there. Nothing was imported.")
            inside.add(message.id)
            messages.append(message)
            uses[message.id] = [_record(MessageUse, use, name) for use in _list_of(entry, "uses", name)]
        if conversation.active_leaf_id is not None and conversation.active_leaf_id not in inside:
            raise TransferError(f"{name} shows a message that is not there. Nothing was imported.")
    for row in _parse(contents["memories.jsonl"], "memories.jsonl"):
        if not row.get("forgotten"):
            memories.append(_record(Memory, row, "memories.jsonl"))
        events.extend(
            _record(MemoryEvent, event, "memories.jsonl") for event in _list_of(row, "history", "memories.jsonl")
        )
    events.sort(key=lambda event: (event.at, event.id))
    tables = [
        (
            COLLECTIONS.table,
            [
                _record(Collection, row, COLLECTIONS.file)
                for row in _parse(contents.get(COLLECTIONS.file, b""), COLLECTIONS.file)
            ],
        ),
        ("conversations", conversations),
        ("messages", messages),
        ("memories", memories),
        ("memory_events", events),
        (
            "held_facts",
            [_record(HeldFact, row, "held.jsonl") for row in _parse(contents.get("held.jsonl", b""), "held.jsonl")],
        ),
        *(
            (table.table, [_record(table.record, row, table.file) for row in _parse(contents[table.file], table.file)])
            for table in TABLES
        ),
        *(
            (t.table, [_record(t.record, row, t.file) for row in _parse(contents.get(t.file, b""), t.file)])
            for t in LATER_TABLES
        ),
    ]
    _check_links(dict(tables))
    notes = [(note.key, note.value) for note in (_record(_Note, row, "notes.jsonl") for row in _notes(contents))]
    return tables, uses, notes, _personas(contents)


def _check_manifest(contents: dict[str, bytes]) -> None:
    try:
        manifest = json.loads(contents["manifest.json"])
        sums = {str(name): str(entry["sha256"]) for name, entry in manifest["files"].items()}
        ours, version = manifest["format"] == FORMAT, int(manifest["format_version"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TransferError("This zip is not an Attune export. Choose one made by `attune export`.") from error
    if not ours:
        raise TransferError("This zip is not an Attune export. Choose one made by `attune export`.")
    if version > FORMAT_VERSION:
        raise TransferError("This export comes from a newer Attune. Upgrade, then import it.")
    for name in sums.keys() | contents.keys() - {"manifest.json"}:
        if hashlib.sha256(contents.get(name, b"")).hexdigest() != sums.get(name):
            raise TransferError(f"{name} in the export is damaged: its checksum does not fit. Nothing was imported.")


def _check_links(tables: dict[str, list[Any]]) -> None:
    """Rows that belong to others must find them in the same export, and no row may come twice."""
    for table, records in tables.items():
        if len({record.id for record in records}) < len(records):
            raise TransferError(f"The export holds a row of {table} twice. Nothing was imported.")
    messages = {message.id for message in tables["messages"]}
    conversations = {conversation.id for conversation in tables["conversations"]}
    if not {c.collection_id for c in tables["conversations"]} - {None} <= {c.id for c in tables["collections"]}:
        raise TransferError("The export names a collection that is not there. Nothing was imported.")
    rated = [feedback.message_id for feedback in tables["feedback"]]
    sources = {memory.source_message_id for memory in tables["memories"]} - {None}
    sources |= {held.message_id for held in tables["held_facts"]}
    compared = {i for pair in tables["preference_pairs"] for i in (pair.better_id, pair.worse_id)}
    compared |= {i for two in tables["comparisons"] for i in (two.one_id, two.other_id)}
    if not (sources | set(rated) | compared) <= messages or len(set(rated)) < len(rated):
        raise TransferError("The export cites a message that is not there. Nothing was imported.")
    if not {summary.conversation_id for summary in tables["summaries"]} <= conversations:
        raise TransferError("The export sums up a conversation that is not there. Nothing was imported.")


def _notes(contents: dict[str, bytes]) -> list[dict[str, Any]]:
    return _parse(contents.get("notes.jsonl", b""), "notes.jsonl")


def _personas(contents: dict[str, bytes]) -> dict[str, str]:
    """Identifier -> YAML, as text: whoever uses one checks it as one."""
    try:
        return {
            PurePosixPath(name).stem: data.decode()
            for name, data in contents.items()
            if PurePosixPath(name).parent == PurePosixPath("personas") and name.endswith(".yaml")
        }
    except UnicodeDecodeError as error:
        raise TransferError("A persona in the export is not text. Nothing was imported.") from error


def _parse(data: bytes, name: str) -> list[dict[str, Any]]:
    try:
        rows = [json.loads(line) for line in data.decode("utf-8").split("\n") if line]
        if not all(isinstance(row, dict) for row in rows):
            raise ValueError("a line is not an object")
    except (ValueError, RecursionError) as error:
        raise TransferError(f"{name} in the export cannot be read ({error}). Nothing was imported.") from error
    return rows


def _list_of(row: dict[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    entries = row.get(key)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise TransferError(f"{name} in the export has a row without its {key}. Nothing was imported.")
    return entries


def _record(record_type: type[Any], row: dict[str, Any], name: str) -> Any:
    """The record of a row, with every field there and each of its kind."""
    wanted = {field.name for field in fields(record_type)}
    missing = wanted - row.keys() - ADDED_LATER.get(record_type, set())
    if missing:
        raise TransferError(f"{name} in the export lacks {', '.join(sorted(missing))}. Nothing was imported.")
    try:
        drafted = from_row(record_type, {key: row[key] for key in wanted & row.keys()})
        record = _adapter(record_type).validate_python(asdict(drafted))  # type: ignore[arg-type]
        for key, value in asdict(record).items():
            if isinstance(value, datetime) and value.tzinfo is None:
                raise ValueError(f"{key} has no time zone")
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{key} is not a number")
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                raise ValueError(f"{key} is too large")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        # Not the error itself, which may quote the row.
        reason = type(error).__name__ if isinstance(error, ValidationError) else str(error)
        raise TransferError(
            f"{name} in the export has a row that cannot be ({reason}). Nothing was imported."
        ) from error
    return record


@functools.cache
def _adapter(record_type: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(record_type)
