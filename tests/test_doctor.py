"""The doctor looks at what is really there: the shipped model, the installed encoder, the home."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.settings import Settings, telemetry_off
from memory import MemoryManager, open_memory
from tests.fakes import HashEmbeddings
from ui.cli import app
from ui.doctor import Check, examine


def finding(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


@pytest.fixture(autouse=True)
def quiet() -> None:
    telemetry_off()


def test_a_fresh_machine_is_in_order_and_the_command_ends_with_zero(own_home: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert done.exit_code == 0, checks
    assert set(checks) == {"Python", "packages", "telemetry", "chat model", "encoder", "home"}
    assert "parameters" in checks["chat model"]["finding"]
    assert str(own_home) in checks["home"]["finding"]
    assert checks["telemetry"]["finding"] == "off"


def test_a_broken_model_a_broken_database_and_loud_telemetry_are_found(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_home.mkdir()
    (own_home / "attune.db").write_bytes(b"this is not a database" * 500)
    model = tmp_path / "model.gguf"
    model.write_text("not a model")
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "True")
    checks = examine(Settings(home=own_home, model=str(model)))
    for name, word in [("chat model", "GGUF"), ("home", "attune.db"), ("telemetry", "GRADIO_ANALYTICS_ENABLED")]:
        check = finding(checks, name)
        assert not check.ok
        assert word in check.finding
    assert finding(checks, "encoder").ok


def test_something_broken_ends_the_command_with_one(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--model", str(tmp_path / "missing.gguf"), "doctor"])
    assert done.exit_code == 1
    assert "missing.gguf" in done.stdout
    assert "Traceback" not in done.output


def test_a_home_open_elsewhere_is_said_and_is_no_fault(memory: MemoryManager, settings: Settings) -> None:
    home = finding(examine(settings), "home")
    assert home.ok
    assert "another process" in home.finding
    assert memory.owner


def test_messages_missing_from_the_index_are_a_fault(settings: Settings) -> None:
    with open_memory(settings.home, embeddings=HashEmbeddings(), start_worker=False) as memory:
        conversation = memory.start_conversation()
        memory.add_message(conversation.id, role="user", content="hello")
    with sqlite3.connect(settings.home / "attune.db") as connection:
        connection.execute("DELETE FROM messages_fts")
    home = finding(examine(settings), "home")
    assert not home.ok
    assert "rebuild-index" in home.finding
