import asyncio
import base64
from typing import Any

import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings
from ui.security import OwnPageOnly, check_bind, host_name


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"secret"})


def ask(kind: str = "http", **headers: str) -> list[dict[str, Any]]:
    options = {key: headers.pop(key) for key in ("username", "password", "open_to_network") if key in headers}
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(OwnPageOnly(_app, **options)({"type": kind, "headers": named}, receive, send))  # type: ignore[arg-type]
    return sent


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860", "LOCALHOST", "127.0.0.2:1"])
def test_the_own_machine_is_let_in(host: str) -> None:
    assert ask(host=host)[0]["status"] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "localhost.evil.example", "127.0.0.1.evil.example", "", "[", "192.168.1.2"],
)
def test_a_foreign_host_is_refused(host: str) -> None:
    sent = ask(host=host)
    assert sent[0]["status"] == 403
    assert b"secret" not in sent[1]["body"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8888", "http://localhost:7860"])
def test_a_foreign_origin_is_refused(origin: str) -> None:
    assert ask(host="127.0.0.1:7860", origin=origin)[0]["status"] == 403


def test_the_own_origin_is_let_in() -> None:
    assert ask(host="127.0.0.1:7860", origin="http://127.0.0.1:7860")[0]["status"] == 200


def test_another_site_cannot_embed_anything_even_without_an_origin() -> None:
    assert ask(host="127.0.0.1:7860", sec_fetch_site="cross-site", sec_fetch_mode="no-cors")[0]["status"] == 403
    assert ask(host="127.0.0.1:7860", sec_fetch_site="cross-site", sec_fetch_mode="navigate")[0]["status"] == 200


def test_a_foreign_web_socket_is_closed_and_an_own_one_is_not() -> None:
    foreign = ask("websocket", host="127.0.0.1:7860", origin="http://evil.example")
    assert foreign[0]["type"] == "websocket.close"
    assert ask("websocket", host="127.0.0.1:7860", origin="http://127.0.0.1:7860")[0]["type"] == "websocket.accept"


def test_with_a_password_nothing_is_told_without_it() -> None:
    right = "Basic " + base64.b64encode(b"wren:teal").decode()
    wrong = "Basic " + base64.b64encode(b"wren:blue").decode()
    who: dict[str, Any] = {"username": "wren", "password": "teal", "host": "localhost"}
    assert ask(**who)[0]["status"] == 401
    assert ask(**who, authorization=wrong)[0]["status"] == 401
    assert ask(**who, authorization="Basic ***")[0]["status"] == 401
    assert ask(**who, authorization=right)[0]["status"] == 200


def test_an_answer_may_load_nothing_from_elsewhere() -> None:
    headers = dict(ask(host="localhost")[0]["headers"])
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    assert b"http" not in headers[b"content-security-policy"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::"])
def test_listening_to_the_network_without_a_password_is_refused_with_the_reason(host: str) -> None:
    with pytest.raises(SettingsError, match="ATTUNE_PASSWORD"):
        check_bind(Settings(host=host))
    check_bind(Settings(host=host, username="wren", password="teal"))


def test_a_loopback_address_needs_no_password() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        check_bind(Settings(host=host))


def test_the_name_in_a_host_header_is_read_without_its_port() -> None:
    assert host_name("[::1]:7860") == "::1"
    assert host_name("LocalHost:1") == "localhost"
