"""A guess at how someone wants to be answered, seen with its reason and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, open_tab, say
from tests.browser.test_screenshots import take
from tests.test_guessing import USERS, said

pytestmark = pytest.mark.browser


def test_a_guess_is_shown_with_its_reason_and_holds_once_it_is_kept(
    scripted: Callable[..., Served], browse: Callable[..., Page], tmp_path: Path
) -> None:
    served = scripted("Certainly.")
    memory = served.assistant.memory
    kept = {key: memory.start_conversation(title=key).id for key in ("c0", "c1", "c2", "c3", "c4")}
    for user in ("a clerk who writes letters", "a learner"):
        for message in said(USERS[user][1]):
            memory.add_message(kept[message.conversation_id], role="user", content=message.text)
    page = browse(served)
    open_tab(page, "Learning")
    formal = page.locator("#guesses .guess", has_text="Use a formal tone.").first
    expect(formal).to_contain_text("of your first 17 messages")
    take(page, tmp_path / "guess.png")
    dark = browse(served, dark=True)
    open_tab(dark, "Learning")
    expect(dark.locator("#guesses .guess").first).to_be_visible()
    take(dark, tmp_path / "guess-dark.png")
    phone = browse(served, width=390, height=844)
    open_tab(phone, "Learning")
    expect(phone.locator("#guesses .guess").first).to_be_visible()
    phone.locator("#guesses").scroll_into_view_if_needed()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    take(phone, tmp_path / "guess-phone.png")

    formal.get_by_role("button", name="Keep: Use a formal tone.").click()
    expect(page.locator("#guesses")).not_to_contain_text("Guessed from your messages: Use a formal tone.")
    expect(page.locator("#starter-manner input")).to_have_value("Use a formal tone.")
    page.locator("#new").click()
    say(page, "How are you?")
    expect(page.locator("#used")).to_contain_text("Use a formal tone. (your choice to begin with)")
    open_tab(page, "Learning")
    page.locator("#guess").get_by_role("checkbox").uncheck()
    expect(page.locator("#guesses .guess")).to_have_count(0)
