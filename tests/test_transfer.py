"""What is exported can be read by anyone, comes back whole, and what is not an export changes nothing."""

from __future__ import annotations

import hashlib
import json
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory import MemoryManager, NewMessage, Rule, TransferError, open_memory
from memory.records import ProfileLine
from memory.transfer import REQUIRED, erase, export_zip, import_zip
from tests.fakes import HashEmbeddings

WHEN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
WORDS = (
    *("canoe", "heron", "kettle", "lantern", "fjord", "dog", "oat", "harbour"),
    *("violin", "rain", "letter", "garden", "brother", "ticket", "snow", "bread"),
)


def fill(memory: MemoryManager, rng: random.Random, items: int) -> None:
    """`items` messages and facts of few words, so that many of them compete for every query."""
    when, left = WHEN, items
    while left > 0:
        conversation = memory.start_conversation(rng.choice(WORDS), created_at=when)
        size = min(left, rng.randint(1, 40))
        rows = []
        for n in range(size):
            when += timedelta(minutes=rng.randint(1, 900))
            text = " ".join(rng.choices(WORDS, k=rng.randint(1, 8)))
            role = "assistant" if n % 2 else "user"
            rows.append(NewMessage(conversation_id=conversation.id, role=role, content=text, created_at=when))
        added = memory.add_messages(rows)
        left -= size
        for _ in range(min(left, rng.randint(0, 4))):
            thing, value = rng.choice(WORDS), rng.choice(WORDS)
            memory.add(
                content=f"The user's {thing} is called {value}.",
                attribute=thing,
                value=value,
                valid_from=when,
                source_message_id=rng.choice(added).id,
            )
            left -= 1


def answers(memory: MemoryManager, queries: list[str]) -> list[list[tuple[str, str, datetime | None]]]:
    """What searches find, in order: now, and as it was in the middle."""
    found = []
    for query in queries:
        for as_of in (None, WHEN + timedelta(days=3)):
            hits = memory.search(query, limit=10, as_of=as_of)
            found.append([(hit.item.id, hit.item.content, getattr(hit.item, "valid_to", None)) for hit in hits])
    return found


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), items=st.sampled_from((1, 7, 60, 300, 1000)))
def test_after_export_erase_and_import_every_search_answers_the_same(
    tmp_path_factory: pytest.TempPathFactory, seed: int, items: int
) -> None:
    rng = random.Random(seed)
    folder = tmp_path_factory.mktemp("round")
    home, path = folder / "home", folder / "out.zip"
    queries = [" ".join(rng.sample(WORDS, rng.randint(1, 3))) for _ in range(25)]
    with open_memory(home, embeddings=HashEmbeddings()) as memory:
        fill(memory, rng, items)
        assert memory.wait_until_idle(60)
        before, counts = answers(memory, queries), memory.counts()
        export_zip(memory, path)
    erase(home)
    with open_memory(home, embeddings=HashEmbeddings()) as memory:
        assert memory.counts()["messages"] == 0 and memory.search(queries[0]) == []
        import_zip(memory, path)
        assert memory.wait_until_idle(60)
        assert memory.counts() == counts
        assert answers(memory, queries) == before


