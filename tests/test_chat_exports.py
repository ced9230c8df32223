"""Exports of other assistants are read as a person would read them, and odd ones harm nothing."""

import json
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.chat_exports import READ_CHARS, ReadConversation, _conversation, is_chat_export, read_export
from memory.errors import TransferError


def node(identifier: str, parent: str | None, role: str = "", *parts: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    """One node of ChatGPT's tree; without a role, one without a message."""
    metadata = more.pop("metadata", {})
    content = more.pop("content", {"content_type": "text", "parts": list(parts)})
    message = {"id": identifier, "author": {"role": role}, "content": content, "metadata": metadata, **more}
    return identifier, {"id": identifier, "parent": parent, "children": [], "message": message if role else None}


def tree(*nodes: tuple[str, dict[str, Any]], leaf: str, **more: Any) -> dict[str, Any]:
    mapping = dict(nodes)
    for key, value in mapping.items():
        if value["parent"] in mapping:
            mapping[value["parent"]]["children"].append(key)
    return {
        "title": "Sourdough",
        "create_time": 1700000000.5,
        "update_time": 1700000900.0,
        "conversation_id": "c-1",
        "current_node": leaf,
        "mapping": mapping,
        **more,
    }


CHATGPT = tree(
    node("root", None),
    node("sys", "root", "system", "", metadata={"is_visually_hidden_from_conversation": True}),
    node("q", "sys", "user", "Why is my bread flat?", create_time=1700000001.0),
    node("a1", "q", "assistant", "Too warm.", create_time=1700000002.0, metadata={"model_slug": "gpt-4o"}),
    node("tool", "q", "assistant", "search('bread')", recipient="browser"),
    node("found", "tool", "tool", "results"),
    node("a2", "found", "assistant", "Too wet.", create_time=1700000003.0),
    node("thanks", "a2", "user", "Thanks!", create_time=1700000004.0),
    leaf="thanks",
)


def read_one(entry: dict[str, Any]) -> ReadConversation:
    found = _conversation(entry)
    assert found is not None
    return found


def test_a_tree_keeps_its_branches_and_shows_the_one_that_was_shown() -> None:
    found = read_one(CHATGPT)
    by_id = {message.id: message for message in found.messages}
    lines = [(m.role, m.content, by_id[m.parent_id].content if m.parent_id else None, m.model) for m in found.messages]
    assert lines == [
        ("user", "Why is my bread flat?", None, ""),
        ("assistant", "Too warm.", "Why is my bread flat?", "gpt-4o"),
        ("assistant", "Too wet.", "Why is my bread flat?", ""),
        ("user", "Thanks!", "Too wet.", ""),
    ]
    assert found.active_leaf_id == found.messages[-1].id
    assert (found.title, found.created_at.isoformat()) == ("Sourdough", "2023-11-14T22:13:20.500000+00:00")
    assert found.messages[0].created_at.isoformat() == "2023-11-14T22:13:21+00:00"


def test_the_same_message_has_the_same_identifier_at_every_reading() -> None:
    assert read_one(CHATGPT) == read_one(json.loads(json.dumps(CHATGPT)))
    ids = [message.id for message in read_one(CHATGPT).messages]
    other = [message.id for message in read_one({**CHATGPT, "conversation_id": "c-2"}).messages]
    assert len({*ids, *other}) == 8


@pytest.mark.parametrize("pointer", ["file-service://file-abc", "sediment://file_abc"])
def test_attachments_old_and_new_are_named_once(pointer: str) -> None:
    file = pointer.rpartition("//")[2]
    part = {"content_type": "image_asset_pointer", "asset_pointer": pointer, "width": 1}
    attached = [{"id": file, "name": "loaf.jpg"}, {"id": "file-x", "name": "recipe.pdf"}]
    content = {"content_type": "multimodal_text", "parts": [part, "Is it burnt?"]}
    found = read_one(tree(node("q", None, "user", content=content, metadata={"attachments": attached}), leaf="q"))
    assert found.messages[0].content == "[image: loaf.jpg]\nIs it burnt?\n[file: recipe.pdf]"


def test_what_was_spoken_is_text_and_an_image_without_a_name_is_an_image() -> None:
    parts = [
        {"content_type": "audio_transcription", "text": "Good morning."},
        {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"},
    ]
    entry = tree(node("q", None, "user", content={"content_type": "multimodal_text", "parts": parts}), leaf="q")
    assert read_one(entry).messages[0].content == "Good morning.\n[image]"


CLAUDE = {
    "uuid": "u-1",
    "name": "Otters",
    "created_at": "2025-03-01T10:00:00.000000Z",
    "updated_at": "2025-03-01T10:05:00.000000Z",
    "chat_messages": [
        {
            "uuid": "m-1",
            "text": "What do otters eat?",
            "sender": "human",
            "created_at": "2025-03-01T10:00:01Z",
            "attachments": [{"file_name": "notes.txt", "extracted_content": "Otters: see zoo."}],
            "files": [{"file_name": "otter.png"}],
        },
        {
            "uuid": "m-2",
            "text": "",
            "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Fish."}],
            "sender": "assistant",
            "created_at": "2025-03-01T10:00:09Z",
        },
    ],
}


