"""Reads what other assistants exported: ChatGPT's `conversations.json` and Claude's. Knows their formats and no store.

Such a file is untrusted: every field may be missing or of another type, and then counts as absent. Nothing in it is
executed, followed or fetched, and what a message says stays the words of that message.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from ulid import ULID

from memory.errors import TransferError
from memory.records import Role

READ_CHARS = 2**20
MAX_CONVERSATION_CHARS = 2**28
"""One conversation longer than this many characters of JSON is not one."""
MAX_FILE_CHARS = 20_000
"""As much of an attached file's text is kept with its message."""
MAX_RATIO = 200
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_NO_PARENT = "00000000-0000-4000-8000-000000000000"
_CHATGPT_SKIPPED = frozenset(
    {"code", "execution_output", "thoughts", "reasoning_recap", "user_editable_context", "model_editable_context"}
    | {"system_error", "tether_quote", "tether_browsing_display"}
)


@dataclass(frozen=True, kw_only=True)
class ReadMessage:
    id: str
    """The same at every reading of the same message: made from where it comes from and its own identifier."""
    parent_id: str | None
    role: Role
    content: str
    created_at: datetime
    model: str = ""


@dataclass(frozen=True, kw_only=True)
class ReadConversation:
    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    messages: tuple[ReadMessage, ...]
    """A parent comes before its children."""
    active_leaf_id: str | None


def is_chat_export(path: Path) -> bool:
    """Whether a file is for this module: JSON, a folder, or a zip without Attune's own list of contents."""
    if path.is_dir() or path.suffix.lower() == ".json":
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(_parts(archive.namelist()))
    except (OSError, zipfile.BadZipFile):
        return False


def read_export(path: Path, progress: Callable[[int, int], None] | None = None) -> Iterator[ReadConversation]:
    """The conversations of an export, one at a time, so that a file larger than the memory can be read.

    Args:
        path: `conversations.json`, a folder with it, or the zip as it came.
        progress: called with (bytes read, of how many).

    Raises:
        TransferError: not such an export, or damaged.
    """
    try:
        if path.is_dir():
            files = [path / name for name in _parts([p.name for p in path.iterdir()])]
            yield from _read_files([(file.open("rb"), file.stat().st_size) for file in files], path, progress)
        elif path.suffix.lower() == ".json":
            yield from _read_files([(path.open("rb"), path.stat().st_size)], path, progress)
        else:
            with zipfile.ZipFile(path) as archive:
                entries = [archive.getinfo(name) for name in _parts(archive.namelist())]
                if any(entry.file_size > MAX_RATIO * max(entry.compress_size, 2**20) for entry in entries):
                    raise TransferError(f"{path} unpacks to far more than its size. It was not read.")
                yield from _read_files([(archive.open(entry), entry.file_size) for entry in entries], path, progress)
    except (OSError, zipfile.BadZipFile) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise TransferError(
            f"{path} cannot be read ({reason}). Ask for the export again, and name its file."
        ) from error


def _parts(names: list[str]) -> list[str]:
    """`conversations.json`, or the numbered files that large exports are split into."""
    found = [name for name in names if name.rpartition("/")[2].startswith("conversations") and name.endswith(".json")]
    return [] if "manifest.json" in names else sorted(found)


def _read_files(
    files: list[tuple[IO[bytes], int]], path: Path, progress: Callable[[int, int], None] | None
) -> Iterator[ReadConversation]:
    if not files:
        raise TransferError(f"{path} holds no conversations.json. Name the export of ChatGPT or Claude.")
    total, done = sum(size for _, size in files), 0
    for file, size in files:
        with file:
            for entry, read_bytes in _entries(file, path):
                if progress is not None:
                    progress(min(done + read_bytes, total), total)
                conversation = _conversation(entry)
                if conversation is not None:
                    yield conversation
        done += size
    if progress is not None:
        progress(total, total)


