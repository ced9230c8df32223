"""The page in a real Chromium, over a real server on this machine. Every request that the browser makes is kept."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from assistant.assistant import Assistant, open_assistant
from assistant.settings import Settings
from memory import open_memory
from tests.fakes import HashEmbeddings, ScriptedChatModel
from ui.app import build_app

WAIT_MS = 60_000
"""Generous, because a busy machine is no reason to fail."""
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = "There is no Chromium on this machine. Install the package `chromium`."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@dataclass
class Served:
    """A page that runs, and the assistant behind it."""

    url: str
    app: Any
    server: uvicorn.Server
    thread: threading.Thread

    @property
    def assistant(self) -> Assistant:
        return self.app.state.handlers.assistant  # type: ignore[no-any-return]

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=10)
        self.assistant.close()


def serve(home: Path, **options: Any) -> Served:
    """Options: chat_model; none is the built-in model."""
    memory = open_memory(home, embeddings=HashEmbeddings())
    assistant = open_assistant(Settings(home=home), memory=memory, **options)
    app = build_app(assistant)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.05)
    return Served(url=f"http://127.0.0.1:{listening.getsockname()[1]}", app=app, server=server, thread=thread)


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts a page whose replies are written in the test."""
    opened: list[Served] = []

    def start(*replies: Any, delay_s: float = 0.0) -> Served:
        model = ScriptedChatModel(replies=list(replies) or ["All right."], delay_s=delay_s)
        opened.append(serve(tmp_path / f"home{len(opened)}", chat_model=model))
        return opened[-1]

    yield start
    for served in opened:
        served.close()


@pytest.fixture
def builtin(tmp_path: Path) -> Iterator[Served]:
    """A page that answers with the model that ships."""
    served = serve(tmp_path / "home")
    yield served
    served.close()


@dataclass
class Seen:
    """What one browser asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda opened: self.requests.append(opened.url))
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def left(self) -> None:
        """A link led away from a page: what it complained of because it still waited for an answer counts no more."""
        waiting = ("AbortError", "Connection errored out")
        self.complaints = [said for said in self.complaints if not any(words in said for words in waiting)]

    @property
    def elsewhere(self) -> list[str]:
        """Requests that left this machine."""
        inside = ("data", "blob", "about")
        return [u for u in self.requests if urlsplit(u).scheme not in inside and urlsplit(u).hostname != "127.0.0.1"]


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def browse(chromium: Browser, seen: Seen) -> Iterator[Callable[..., Page]]:
    """Opens the page as a person would. Afterwards: nothing left this machine, and nothing was complained about."""
    contexts = []

    def open_page(served: Served, *, at: str = "", width: int = 1280, height: int = 800, dark: bool = False) -> Page:
        """At an address of the page; the first one unless told."""
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        seen.watch(page)
        page.goto(at or served.url)
        ready(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert seen.requests and seen.elsewhere == []
    assert seen.complaints == []


def ready(page: Page) -> None:
    """The page is drawn and its first answer from the server is there."""
    expect(page.locator("#heading h1")).to_be_visible()


def send(page: Page, text: str) -> None:
    page.locator("#box textarea").fill(text)
    page.locator("#box textarea").press("Enter")


def say(page: Page, text: str) -> str:
    """Send, wait for the end of the reply, and read it."""
    before = page.locator("#chat .bot.message").count()
    send(page, text)
    expect(page.locator("#chat .bot.message")).to_have_count(before + 1)
    written(page)
    expect(page.locator("#chat .bot.message").last).not_to_have_text("…")
    return page.locator("#chat .bot.message").last.inner_text()


def written(page: Page) -> None:
    """The reply has ended. Until then each new word draws the chat anew, and closes what was opened in it."""
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.locator("#send")).to_be_visible()


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def thumb_down(page: Page, reason: str) -> None:
    """On the latest reply, with one reason."""
    page.locator("#chat [aria-label='Dislike'], #chat [title='Dislike'], #chat [aria-label='dislike']").last.click()
    page.locator("#reasons").get_by_label(reason, exact=True).check()
    page.locator("#tell").click()
    expect(page.locator("#why")).to_be_hidden()
