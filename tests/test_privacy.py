"""Nothing leaves the machine, and nothing is written down where it should not be."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import Settings, open_assistant
from assistant.settings import TELEMETRY_OFF, telemetry_off
from memory import MemoryManager, transfer
from tests.conftest import NetworkForbidden, is_local
from tests.fakes import ScriptedChatModel

ROOT = Path(__file__).parents[1]
SECRET = "The heron Quillabamba nests behind the boathouse."

JOURNEY = """
import ipaddress, sys
tried = []

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        address = arguments[0] if event.startswith("socket.geta") or event.startswith("socket.geth") else arguments[1]
        host = address[0] if isinstance(address, tuple) else address
        if isinstance(host, bytes):
            host = host.decode(errors="replace")
        if host in (None, "", "localhost") or str(host).startswith(("/", "\\0")):
            return
        try:
            local = ipaddress.ip_address(str(host)).is_loopback
        except ValueError:
            local = False
        if not local:
            tried.append((event, str(host)))

sys.addaudithook(watch)
from assistant import Settings, open_assistant
from pathlib import Path
home = Path(sys.argv[1])
with open_assistant(Settings(home=home, max_tokens=16)) as assistant:
    for text in ("My name is Zorvik and my dog is called Pemba.", "What is my dog called?"):
        for event in assistant.respond(text):
            last = event
    assistant.rate(last.message_id, -1, ["too long"])
    assert assistant.wait_until_idle(timeout_s=180)
    assert assistant.memory.search("dog")
    assistant.export_zip(home / "out.zip")
    from ui.app import build_app
    build_app(assistant)
print("TRIED", tried)
"""


def test_a_whole_journey_asks_nothing_of_any_other_machine(tmp_path: Path) -> None:
    """Real model, real encoder, real index, real page; every address that Python is asked for is looked at."""
    done = subprocess.run(
        [sys.executable, "-c", JOURNEY, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=230,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip().endswith("TRIED []"), done.stdout


def test_the_tests_themselves_cannot_leave_this_machine() -> None:
    with pytest.raises(NetworkForbidden), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(NetworkForbidden):
        socket.getaddrinfo("example.org", 443)
    assert is_local(("127.0.0.1", 1))
    assert is_local(("::1", 1, 0, 0))
    assert not is_local(("192.0.2.1", 1))


def test_telemetry_of_every_dependency_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TELEMETRY_OFF:
        monkeypatch.setenv(name, "loud")
    telemetry_off()
    for name in (
        "ANONYMIZED_TELEMETRY",
        "GRADIO_ANALYTICS_ENABLED",
        "HF_HUB_DISABLE_TELEMETRY",
        "HF_HUB_OFFLINE",
        "LANGSMITH_TRACING",
        "LANGCHAIN_TRACING_V2",
    ):
        assert os.environ[name] == TELEMETRY_OFF[name] != "loud"


def test_dependencies_agree_that_they_are_quiet() -> None:
    code = (
        "from assistant.settings import telemetry_off; telemetry_off()\n"
        "from chromadb.config import Settings; assert Settings().anonymized_telemetry is False\n"
        "from langsmith.utils import tracing_is_enabled; assert tracing_is_enabled() is False\n"
        "from huggingface_hub import constants as c; assert c.HF_HUB_DISABLE_TELEMETRY and c.HF_HUB_OFFLINE\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_logs_hold_no_message_text(
    memory: MemoryManager, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    model = ScriptedChatModel(replies=[RuntimeError("the model broke"), f"You said: {SECRET}"])
    with open_assistant(settings, chat_model=model, memory=memory) as assistant:
        with pytest.raises(Exception, match="the model broke"):
            list(assistant.respond(SECRET))
        list(assistant.respond(f"Once more. {SECRET}"))
        assistant.wait_until_idle(timeout_s=30)
        memory.search("heron Quillabamba")
        transfer.export_zip(memory, tmp_path / "out.zip")
    assert caplog.records
    assert "Quillabamba" not in caplog.text


def test_everything_that_is_kept_lies_in_the_home(memory: MemoryManager, settings: Settings, own_home: Path) -> None:
    with open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory) as assistant:
        list(assistant.respond(SECRET))
        assistant.wait_until_idle(timeout_s=30)
    kept = {path.relative_to(own_home).parts[0] for path in own_home.rglob("*") if path.is_file()}
    assert kept <= {"attune.db", "attune.db-wal", "attune.db-shm", "attune.lock", "index"}
    transfer.erase(own_home)
    left = [path for path in own_home.rglob("*") if path.is_file()]
    assert left == []
