"""How the page looks: light, dark, wide, narrow. With ATTUNE_WRITE_SCREENSHOTS=1 the pictures go to docs/screenshots."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, open_tab, say, thumb_down

pytestmark = pytest.mark.browser

MAX_BYTES = 300_000


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    wanted = os.environ.get("ATTUNE_WRITE_SCREENSHOTS") == "1"
    folder = Path(__file__).parents[2] / "docs" / "screenshots" if wanted else tmp_path / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def take(page: Page, path: Path) -> None:
    page.wait_for_timeout(400)
    page.screenshot(path=path, animations="disabled")
    assert path.stat().st_size < MAX_BYTES
    assert colours(path) > 20, f"{path.name} is all but blank"


def colours(path: Path) -> int:
    """How many different byte triples or quadruples a PNG's rows hold: a blank page has a handful."""
    data, position, packed, channels = path.read_bytes(), 8, b"", 3
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        kind = data[position + 4 : position + 8]
        if kind == b"IHDR":
            channels = 4 if data[position + 17] == 6 else 3
        elif kind == b"IDAT":
            packed += data[position + 8 : position + 8 + length]
        position += 12 + length
    raw = zlib.decompress(packed)
    return len({raw[i : i + channels] for i in range(0, len(raw) - channels, channels)})


def test_the_page_looks_right_light_and_dark_and_wide_and_narrow(
    builtin: Served, browse: Callable[..., Page], pictures: Path
) -> None:
    served = builtin
    page = browse(served)
    say(page, "Hi, my name is Wren, I live in Bergen and my dog is called Pemba.")
    expect(page.locator("#cards .learnt")).to_have_count(3)
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    say(page, "What can you do?")
    thumb_down(page, "too long")
    say(page, "What pets do I have?")
    thumb_down(page, "too long")
    expect(page.locator("#cards .proposal")).to_be_visible()
    page.locator("#cards [data-act=accept]").click()
    open_tab(page, "Learning")
    expect(page.locator("#learning")).to_contain_text("Keep answers short.")
    take(page, pictures / "learning.png")
    open_tab(page, "Memory")
    expect(page.locator("#memories .a-card")).to_have_count(3)
    take(page, pictures / "memory.png")
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    say(page, "What do you know about me?")
    say(page, "What is my dog called?")
    expect(page.locator("#used")).to_contain_text("Pemba")
    take(page, pictures / "chat-light.png")

    dark = browse(served, at=page.url, dark=True)
    expect(dark.locator("#chat .bot.message")).to_have_count(2)
    take(dark, pictures / "chat-dark.png")
    background = dark.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(int(n) for n in background.strip("rgba()").split(",")[:3]) < 150

    phone = browse(served, at=page.url, width=390, height=844)
    expect(phone.locator("#chat .bot.message")).to_have_count(2)
    take(phone, pictures / "phone.png")
    for tab in ("Chat", "Memory", "Profile", "Learning", "Your data"):
        if tab != "Chat":
            open_tab(phone, tab)
            phone.wait_for_timeout(300)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, f"{tab} is wider than a phone"
    open_tab(phone, "Chat")
    box = phone.locator("#box textarea").bounding_box()
    assert box is not None and box["width"] > 180 and box["y"] + box["height"] <= 844


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_box_to_type_into_is_within_the_window_from_the_start(
    scripted: Callable[..., Served], browse: Callable[..., Page], width: int, height: int
) -> None:
    page = browse(scripted("An inlet."), width=width, height=height)

    def ends_at() -> float:
        box = page.locator("#composer").bounding_box()
        assert box is not None
        return box["y"] + box["height"]

    expect(page.locator("#starters")).to_be_visible()
    assert height - 100 < ends_at() <= height
    page.locator("#incognito").click()
    expect(page.locator("#heading h1")).to_have_text("Incognito")
    expect(page.locator("#starters")).to_be_hidden()
    page.wait_for_timeout(300)
    assert height - 100 < ends_at() <= height