@pytest.fixture
def rich(memory: MemoryManager) -> MemoryManager:
    """A little of everything that is kept."""
    memory.clock = lambda: WHEN
    conversation = memory.start_conversation("Boats")
    asked = memory.add_message(conversation.id, role="user", content="My dog is called Pemba. ¿Sí? 東京 🐶")
    first = memory.add_message(conversation.id, role="assistant", content="A fine name.")
    memory.add_message(conversation.id, role="assistant", content="A very fine name.", parent_id=asked.id)
    memory.add(content="The user lives in Bergen.", attribute="city", value="Bergen", valid_from=WHEN)
    memory.add(
        content="The user lives in Trondheim.", attribute="city", value="Trondheim", valid_from=WHEN + timedelta(days=9)
    )
    dog = memory.add(
        content="The user's dog is called Pemba.", attribute="dog", value="Pemba", source_message_id=asked.id
    )
    memory.update(dog.id, content="The user's old dog is called Pemba.")
    gone = memory.add(content="The user has a heron.", attribute="heron", value="a heron")
    memory.delete(gone.id)
    thumb = memory.add_feedback(first.id, rating=-1, reasons=["too long"], comment="shorter", edit="Fine.")
    rule = Rule(id="r1", text="Keep answers short.", evidence=(thumb.id,))
    memory.add_prompt_version(parent_id=None, rules=[rule], state="accepted", reason="You said so.")
    memory.add_profile_version(lines=[ProfileLine(section="about", text="I sail.", author="user")], author="user")
    memory.add_summary(conversation.id, "The user said: dogs.", [asked.id])
    memory.save_persona("skipper", "name: Skipper\n")
    memory.set_note("demo", "")
    assert memory.wait_until_idle(20)
    return memory


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, files: dict[str, bytes], *, sign: bool = True) -> Path:
    """A zip of these files; `sign` gives the manifest the checksums that fit."""
    if sign:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {
            name: {"sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
            if name != "manifest.json"
        }
        files = {**files, "manifest.json": json.dumps(manifest).encode()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def jsonl(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.decode().split("\n") if line]


def test_the_zip_can_be_read_without_this_program(rich: MemoryManager, tmp_path: Path) -> None:
    manifest = export_zip(rich, tmp_path / "out.zip", profile_text="I sail.\n")
    files = contents(tmp_path / "out.zip")
    assert set(REQUIRED) | {"profile.md", "README.txt", "personas/skipper.yaml"} <= set(files)
    assert json.loads(files["manifest.json"]) == manifest and manifest["format_version"] == 1
    assert manifest["counts"] == rich.counts()
    for name, entry in manifest["files"].items():
        assert hashlib.sha256(files[name]).hexdigest() == entry["sha256"]
    [conversation] = jsonl(files["conversations.jsonl"])
    assert [(m["role"], m["content"]) for m in conversation["messages"]] == [
        ("user", "My dog is called Pemba. ¿Sí? 東京 🐶"),
        ("assistant", "A fine name."),
        ("assistant", "A very fine name."),
    ]
    asked, first, second = conversation["messages"]
    assert first["parent_id"] == second["parent_id"] == asked["id"]
    facts = jsonl(files["memories.jsonl"])
    bergen = next(row for row in facts if row.get("value") == "Bergen")
    assert bergen["valid_to"] and [event["kind"] for event in bergen["history"]] == ["added", "closed"]
    [forgotten] = [row for row in facts if row.get("forgotten")]
    assert "heron" not in json.dumps(forgotten)
    assert b"heron" not in b"".join(files.values())
    assert "東京" in files["conversations.jsonl"].decode()
    assert all(name in files["README.txt"].decode() for name in REQUIRED)


def test_every_row_comes_back_and_twice_is_as_good_as_once(rich: MemoryManager, tmp_path: Path) -> None:
    path = tmp_path / "out.zip"
    export_zip(rich, path)
    kept = contents(path)
    with open_memory(tmp_path / "other", embeddings=HashEmbeddings(), clock=lambda: WHEN) as other:
        counted = import_zip(other, path)
        assert counted["messages"] == {"added": 3, "skipped": 0} and counted["personas"]["added"] == 1
        again = import_zip(other, path)
        assert all(count["added"] == 0 for count in again.values())
        export_zip(other, tmp_path / "again.zip")
    assert contents(tmp_path / "again.zip") == kept


def test_an_import_leaves_what_is_there_as_it_is(rich: MemoryManager, tmp_path: Path) -> None:
    export_zip(rich, tmp_path / "out.zip")
    [conversation] = rich.conversations()
    rich.rename_conversation(conversation.id, "Renamed since")
    rich.add_message(conversation.id, role="user", content="A word more.")
    import_zip(rich, tmp_path / "out.zip")
    assert rich.get_conversation(conversation.id).title == "Renamed since"
    assert rich.counts()["messages"] == 4
    assert rich.search("word more")


def without(name: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda files: {key: data for key, data in files.items() if key != name}


def row_changed(name: str, **fields: Any) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    def change(files: dict[str, bytes]) -> dict[str, bytes]:
        rows = jsonl(files[name])
        rows[0] |= fields
        return {**files, name: "".join(json.dumps(row) + "\n" for row in rows).encode()}

    return change


SPOILT: dict[str, Callable[[dict[str, bytes]], dict[str, bytes]]] = {
    "a table is missing": without("memories.jsonl"),
    "a line is not JSON": lambda files: {**files, "memories.jsonl": files["memories.jsonl"] + b"{oops\n"},
    "a line is a list": lambda files: {**files, "feedback.jsonl": b"[1]\n"},
    "a date is none": row_changed("memories.jsonl", created_at="yesterday"),
    "a kind is none": row_changed("memories.jsonl", kind="gossip"),
    "a source is not there": row_changed("memories.jsonl", source_message_id="nobody"),
    "a rating is none": row_changed("feedback.jsonl", rating=7),
    "a summary of nothing": row_changed("summaries.jsonl", conversation_id="nobody"),
    "a leaf that is not there": row_changed("conversations.jsonl", active_leaf_id="nobody"),
    "a row twice": lambda files: {**files, "rules.jsonl": files["rules.jsonl"] * 2},
    "a path that leads out": lambda files: {**files, "../../evil.txt": b"x"},
    "a persona that is not text": lambda files: {**files, "personas/bad.yaml": b"\xff\xfe"},
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_export_is_refused_and_nothing_of_it_is_kept(
    rich: MemoryManager, tmp_path: Path, spoil: Callable[[dict[str, bytes]], dict[str, bytes]]
) -> None:
    export_zip(rich, tmp_path / "out.zip")
    path = write(tmp_path / "spoilt.zip", spoil(contents(tmp_path / "out.zip")))
    with open_memory(tmp_path / "other", embeddings=HashEmbeddings()) as other:
        empty = other.counts()
        with pytest.raises(TransferError):
            import_zip(other, path)
        assert other.counts() == empty and not other.user_personas()
    assert not (tmp_path.parent / "evil.txt").exists()


def test_a_changed_byte_a_newer_version_and_a_foreign_file_are_named(rich: MemoryManager, tmp_path: Path) -> None:
    export_zip(rich, tmp_path / "out.zip")
    files = contents(tmp_path / "out.zip")
    files["profile.md"] += b"!"
    with pytest.raises(TransferError, match=r"profile\.md.*damaged"):
        import_zip(rich, write(tmp_path / "a.zip", files, sign=False))
    newer = json.dumps({**json.loads(files["manifest.json"]), "format_version": 2}).encode()
    with pytest.raises(TransferError, match="newer"):
        import_zip(rich, write(tmp_path / "b.zip", {**files, "manifest.json": newer}))
    text = tmp_path / "c.zip"
    text.write_text("not a zip")
    for path in (text, write(tmp_path / "d.zip", {"hello.txt": b"hi"}, sign=False)):
        with pytest.raises(TransferError, match="not an Attune export"):
            import_zip(rich, path)
    with pytest.raises(TransferError, match="cannot be read"):
        import_zip(rich, tmp_path / "nowhere.zip")


def test_a_zip_that_unpacks_without_end_is_not_unpacked(rich: MemoryManager, tmp_path: Path) -> None:
    export_zip(rich, tmp_path / "out.zip")
    files = {**contents(tmp_path / "out.zip"), "personas/bomb.yaml": b"\0" * (100 * 2**20)}
    with pytest.raises(TransferError, match="more than is sensible"):
        import_zip(rich, write(tmp_path / "bomb.zip", files))


def test_an_export_that_cannot_be_written_leaves_the_old_one(rich: MemoryManager, tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="Choose another place"):
        export_zip(rich, tmp_path / "nowhere" / "out.zip")


def test_plans_keep_their_days_and_what_is_withheld_stays_withheld(memory: MemoryManager, tmp_path: Path) -> None:
    conversation = memory.start_conversation()
    said = memory.add_message(conversation.id, role="user", content="I was diagnosed with epilepsy.")
    held = memory.hold_back(message_id=said.id, content="The user was diagnosed with epilepsy.", sensitivity="health")
    days = (date(2026, 7, 1), date(2026, 7, 31))
    plan = memory.add(
        content="The user is going to Lisbon in July 2026.", attribute="plan", value="Lisbon", occurs=days
    )
    export_zip(memory, tmp_path / "out.zip")
    with open_memory(tmp_path / "other", embeddings=HashEmbeddings()) as other:
        import_zip(other, tmp_path / "out.zip")
        assert other.held_facts() == [held]
        assert said.id not in {hit.item.id for hit in other.search("epilepsy")}
        assert (other.get(plan.id).occurs_from, other.get(plan.id).occurs_to) == days


def write_export(path: Path, manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    """An export of these files, with their sums in its manifest."""
    manifest["files"] = {name: {"sha256": hashlib.sha256(data).hexdigest()} for name, data in contents.items()}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name, data in contents.items():
            archive.writestr(name, data)


def test_an_export_from_before_plans_had_days_is_still_read(memory: MemoryManager, tmp_path: Path) -> None:
    memory.add(content="The user lives in Bergen.", attribute="city", value="Bergen")
    export_zip(memory, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        contents = {
            name: archive.read(name) for name in archive.namelist() if name not in ("held.jsonl", "manifest.json")
        }
        manifest = json.loads(archive.read("manifest.json"))
    rows = [json.loads(line) for line in contents["memories.jsonl"].splitlines()]
    for row in rows:
        del row["occurs_from"], row["occurs_to"]
    contents["memories.jsonl"] = "".join(json.dumps(row) + "\n" for row in rows).encode()
    write_export(tmp_path / "old.zip", manifest, contents)
    with open_memory(tmp_path / "other", embeddings=HashEmbeddings()) as other:
        import_zip(other, tmp_path / "old.zip")
        assert [m.value for m in other.memories()] == ["Bergen"]


def test_fields_that_came_later_may_be_missing_from_an_export(memory: MemoryManager, tmp_path: Path) -> None:
    conversation = memory.start_conversation()
    said = memory.add_message(conversation.id, role="user", content="I was diagnosed with epilepsy.")
    held = memory.hold_back(message_id=said.id, content="The user was diagnosed with epilepsy.", sensitivity="health")
    export_zip(memory, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        contents = {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}
        manifest = json.loads(archive.read("manifest.json"))
    (kept,) = [json.loads(line) for line in contents["held.jsonl"].splitlines()]
    (talk,) = [json.loads(line) for line in contents["conversations.jsonl"].splitlines()]
    del kept["occurs_from"], kept["occurs_to"], kept["persona"]
    del talk["collection_id"], talk["keep_days"], talk["messages"][0]["copied_at"], talk["messages"][0]["failure"]
    contents |= {"held.jsonl": json.dumps(kept).encode(), "conversations.jsonl": json.dumps(talk).encode()}
    write_export(tmp_path / "old.zip", manifest, contents)
    with open_memory(tmp_path / "other", embeddings=HashEmbeddings()) as other:
        import_zip(other, tmp_path / "old.zip")
        assert other.held_facts() == [held]
