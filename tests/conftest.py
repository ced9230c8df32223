"""What every test may rely on: no network beyond this machine, a home of its own, telemetry off."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.settings import TELEMETRY_OFF, Settings
from memory import MemoryManager, open_memory
from tests.fakes import HashEmbeddings

os.environ.update(TELEMETRY_OFF)


class NetworkForbidden(AssertionError):
    """A test tried to leave this machine."""


def is_local(address: Any) -> bool:
    """Loopback, or a socket that is a file."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in ("localhost", "")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and every look-up of a name beyond loopback."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded(original: Any) -> Any:
        def call(self: socket.socket, address: Any) -> Any:
            if not is_local(address):
                raise NetworkForbidden(f"a test opened a connection to {address}")
            return original(self, address)

        return call

    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not is_local((name,)):
            raise NetworkForbidden(f"a test looked up {name}")
        return getaddrinfo(host, *args, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees the settings or the data of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("ATTUNE_") and name != "ATTUNE_WRITE_SCREENSHOTS":
            monkeypatch.delenv(name)
    home = tmp_path / "attune-home"
    monkeypatch.setenv("ATTUNE_HOME", str(home))
    return home


@pytest.fixture
def memory(own_home: Path) -> Iterator[MemoryManager]:
    """An empty memory with an encoder that loads nothing."""
    with open_memory(own_home, embeddings=HashEmbeddings()) as opened:
        yield opened


@pytest.fixture
def settings(own_home: Path) -> Settings:
    return Settings(home=own_home)