def test_claudes_export_is_read_with_its_files() -> None:
    found = read_one(CLAUDE)
    assert [(m.role, m.content) for m in found.messages] == [
        ("user", "What do otters eat?\n[file: notes.txt]\nOtters: see zoo.\n[file: otter.png]"),
        ("assistant", "Fish."),
    ]
    assert found.messages[1].parent_id == found.messages[0].id
    assert found.title == "Otters"


def test_claudes_newer_exports_name_parents() -> None:
    root = "00000000-0000-4000-8000-000000000000"
    rows = [
        {"uuid": "a", "text": "One?", "sender": "human", "parent_message_uuid": root},
        {"uuid": "b", "text": "Two.", "sender": "assistant", "parent_message_uuid": "a"},
        {"uuid": "c", "text": "Three.", "sender": "assistant", "parent_message_uuid": "a"},
    ]
    found = read_one({"uuid": "u", "name": "", "chat_messages": rows, "current_leaf_message_uuid": "b"})
    one, two, three = found.messages
    assert (one.parent_id, two.parent_id, three.parent_id) == (None, one.id, one.id)
    assert found.active_leaf_id == two.id


def write(path: Path, *entries: Any) -> Path:
    path.write_text(json.dumps(list(entries)), encoding="utf-8")
    return path


def test_files_zips_and_folders_are_the_same_to_it(tmp_path: Path) -> None:
    file = write(tmp_path / "conversations.json", CHATGPT, CLAUDE)
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.write(file, "conversations.json")
        archive.writestr("user.json", "{}")
    split = tmp_path / "split.zip"
    with zipfile.ZipFile(split, "w") as archive:
        archive.writestr("conversations-000.json", json.dumps([CHATGPT]))
        archive.writestr("conversations-001.json", json.dumps([CLAUDE]))
    seen: list[tuple[int, int]] = []
    expected = list(read_export(file, lambda done, total: seen.append((done, total))))
    assert len(expected) == 2
    assert seen[-1] == (file.stat().st_size, file.stat().st_size)
    for path in (tmp_path, tmp_path / "export.zip", split):
        assert is_chat_export(path)
        assert list(read_export(path)) == expected


def test_conversations_longer_than_one_reading_are_whole(tmp_path: Path) -> None:
    long = tree(node("q", None, "user", "ö" * (3 * READ_CHARS)), leaf="q")
    found = list(read_export(write(tmp_path / "c.json", CLAUDE, long, CLAUDE)))
    assert [len(c.messages[0].content) for c in found][1] == 3 * READ_CHARS
    assert len(found) == 3


@pytest.mark.parametrize("content", ["", "{}", "[", '[{"mapping": {}}', "[nonsense]", "null", '"text"', "[" * 100_000])
def test_what_is_no_export_is_named_as_such(tmp_path: Path, content: str) -> None:
    path = tmp_path / "conversations.json"
    path.write_text(content)
    with pytest.raises(TransferError):
        list(read_export(path))


def test_a_missing_file_an_empty_zip_and_attunes_own_zip_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(TransferError):
        list(read_export(tmp_path / "none.json"))
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        archive.writestr("manifest.json", "{}")
        archive.writestr("conversations.jsonl", "")
    assert not is_chat_export(tmp_path / "own.zip")
    (tmp_path / "no.zip").write_bytes(b"no zip")
    assert not is_chat_export(tmp_path / "no.zip")


JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e300,
    float("nan"),
    "",
    "q",
    "\ud800",
    [],
    {},
    [[]],
    [{}],
    {"q": {"q": []}},
    ["q"],
)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_shape_of_fields_is_read_or_passed_over(random: Random) -> None:
    def spoil(value: Any) -> Any:
        if random.random() < 0.08:
            return random.choice(JUNK)
        if isinstance(value, dict):
            return {key: spoil(inner) for key, inner in value.items()}
        return [spoil(inner) for inner in value] if isinstance(value, list) else value

    for entry in (CHATGPT, CLAUDE):
        found = _conversation(spoil(entry))
        if found is not None:
            ids = {message.id for message in found.messages}
            assert len(ids) == len(found.messages)
            assert found.active_leaf_id in ids
            seen: set[str | None] = {None}
            for message in found.messages:
                assert message.parent_id in seen and message.content
                seen.add(message.id)