def _entries(file: IO[bytes], path: Path) -> Iterator[tuple[Any, int]]:
    """Each element of the file's one list, with how many bytes were read by then."""
    decoder, text_decoder = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    buffer, place, read_bytes, wanted, ended, opened = "", 0, 0, READ_CHARS, False, False
    while True:
        while place < len(buffer) and buffer[place] in " \t\r\n,":
            place += 1
        if not opened and place < len(buffer):
            if buffer[place] != "[":
                raise TransferError(f"{path} is no list of conversations. Name the export of ChatGPT or Claude.")
            opened, place = True, place + 1
            continue
        if place < len(buffer):
            if buffer[place] == "]":
                return
            try:
                entry, end = decoder.raw_decode(buffer, place)
            except (ValueError, RecursionError) as error:
                if ended or len(buffer) - place > MAX_CONVERSATION_CHARS:
                    raise TransferError(f"{path} is cut off or damaged. Ask for the export again.") from error
            else:
                place, wanted = end, READ_CHARS
                yield entry, read_bytes
                continue
        elif ended:
            raise TransferError(f"{path} is cut off. Ask for the export again.")
        raw = file.read(wanted)
        read_bytes += len(raw)
        ended = not raw
        # A conversation that is longer than what was read is tried again with twice as much.
        buffer, place, wanted = buffer[place:] + text_decoder.decode(raw, ended), 0, wanted * 2


def _conversation(entry: Any) -> ReadConversation | None:
    """One entry of either format; None where it holds no message."""
    if not isinstance(entry, dict):
        return None
    if isinstance(entry.get("mapping"), dict):
        return _chatgpt(entry)
    return _claude(entry) if isinstance(entry.get("chat_messages"), list) else None


# --- ChatGPT: a tree of nodes, some without a message, some of tools -------------------------------------------------


def _chatgpt(entry: dict[str, Any]) -> ReadConversation | None:
    mapping: dict[str, Any] = entry["mapping"]
    source = _text(entry.get("conversation_id")) or _text(entry.get("id")) or _text(entry.get("create_time"))
    started = _moment(entry.get("create_time")) or _earliest(mapping) or _EARLIEST
    kept: dict[str, ReadMessage] = {}
    stands_for: dict[str, str | None] = {}
    """Node -> the nearest message kept at it or above it."""
    for node in _parents_first(mapping):
        above = stands_for.get(_text(mapping[node].get("parent")))
        message = mapping[node].get("message")
        read = _chatgpt_message(message) if isinstance(message, dict) else None
        if read is None or not isinstance(message, dict):
            stands_for[node] = above
            continue
        role, content = read
        metadata = _table(message.get("metadata"))
        parent = kept.get(above or "")
        at = _moment(message.get("create_time")) or (parent.created_at if parent else started)
        # Exports give some messages no time or an odd one; an answer is never older than its question.
        at = max(at, parent.created_at) if parent else at
        identifier = _identifier("chatgpt", source, node, at=started)
        kept[identifier] = ReadMessage(
            id=identifier,
            parent_id=above,
            role=role,
            content=content,
            created_at=at,
            model=_text(metadata.get("model_slug"))[:100],
        )
        stands_for[node] = identifier
    return _read(
        source=("chatgpt", source),
        title=_text(entry.get("title")),
        started=started,
        updated=_moment(entry.get("update_time")),
        messages=tuple(kept.values()),
        leaf=stands_for.get(_text(entry.get("current_node"))),
    )


def _parents_first(mapping: dict[str, Any]) -> Iterator[str]:
    """Every node once, each after its parent; children in the order in which the parent names them."""
    nodes = {key: node for key, node in mapping.items() if isinstance(node, dict)}
    children: dict[str, list[str]] = {key: [] for key in nodes}
    roots = []
    for key, node in nodes.items():
        parent = _text(node.get("parent"))
        children[parent].append(key) if parent in nodes and parent != key else roots.append(key)
    for key, node in nodes.items():
        listed = node.get("children")
        order = {child: n for n, child in enumerate(listed)} if isinstance(listed, list) and _strings(listed) else {}
        children[key].sort(key=lambda child: order.get(child, len(order)))
    waiting, seen = roots[::-1], set[str]()
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            yield key
            waiting += children[key][::-1]
    # What is left is a ring of parents, as no export makes.


def _chatgpt_message(message: dict[str, Any]) -> tuple[Role, str] | None:
    """Role and text of what a person would see; None of tools, thoughts and hidden notes."""
    role = _text(_table(message.get("author")).get("role"))
    metadata, content = _table(message.get("metadata")), _table(message.get("content"))
    hidden = metadata.get("is_visually_hidden_from_conversation") or message.get("recipient") not in (None, "all")
    if role not in ("user", "assistant") or hidden or _text(content.get("content_type")) in _CHATGPT_SKIPPED:
        return None
    attached = [item for item in _list(metadata.get("attachments")) if isinstance(item, dict)]
    names = {_text(item.get("id")): _text(item.get("name")) for item in attached}
    lines, shown = [], set[str]()
    parts = content.get("parts")
    for part in parts if isinstance(parts, list) else [content.get("text")]:
        if isinstance(part, str):
            lines.append(part)
        elif isinstance(part, dict):
            # "file-service://file-…" in old exports, "sediment://file_…" in new ones.
            file = _text(part.get("asset_pointer")).rpartition("//")[2]
            spoken = _text(part.get("text"))
            if spoken:
                lines.append(spoken)
            elif file or part.get("content_type") == "image_asset_pointer":
                shown.add(file)
                lines.append(_mark(names.get(file, ""), "image"))
    lines += [_mark(name, "file") for file, name in names.items() if file not in shown]
    text = "\n".join(line.strip() for line in lines if line.strip())
    return ("user" if role == "user" else "assistant", text) if text else None


