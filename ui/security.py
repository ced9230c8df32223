"""Who may talk to the page: the user's own browser on this machine, or one that knows the password. Knows no page.

A web site that the user visits can make the browser send requests to 127.0.0.1, and a rebound DNS name can make it
read the answers. So every request, web sockets included, must name this machine as its Host, and one that says where
it comes from must come from this page.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import secrets
import socket
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import SettingsError
from assistant.settings import Settings

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
CONTENT_SECURITY_POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; object-src 'none'"
)
"""Gradio's scripts need inline and eval; nothing at all may be loaded from, or sent to, another machine."""


def is_loopback(host: str) -> bool:
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_bind(settings: Settings) -> None:
    """Refuse to listen where others can reach the page, unless there is a password.

    Raises:
        SettingsError
    """
    if not is_loopback(settings.host) and not (settings.username and settings.password):
        raise SettingsError(
            f"Listening on {settings.host} would let other machines read everything you told Attune. Set "
            "ATTUNE_USERNAME and ATTUNE_PASSWORD first, or listen on 127.0.0.1."
        )


def host_name(host: str) -> str:
    """The name in a Host header, without its port and brackets; empty when there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


class OwnPageOnly:
    """ASGI middleware. Answers 403 to a foreign Host or Origin and 401 without the password, where there is one.

    Args:
        open_to_network: the page listens beyond loopback, so its Host may be any address of this machine.
        username, password: empty for none.
    """

    def __init__(self, app: ASGIApp, *, open_to_network: bool = False, username: str = "", password: str = "") -> None:
        self._app = app
        self._open_to_network = open_to_network
        self._credentials = f"{username}:{password}" if password else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(headers)
        if refusal is None:
            await self._app(scope, receive, _guarded(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
        else:
            await _refuse(send, *refusal)

    def _refusal(self, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and reason, or None when the request is ours."""
        host = headers.get("host", "")
        if not self._is_ours(host_name(host)):
            return 403, "This Host is not Attune's."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return 403, "Requests from other pages are refused."
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            return 403, "Requests from other pages are refused."
        if self._credentials and not self._knows_password(headers.get("authorization", "")):
            return 401, "A name and a password are needed."
        return None

    def _is_ours(self, name: str) -> bool:
        if is_loopback(name):
            return True
        if not self._open_to_network:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            own = socket.gethostname().lower()
            return name in (own, f"{own}.local")
        return True

    def _knows_password(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and secrets.compare_digest(given, self._credentials.encode())


def _guarded(send: Send) -> Send:
    async def with_policy(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", []),
                (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
                (b"x-content-type-options", b"nosniff"),
                (b"referrer-policy", b"no-referrer"),
            ]
        await send(message)

    return with_policy


async def _refuse(send: Send, status: int, reason: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="Attune", charset="UTF-8"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": reason.encode()})
