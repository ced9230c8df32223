"""The command line: what it prints, where, and how it ends. Models and encoder are fakes; SQLite and Chroma are real."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from memory import open_memory
from tests.fakes import HashEmbeddings, ScriptedChatModel
from ui.cli import app
from ui.session import FAILED, INTERRUPTED, NOT_FOUND

USAGE = 2
KEYS = ["response", "conversation_id", "message_id", "memories_used", "model", "tokens", "timings_ms"]
USE_KEYS = {"id", "type", "content", "score", "source_message_id", "created_at", "why"}


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedChatModel:
    """Every command opens this model and an encoder without weights."""
    model = ScriptedChatModel(replies=["It is Pemba."])
    monkeypatch.setattr("assistant.chat_model.load_chat_model", lambda _settings: model)
    monkeypatch.setattr("memory.manager.MiniLmEmbeddings", HashEmbeddings)
    return model


def attune(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def printed(*arguments: str, stdin: str | bytes | None = None) -> Any:
    """What a command prints as JSON."""
    done = attune(*arguments, stdin=stdin)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_chat_prints_one_object_with_every_key_and_the_next_command_knows_what_was_said() -> None:
    told = printed("chat", "--json", "My dog is called Pemba.")
    assert list(told) == KEYS
    assert set(told["tokens"]) == {"prompt", "cached", "completion"}
    assert set(told["timings_ms"]) == {"search", "first_token", "total"}
    asked = printed("chat", "--json", "What is my dog called?")
    assert asked["conversation_id"] != told["conversation_id"]
    uses = [use for use in asked["memories_used"] if "Pemba" in use["content"]]
    assert uses
    assert all(set(use) == USE_KEYS for use in uses)
    assert all(use["type"] in ("memory", "message", "profile") for use in asked["memories_used"])


def test_a_conversation_begins_in_a_collection_and_an_empty_text_begins_none(own_home: Path) -> None:
    told = printed("chat", "--json", "--collection", "Garden 2026", "The kale wants lime.")
    assert [c["id"] for c in printed("collection", "show", "garden-2026", "--json")] == [told["conversation_id"]]
    printed("chat", "--json", "--collection", "Beds", "--conversation", told["conversation_id"], "And sun.")
    assert [c["conversations"] for c in printed("collection", "list", "--json")] == [1, 0]
    assert attune("chat", "--collection", "Boats", " ").exit_code == FAILED
    assert attune("chat", "--collection", "---", "Hello.").exit_code == FAILED
    with open_memory(own_home, start_worker=False) as memory:
        assert len(memory.conversations()) == 1
    assert {c["name"] for c in printed("collection", "list", "--json")} == {"Beds", "Garden 2026"}


def test_standard_output_holds_the_answer_alone() -> None:
    done = attune("chat", "hello")
    assert done.stdout == "It is Pemba.\n"


def test_a_terminal_is_told_how_to_rate_the_answer_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "attune feedback rate" not in attune("chat", "hello").stderr
    monkeypatch.setattr("ui.cli.err", Console(stderr=True, soft_wrap=True, force_terminal=True, color_system=None))
    done = attune("chat", "hello")
    assert done.stdout == "It is Pemba.\n"
    (command,) = re.findall(r"Rate it: attune (feedback rate \w+ up)\n", done.stderr)
    assert printed(*command.split(), "--json")["rating"] == 1
    assert "Rate it" not in attune("chat", "--json", "hello").stderr
    assert "Rate it" not in attune("chat", "--incognito", "hello").stderr


@pytest.mark.parametrize("columns", ["80", "40"])
def test_an_identifier_in_a_table_is_whole_however_narrow_the_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    answer = printed("chat", "--json", "hello")["message_id"]
    said = ("--reason", "tone", "--comment", "Please never say it like that to me again. " * 4)
    assert attune("feedback", "rate", answer, "down", *said).exit_code == 0
    assert answer in attune("feedback", "list").stdout


def test_chat_reads_a_pipe_even_when_it_is_not_utf_8(own_home: Path) -> None:
    reply = printed("chat", "--json", stdin=b"caf\xe9 \x00 \xf0\x9f\x90\x95")
    with open_memory(own_home, start_worker=False) as memory:
        said = memory.thread(reply["conversation_id"])[0].content
    assert said.startswith("caf\ufffd")
    assert "\x00" not in said
    assert said.endswith("\N{DOG}")


def test_a_conversation_goes_on_by_its_identifier_and_in_the_persona_that_was_asked_for(own_home: Path) -> None:
    first = printed("chat", "--json", "--persona", "Max", "hello")
    second = printed("chat", "--json", "--conversation", first["conversation_id"], "and again")
    assert second["conversation_id"] == first["conversation_id"]
    with open_memory(own_home, start_worker=False) as memory:
        assert len(memory.thread(first["conversation_id"])) == 4
        assert memory.get_conversation(first["conversation_id"]).persona == "max"


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("chat", ""), FAILED, "message"),
        (("chat", "--conversation", "nowhere", "hello"), NOT_FOUND, "nowhere"),
        (("chat", "--persona", "nobody", "hello"), NOT_FOUND, "nobody"),
        (("persona", "show", "nobody"), NOT_FOUND, "nobody"),
        (("memory", "history", "nothing"), NOT_FOUND, "nothing"),
        (("memory", "forget", "--yes", "nothing"), NOT_FOUND, "nothing"),
        (("memory", "edit", "nothing", "words"), NOT_FOUND, "nothing"),
        (("memory", "add", " "), FAILED, "sentence"),
        (("feedback", "rate", "nothing", "up"), NOT_FOUND, "nothing"),
        (("feedback", "rate", "nothing", "up", "--reason", "vexing"), FAILED, "vexing"),
        (("rules", "accept", "nothing"), NOT_FOUND, "nothing"),
        (("rules", "reject", "nothing"), NOT_FOUND, "`attune rules list`"),
        (("profile", "edit", "--file", "no-such-page.md"), NOT_FOUND, "There is no file no-such-page.md."),
        (("memory", "load", "no-such-page.md"), NOT_FOUND, "There is no file no-such-page.md."),
        (("import", "no-such-export.zip"), NOT_FOUND, "There is no file no-such-export.zip."),
        (("import", "no-such-export.json"), NOT_FOUND, "There is no file no-such-export.json."),
        (("collection", "show", "Boats"), NOT_FOUND, "There is no collection “Boats”. `attune collection list`"),
        (("memory", "edit", "nothing", "words"), NOT_FOUND, "`attune memory list --all`"),
        (("memory", "keep", "nothing"), NOT_FOUND, "`attune memory held`"),
        (("rules", "undo", "nothing"), NOT_FOUND, "`attune rules list`"),
        (("profile", "restore", "nothing"), NOT_FOUND, "`attune profile versions`"),
        (("feedback", "settle", "first", "second"), NOT_FOUND, "“first”"),
        (("memory", "search", "on:2026-99-99"), FAILED, "“2026-99-99” is not a day. Write it like 2026-05-03."),
        (("memory", "retention", "-5"), USAGE, "-5 is no number of days"),
        (("--port", "99999"), FAILED, "port"),
        (("memory", "search"), USAGE, "QUERY"),
        (("preferences", "export"), USAGE, "--preview"),
        (("wander",), USAGE, "wander"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_error_is_one_line_with_its_remedy_and_its_own_exit_code(
    arguments: tuple[str, ...], code: int, word: str
) -> None:
    done = attune(*arguments)
    assert done.exit_code == code
    assert word.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not done.stderr.startswith("\n")


def test_an_error_with_json_is_an_object_on_standard_error() -> None:
    done = attune("memory", "history", "--json", "nothing")
    assert done.exit_code == NOT_FOUND
    error = json.loads(done.stderr)
    assert error["error"] == "NotFound"
    assert "nothing" in error["message"]


def test_the_life_of_a_memory_from_the_command_line() -> None:
    added = printed("memory", "add", "--json", "The user keeps bees.")
    assert [hit["id"] for hit in printed("memory", "search", "--json", "bees")] == [added["id"]]
    printed("memory", "edit", "--json", added["id"], "The user keeps two hives of bees.")
    assert [m["content"] for m in printed("memory", "list", "--json")] == ["The user keeps two hives of bees."]
    history = printed("memory", "history", "--json", added["id"])
    assert [event["kind"] for event in history] == ["added", "edited"]
    assert {"kind", "at", "content", "by"} <= set(history[0])
    assert printed("memory", "forget", "--yes", "--json", added["id"])["forgotten"] == [added["id"]]
    assert printed("memory", "list", "--all", "--json") == []
    assert printed("memory", "search", "--json", "bees") == []


def test_forgetting_shows_what_goes_and_waits_for_a_yes(own_home: Path) -> None:
    told = printed("chat", "--json", "My cat is called Quillon.")
    fact = printed("memory", "list", "--json")[0]
    refused = attune("memory", "forget", fact["id"], stdin="n\n")
    assert refused.exit_code == FAILED
    assert "The user's cat is called Quillon." in refused.stderr
    assert "My cat is called Quillon." in refused.stderr
    assert printed("memory", "list", "--json") == [fact]
    assert attune("memory", "forget", fact["id"], stdin="y\n").exit_code == 0
    with open_memory(own_home, start_worker=False) as memory:
        assert "Quillon" not in memory.thread(told["conversation_id"])[0].content


def test_a_move_is_in_the_profile_and_the_old_home_in_the_closed_ones() -> None:
    attune("chat", "I live in Bergen.")
    attune("chat", "I moved to Trondheim")
    assert "Trondheim" in attune("profile", "show").stdout
    assert "Bergen" not in attune("profile", "show").stdout
    closed = [m for m in printed("memory", "list", "--all", "--json") if m["valid_to"]]
    assert [m["value"] for m in closed] == ["Bergen"]
    table = attune("memory", "list", "--all").stdout
    assert closed[0]["id"] in table


def test_the_profile_is_edited_from_a_pipe_and_the_users_words_win() -> None:
    attune("chat", "I live in Bergen.")
    page = printed("profile", "edit", "--file", "-", "--json", stdin="## About you\n- Lives by the sea.\n")
    assert [line["text"] for line in page["lines"]] == ["Lives by the sea."]
    assert "Bergen" not in attune("profile", "show").stdout


def test_the_same_reason_twice_brings_a_rule_that_can_be_accepted_and_undone() -> None:
    for text in ("one", "two"):
        answer = printed("chat", "--json", text)
        rated = attune("feedback", "rate", answer["message_id"], "down", "--reason", "too long")
        assert rated.exit_code == 0, rated.stderr
    assert "Keep answers short." in rated.stderr
    version = printed("rules", "list", "--json")[0]
    assert version["state"] == "proposed"
    assert printed("rules", "accept", "--json", version["id"])["state"] == "accepted"
    assert "Keep answers short." in attune("rules", "list").stdout
    assert printed("rules", "undo", "--json", version["id"])["state"] == "retired"
    assert len(printed("feedback", "list", "--json")) == 2


def test_a_proposed_rule_is_declined_and_what_does_not_wait_cannot_be() -> None:
    for text in ("one", "two"):
        answer = printed("chat", "--json", text)
        rated = attune("feedback", "rate", answer["message_id"], "down", "--reason", "too long")
    version = printed("rules", "list", "--json")[0]["id"]
    assert f"attune rules reject {version}" in rated.stderr
    assert printed("rules", "reject", "--json", version)["state"] == "rejected"
    again = attune("rules", "reject", version)
    assert again.exit_code == FAILED
    assert "does not wait for your word" in again.stderr
    assert attune("rules", "accept", version).exit_code == 0
    assert "`attune rules undo ID`" in attune("rules", "reject", version).stderr
    assert printed("rules", "list", "--json")[0]["state"] == "accepted"


def test_export_erase_import_brings_everything_back(tmp_path: Path, own_home: Path) -> None:
    attune("chat", "My dog is called Pemba.")
    before = printed("memory", "list", "--json")
    file = tmp_path / "all.zip"
    manifest = printed("export", "--json", str(file))
    assert set(zipfile.ZipFile(file).namelist()) >= set(manifest["files"])
    refused = attune("erase", stdin="no\n")
    assert refused.exit_code == FAILED
    assert printed("memory", "list", "--json") == before
    assert attune("erase", stdin="erase\n").exit_code == 0
    assert not (own_home / "attune.db").exists()
    assert attune("import", str(file)).exit_code == 0
    assert printed("memory", "list", "--json") == before
    again = printed("import", "--json", str(file))
    assert all(count["added"] == 0 for count in again.values())


def test_an_export_replaces_a_file_only_when_told_to_and_says_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("my notes", encoding="utf-8")
    refused = attune("export", str(file))
    assert (refused.exit_code, "--overwrite" in refused.stderr) == (FAILED, True)
    assert file.read_text(encoding="utf-8") == "my notes"
    done = attune("export", str(file), "--overwrite")
    assert (done.exit_code, "is a zip" in done.stderr) == (0, True)
    assert zipfile.is_zipfile(file)
    assert attune("export", str(tmp_path / "all.zip")).stderr == ""


def test_an_import_says_what_it_waits_for_and_goes_on_after_ctrl_c(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attune("chat", "My dog is called Pemba.")
    file = tmp_path / "all.zip"
    attune("export", str(file))
    attune("erase", "--yes")

    def interrupted(_self: HashEmbeddings, _texts: Sequence[str]) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(HashEmbeddings, "embed_documents", interrupted)
        stopped = attune("import", str(file))
    assert stopped.exit_code == INTERRUPTED
    assert "messages: 2 added" in stopped.stdout
    assert "Making searchable by meaning (Ctrl-C leaves it for later): 0 of 3" in stopped.stderr
    with open_memory(own_home, start_worker=False) as memory:
        assert memory.store.value("SELECT count(*) FROM embeddings") == 0
    assert attune("import", str(file)).exit_code == 0
    with open_memory(own_home, start_worker=False) as memory:
        assert memory.store.value("SELECT count(*) FROM embeddings") == 3


def test_search_narrows_as_the_page_does() -> None:
    printed("chat", "--json", "I'm going to Lisbon on 3 May 2099. My sister lives in Perth. I live in Hull.")

    def found(query: str) -> list[str]:
        return [hit["value"] for hit in printed("memory", "search", "--json", query)]

    assert found("about:sister") == ["Perth"]
    assert found("lives about:sister") == ["Perth"]
    assert found("on:2001-01-01") == []
    assert len(found("about:me")) == 2
    assert "Perth" in attune("memory", "search", "about:sister").stdout


def test_personas_are_listed_and_shown() -> None:
    listed = printed("persona", "list", "--json")
    assert {"nova", "ada", "max", "sage"} <= {persona["id"] for persona in listed}
    assert "Nova" in attune("persona", "show", "nova").stdout
    assert printed("persona", "show", "--json", "Nova")["name"] == "Nova"


def test_a_home_that_cannot_be_written_names_the_way_out(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = attune("--home", str(blocked / "home"), "memory", "list")
    assert done.exit_code == FAILED
    assert "ATTUNE_HOME" in done.stderr


def test_a_topic_a_person_a_time_and_a_conversation_are_forgotten_after_a_yes(own_home: Path) -> None:
    told = printed("chat", "--json", "My sister is called Quillona. I collect zorbstones. I live in Hull.")
    asked = attune("memory", "forget", "--topic", "zorbstones", stdin="n\n")
    assert asked.exit_code == FAILED
    assert "zorbstones" in asked.stderr
    assert len(printed("memory", "list", "--json")) == 3, "a plan takes nothing"
    gone = printed("memory", "forget", "--topic", "zorbstones", "--yes", "--json")
    assert (len(gone["forgotten"]), len(gone["redacted"])) == (1, 1)
    assert len(printed("memory", "forget", "--person", "sister", "--yes", "--json")["forgotten"]) == 1
    assert [m["value"] for m in printed("memory", "list", "--json")] == ["Hull"]
    nothing = attune("memory", "forget", "--topic", "submarines", "--yes")
    assert (nothing.exit_code, "Nothing is known" in nothing.stderr) == (0, True)
    past = printed("memory", "forget", "--from", "2001-01-01", "--to", "2001-01-31", "--yes", "--json")
    assert past == {"forgotten": [], "redacted": [], "conversations": []}
    done = printed("memory", "forget", "--conversation", told["conversation_id"], "--yes", "--json")
    assert done["conversations"] == [told["conversation_id"]]
    assert printed("memory", "list", "--all", "--json") == []


@pytest.mark.parametrize("command", ["forget", "load", "erase"])
def test_with_json_nobody_is_asked_and_the_plan_is_told_instead(tmp_path: Path, command: str) -> None:
    fact = printed("memory", "add", "The user collects zorbstones.", "--json")
    page = tmp_path / "list.txt"
    page.write_text("- The user sails.\n", encoding="utf-8")
    arguments, plan = {
        "forget": (("memory", "forget", "--topic", "zorbstones"), "would_forget"),
        "load": (("memory", "load", str(page)), "would_add"),
        "erase": (("erase",), "would_remove"),
    }[command]
    asked = attune(*arguments, "--json", stdin="y\nerase\n")
    assert asked.exit_code == FAILED
    assert json.loads(asked.stdout)[plan]
    error = json.loads(asked.stderr)
    assert (error["error"], "--yes" in error["message"]) == ("YesNeeded", True)
    unasked = attune(*arguments, stdin="")
    assert (unasked.exit_code, unasked.stdout.strip()) == (FAILED, "")
    assert "--yes" in unasked.stderr
    assert printed("memory", "list", "--json") == [fact], "a plan changes nothing"
    assert plan not in printed(*arguments, "--yes", "--json")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("all.zip", b"not a zip"),
        ("all.zip", b"PK\x03\x04\xff\xfe"),
        ("list.json", b'["The user sails."]'),
        ("page.md", b"- The user sails.\x00"),
        ("page", b"PK\x03\x04 and so on"),
        ("rows.jsonl", b"- The user sails."),
        ("rows.csv", b"- The user sails."),
        ("rows.csv", b'{"content": "The user sails."}'),
        ("list.txt", b'{\n  "a": 1\n}'),
    ],
)
def test_what_holds_no_memories_is_not_loaded(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    refused = attune("memory", "load", str(file), "--yes")
    assert (refused.exit_code, refused.stdout) == (FAILED, "")
    assert all(ending in refused.stderr for ending in (".md", ".txt", ".jsonl", ".csv"))
    assert printed("memory", "list", "--json") == []


def test_a_pipe_and_a_file_without_an_ending_are_loaded(tmp_path: Path) -> None:
    assert printed("memory", "load", "-", "--yes", "--json", stdin="- The user sails.")["added"] == 1
    (tmp_path / "list").write_bytes("\ufeff- The user rows.".encode())
    assert printed("memory", "load", str(tmp_path / "list"), "--yes", "--json")["added"] == 1
    assert attune("memory", "load", "-", "--yes", stdin=b"\x1f\x8b\x08\x00").exit_code == FAILED


@pytest.mark.parametrize(
    "arguments",
    [(), ("ID", "--topic", "x"), ("--topic", "x", "--person", "y"), ("--to", "2026-05-03")],
)
def test_forgetting_takes_one_thing_at_a_time(arguments: tuple[str, ...]) -> None:
    assert attune("memory", "forget", "--yes", *arguments).exit_code == USAGE


def test_a_day_that_is_none_is_told() -> None:
    for first, last in (("yesterday", ""), ("2026-05-03", "2026-05-01")):
        done = attune("memory", "forget", "--from", first, "--to", last, "--yes")
        assert (done.exit_code, first in done.stderr) == (FAILED, True)


def test_what_is_held_back_is_listed_kept_declined_or_allowed_for_good() -> None:
    printed("chat", "--json", "I was diagnosed with epilepsy. I voted for the Greens.")
    health, politics = printed("memory", "held", "--json")
    assert (health["sensitivity"], politics["sensitivity"]) == ("health", "politics")
    assert printed("memory", "keep", health["id"], "--json")["sensitivity"] == "health"
    assert printed("memory", "decline", politics["id"], "--json") == {"declined": politics["id"]}
    assert printed("memory", "held", "--json") == []
    assert attune("memory", "keep", politics["id"] + "x").exit_code == NOT_FOUND
    assert printed("memory", "allow", "religion", "--json") == {"allowed": ["religion"]}
    assert printed("memory", "allow", "religion", "--off", "--json") == {"allowed": []}
    refused = attune("memory", "allow", "shoes")
    assert (refused.exit_code, "health" in refused.stderr) == (FAILED, True)


def test_the_page_has_versions_that_can_be_compared_and_restored() -> None:
    printed("chat", "--json", "I live in Hull.")
    first = printed("profile", "versions", "--json")[0]
    attune("profile", "edit", "--file", "-", stdin="## About you\n- I row at dawn.")
    changes = printed("profile", "diff", first["id"], "--json")
    assert [(c["change"], c["text"]) for c in changes] == [("-", "The user lives in Hull."), ("+", "I row at dawn.")]
    restored = printed("profile", "restore", first["id"], "--json")
    assert [line["text"] for line in restored["lines"]] == ["The user lives in Hull."]
    assert attune("profile", "restore", "nothing").exit_code == NOT_FOUND


def test_memories_are_saved_edited_and_loaded_back(tmp_path: Path) -> None:
    printed("chat", "--json", "I live in Hull and I love maps.")
    page = tmp_path / "memory.md"
    assert printed("memory", "save", str(page), "--json")["memories"] == 2
    page.write_text(page.read_text(encoding="utf-8").replace("in Hull", "on a boat") + "- The user sails.\n")
    asked = attune("memory", "load", str(page), stdin="n\n")
    assert asked.exit_code == FAILED
    assert "~ The user lives in Hull. -> The user lives on a boat." in asked.stderr
    assert "+ The user sails." in asked.stderr
    done = printed("memory", "load", str(page), "--yes", "--json")
    assert done == {"added": 1, "reworded": 1, "closed": 0, "left_out": 0}
    assert "The user lives on a boat." in attune("memory", "save", "-").stdout
    assert printed("memory", "load", "-", "--yes", "--json", stdin="- User speaks Basque")["added"] == 1
    for name in ("memory.csv", "memory.jsonl"):
        assert attune("memory", "save", str(tmp_path / name), "--all").exit_code == 0
    assert attune("memory", "save", str(tmp_path / "memory.txt")).exit_code == FAILED
    assert attune("memory", "save", str(page)).exit_code == FAILED, "nothing is replaced unasked"
    assert attune("memory", "save", str(page), "--overwrite").exit_code == 0
    assert attune("memory", "load", str(tmp_path / "nowhere.md")).exit_code == NOT_FOUND


def test_a_month_and_a_conversation_have_a_digest() -> None:
    told = printed("chat", "--json", "I moved to Braga.")
    assert "The user lives in Braga." in attune("memory", "digest").stdout
    by_conversation = printed("memory", "digest", "--conversation", told["conversation_id"], "--json")
    assert [line["text"] for line in by_conversation["lines"]] == ["The user lives in Braga."]
    assert printed("memory", "digest", "2001-01", "--json")["lines"] == []
    assert attune("memory", "digest", "March").exit_code == FAILED


def test_a_plan_with_its_days_is_listed_as_json() -> None:
    printed("chat", "--json", "I'm going to Lisbon on 3 May 2099.")
    (plan,) = printed("memory", "list", "--json")
    assert (plan["occurs_from"], plan["occurs_to"]) == ("2099-05-03", "2099-05-03")


def test_ratings_are_counted_withdrawn_compared_learnt_from_and_exported(tmp_path: Path) -> None:
    answer = printed("chat", "--json", "What is my dog called?")
    rated = printed("feedback", "rate", answer["message_id"], "down", "--reason", "tone", "--edit", "Pemba!", "--json")
    assert (rated["rating"], rated["edit"]) == (-1, "Pemba!")
    found = printed("feedback", "stats", "--json")
    assert (found["down"], found["edited"]) == (1, 1)
    assert "tone" in attune("feedback", "stats").stdout
    refined = printed("refine", "--json")
    assert refined["version"] is None
    assert refined["candidates"]
    assert "Nothing has earned a change yet." in attune("refine").stdout
    out = tmp_path / "training"
    lines = printed("preferences", "export", "--out", str(out), "--json")["lines"]
    assert lines == {"kto.jsonl": 1, "dpo.jsonl": 1, "sft.jsonl": 1, "meta.jsonl": 3}
    shown = printed(
        "preferences",
        "export",
        "--format",
        "sft",
        "--preview",
        "--system",
        "drop",
        "--redact",
    )
    assert [sorted(row) for row in shown] == [["completion", "prompt"]]
    same = attune("feedback", "prefer", answer["message_id"], answer["message_id"])
    assert same.exit_code == FAILED
    assert printed("feedback", "withdraw", answer["message_id"], "--json") == {"withdrawn": True}
    assert "There was no rating." in attune("feedback", "withdraw", answer["message_id"]).stdout
    assert printed("feedback", "list", "--json") == []
    assert "no ratings" in attune("refine").stdout
