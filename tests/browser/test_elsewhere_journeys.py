"""Whoever looks at another conversation sees that one, whatever the one before still brings."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, say, thumb_down

pytestmark = pytest.mark.browser

Scripted = Callable[..., Served]
Browse = Callable[..., Page]


@pytest.mark.parametrize("elsewhere", ["new", "incognito"])
def test_what_is_learnt_late_never_draws_over_the_conversation_that_was_opened_since(
    scripted: Scripted, browse: Browse, monkeypatch: pytest.MonkeyPatch, elsewhere: str
) -> None:
    served = scripted("Good to know.")
    learnt, idle = threading.Event(), served.assistant.wait_until_idle
    monkeypatch.setattr(served.assistant, "wait_until_idle", lambda timeout_s: learnt.wait(60) and idle(timeout_s))
    page = browse(served)
    say(page, "My dog is called Pemba.")
    page.locator(f"#{elsewhere}").click()
    title = "Incognito" if elsewhere == "incognito" else "Attune"
    expect(page.locator("#heading h1")).to_have_text(title)
    [conversation] = served.assistant.memory.conversations()
    served.assistant.memory.rename_conversation(conversation.id, "Named late")
    learnt.set()
    expect(page.locator("#conversations")).to_contain_text("Named late")
    expect(page.locator("#heading h1")).to_have_text(title)
    assert "Pemba" not in page.locator("#cards").inner_text()
    expect(page.locator("#used")).to_contain_text("After a reply")


def test_a_thumb_stays_with_the_reply_that_it_was_pressed_on(scripted: Scripted, browse: Browse) -> None:
    served = scripted("First.", "Another.", "Second.", "Third.")
    page = browse(served)
    pressed = page.locator("#chat [aria-label='Disliked'], #chat [title='Disliked']")
    say(page, "What is a fjord?")
    thumb_down(page, "too short")
    say(page, "And an inlet?")
    expect(pressed).to_have_count(1)
    page.locator("#incognito").click()
    expect(page.locator("#heading h1")).to_have_text("Incognito")
    say(page, "What is a lake?")
    expect(pressed).to_have_count(0)
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    say(page, "What is a bay?")
    expect(pressed).to_have_count(0)
    page.locator("#conversations [data-act=open]").last.click()
    expect(page.locator("#chat .bot.message").first).to_have_text("First.")
    expect(pressed).to_have_count(1)
