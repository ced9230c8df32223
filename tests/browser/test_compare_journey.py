"""Two answers side by side, as a person sees them come and chooses one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from playwright.sync_api import Page, expect

from tests.browser.conftest import Seen, Served, open_tab, say, send, written
from tests.browser.test_screenshots import take
from tests.test_compare import BULLETS, tried_in_every_answer, tries

pytestmark = pytest.mark.browser

PLAIN = " ".join(f"Take the blue bag number {n}, which holds what you need for one day." for n in range(12))
LISTED = "\n".join(f"- Bag number {n} for one day of the trip." for n in range(24))


def answers(messages: Sequence[BaseMessage]) -> str:
    return LISTED if tries(messages) else PLAIN


@pytest.fixture
def served(scripted: Callable[..., Served]) -> Served:
    started = scripted(answers, delay_s=0.3)
    tried_in_every_answer(started.assistant, started.assistant.memory)
    return started


def box_of(page: Page, selector: str) -> dict[str, Any]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return dict(box)


def test_two_answers_come_side_by_side_and_are_named_once_one_is_chosen(
    served: Served, browse: Callable[..., Page], seen: Seen, tmp_path: Path
) -> None:
    page = browse(served)
    open_tab(page, "Learning")
    page.get_by_role("button", name="How it learns").click()
    page.locator("#compare").get_by_role("checkbox").check()
    open_tab(page, "Chat")
    send(page, "What should I pack?")
    expect(page.locator("#side-a")).to_contain_text("number 2")
    expect(page.locator("#side-b")).to_contain_text("number 2")
    expect(page.locator("#stop")).to_be_visible()
    for side in ("#side-a", "#side-b"):
        expect(page.locator(side)).to_contain_text("▍")
    take(page, tmp_path / "writing.png")
    page.reload()
    expect(page.locator("#stop")).to_be_visible()
    seen.left()
    expect(page.locator("#side-a")).to_contain_text("number 3")
    expect(page.locator("#side-b")).to_contain_text("number 3")
    served.assistant.chat_model.delay_s = 0.0
    written(page)
    expect(page.locator("#choice [data-act=judge]")).to_have_count(4)
    expect(page.locator("#chat .bot.message")).to_have_count(0)
    expect(page.locator("#chat-row")).not_to_contain_text(BULLETS)
    left, right = box_of(page, "#side-a"), box_of(page, "#side-b")
    assert abs(left["y"] - right["y"]) < 5 and right["x"] > left["x"] + 200
    take(page, tmp_path / "choosing.png")

    dark = browse(served, at=page.url, dark=True)
    expect(dark.locator("#side-b")).to_contain_text("number 9")
    take(dark, tmp_path / "choosing-dark.png")
    phone = browse(served, at=page.url, width=390, height=844)
    expect(phone.locator("#side-b")).to_contain_text("number 9")
    above, below = box_of(phone, "#side-a"), box_of(phone, "#side-b")
    assert above["y"] + above["height"] <= below["y"] and above["width"] > 260
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    take(phone, tmp_path / "choosing-phone.png")

    tried = "A" if page.locator("#side-a li").count() else "B"
    page.get_by_role("button", name=f"{tried} is better").click()
    expect(page.locator("#choice")).to_contain_text(f"You found {tried} better.")
    expect(page.locator("#choice")).to_contain_text(f"tried: {BULLETS}")
    expect(page.locator("#sides")).to_be_hidden()
    expect(page.locator("#chat .bot.message li")).to_have_count(24)
    take(page, tmp_path / "chosen.png")
    (pair,) = served.assistant.memory.refinements.pairs()
    assert pair.source == "ab" and served.assistant.rules_of(pair.better_id)[1] == (BULLETS,)


def test_stop_stops_both_and_one_can_still_be_chosen(served: Served, browse: Callable[..., Page]) -> None:
    served.assistant.choose_compare(True)
    page = browse(served)
    send(page, "What should I pack?")
    expect(page.locator("#side-a")).to_contain_text("number 2")
    page.locator("#stop").click()
    written(page)
    for side in ("#side-a", "#side-b"):
        expect(page.locator(side)).to_contain_text("Stopped.")
        expect(page.locator(side)).not_to_contain_text("▍")
    page.get_by_role("button", name="Neither").click()
    expect(page.locator("#choice")).to_contain_text("You found neither good")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#choice")).to_be_hidden()
    assert served.assistant.memory.feedback() == []
    served.assistant.choose_compare(False)
    served.assistant.chat_model.delay_s = 0.0
    assert say(page, "And what else?")