def _earliest(mapping: dict[str, Any]) -> datetime | None:
    times = [_moment(_table(_table(node).get("message")).get("create_time")) for node in mapping.values()]
    return min((time for time in times if time), default=None)


# --- Claude: a list, in newer exports with parents --------------------------------------------------------------------


def _claude(entry: dict[str, Any]) -> ReadConversation | None:
    source = _text(entry.get("uuid")) or _text(entry.get("created_at"))
    rows = [row for row in entry["chat_messages"] if isinstance(row, dict)]
    started = _moment(entry.get("created_at")) or next(filter(None, (_moment(r.get("created_at")) for r in rows)), None)
    started = started or _EARLIEST
    kept: dict[str, ReadMessage] = {}
    stands_for: dict[str, str | None] = {_NO_PARENT: None}
    last: str | None = None
    for place, row in enumerate(rows):
        node = _text(row.get("uuid")) or str(place)
        named = _text(row.get("parent_message_uuid"))
        above = stands_for.get(named, last)
        text = _claude_text(row)
        role: Role | None = {"human": "user", "assistant": "assistant"}.get(_text(row.get("sender")))  # type: ignore[assignment]
        if role is None or not text:
            stands_for[node] = above
            continue
        parent = kept.get(above or "")
        at = _moment(row.get("created_at")) or (parent.created_at if parent else started)
        identifier = _identifier("claude", source, node, at=started)
        kept[identifier] = ReadMessage(
            id=identifier,
            parent_id=above,
            role=role,
            content=text,
            created_at=max(at, parent.created_at) if parent else at,
        )
        stands_for[node] = last = identifier
    return _read(
        source=("claude", source),
        title=_text(entry.get("name")),
        started=started,
        updated=_moment(entry.get("updated_at")),
        messages=tuple(kept.values()),
        leaf=stands_for.get(_text(entry.get("current_leaf_message_uuid")), last),
    )


def _claude_text(row: dict[str, Any]) -> str:
    blocks = [_table(block) for block in _list(row.get("content"))]
    said = [_text(block.get("text")) for block in blocks if block.get("type") == "text"]
    lines = said if any(said) else [_text(row.get("text"))]
    for file in [*_list(row.get("attachments")), *_list(row.get("files"))]:
        file = _table(file)
        lines.append(_mark(_text(file.get("file_name")), "file"))
        lines.append(_text(file.get("extracted_content"))[:MAX_FILE_CHARS])
    return "\n".join(line.strip() for line in lines if line.strip())


# --- both --------------------------------------------------------------------------------------------------------------


def _read(
    *,
    source: tuple[str, str],
    title: str,
    started: datetime,
    updated: datetime | None,
    messages: tuple[ReadMessage, ...],
    leaf: str | None,
) -> ReadConversation | None:
    if not messages:
        return None
    newest = max(message.created_at for message in messages)
    return ReadConversation(
        id=_identifier(*source, at=started),
        title=" ".join(title.split())[:120],
        created_at=started,
        updated_at=max(updated or newest, newest),
        messages=messages,
        active_leaf_id=leaf or messages[-1].id,
    )


def _identifier(*origin: str, at: datetime) -> str:
    """A ULID that is the same whenever the same thing is read."""
    digest = hashlib.sha256("\n".join(origin).encode("utf-8", "replace")).digest()
    return str(ULID.from_bytes(int(at.timestamp() * 1000).to_bytes(6, "big") + digest[:10]))


def _mark(name: str, kind: str) -> str:
    return f"[{kind}: {name[:200]}]" if name else f"[{kind}]"


def _moment(value: Any) -> datetime | None:
    """Seconds since 1970, or ISO 8601; None where it is neither or lies outside of what a chat can have."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value, UTC)
        elif isinstance(value, str):
            moment = datetime.fromisoformat(value)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _EARLIEST <= moment < _LATEST else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _strings(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
