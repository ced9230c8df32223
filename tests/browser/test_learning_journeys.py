"""The Learning tab, as a person sees it: what is chosen there stays, and learning in the background is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assistant.refiner import Progress
from assistant.settings import load_settings
from memory import VersionEvidence
from tests.browser.conftest import Served, open_tab, ready, say
from tests.browser.test_screenshots import take

pytestmark = pytest.mark.browser

Scripted = Callable[..., Served]
Browse = Callable[..., Page]
LOOK = "/gradio_api/run/"
"""Where the page asks for what does not wait in the queue: how learning is, and nothing else."""


def open_choices(page: Page) -> None:
    open_tab(page, "Learning")
    page.get_by_role("button", name="How it learns").click()


def test_what_is_chosen_on_the_tab_holds_at_once_and_is_shown_by_a_page_that_is_loaded_anew(
    scripted: Scripted, browse: Browse, tmp_path: Path
) -> None:
    served = scripted()
    settings = served.assistant.settings
    page = browse(served)
    open_choices(page)
    page.locator("#refine").get_by_label("ask me first").check()
    page.locator("#trials").get_by_role("checkbox").uncheck()
    page.locator("#compare").get_by_role("checkbox").check()
    tokens = page.locator("#refine-tokens input")
    tokens.fill("999")
    tokens.press("Enter")
    expect(page.get_by_text("at least 1,000 tokens").first).to_be_visible()
    tokens.fill("5000")
    page.locator("#rule-new textarea, #rule-new input").focus()
    expect(page.get_by_text("It holds from the next run on.")).to_be_visible()
    assert (settings.refine, settings.trials, settings.compare, settings.refine_tokens) == ("ask", False, True, 5000)
    kept = load_settings(home=settings.home)
    assert (kept.refine, kept.trials, kept.compare, kept.refine_tokens) == ("ask", False, True, 5000)
    page.reload()
    ready(page)
    open_choices(page)
    expect(page.locator("#refine").get_by_label("ask me first")).to_be_checked()
    expect(page.locator("#trials").get_by_role("checkbox")).not_to_be_checked()
    expect(page.locator("#compare").get_by_role("checkbox")).to_be_checked()
    expect(tokens).to_have_value("5000")
    take(page, tmp_path / "learning.png")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#refine")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    take(page, tmp_path / "learning-phone.png")


def test_learning_in_the_background_is_seen_while_it_goes_on_and_announced_once_it_has_learnt(
    scripted: Scripted, browse: Browse
) -> None:
    served = scripted("An inlet.")
    assistant, memory = served.assistant, served.assistant.memory
    page = browse(served)
    open_tab(page, "Learning")
    expect(page.locator("#learning")).to_contain_text("No rules yet")
    assistant.refiner.progress = Progress(done=3, total=12, doing="Scoring “Use emoji.”")
    bar = page.locator("#learning-progress progress")
    expect(bar).to_have_attribute("value", "3")
    assistant.refiner.progress = Progress(done=9, total=12, doing="Scoring “Use emoji.”")
    expect(bar).to_have_attribute("value", "9")
    version = assistant.add_rule("Use emoji.")
    evidence = {"score": 0.8, "low": 0.6, "high": 0.9, "ratings": 9, "log_wealth": 4.0, "log_threshold": 3.0}
    memory.refinements.add_evidence(
        VersionEvidence(id=version.id, candidate_id="c", model="m", created_at=memory.clock(), **evidence)
    )
    assistant.refiner.progress = None
    expect(page.locator("#learning-progress")).to_contain_text("Learnt:")
    expect(page.locator("#learning")).to_contain_text("Use emoji.")
    expect(bar).to_have_count(0)


def test_the_page_looks_at_learning_while_the_tab_is_open_and_not_while_another_is(
    scripted: Scripted, browse: Browse
) -> None:
    page = browse(scripted("An inlet."))
    looks = list[str]()
    page.on("request", lambda request: looks.append(request.url) if LOOK in request.url else None)
    page.wait_for_timeout(3000)
    assert looks == []
    open_tab(page, "Learning")
    for _ in range(2):
        page.wait_for_event("request", lambda request: LOOK in request.url)
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    page.wait_for_timeout(3000)
    looks.clear()
    page.wait_for_timeout(5000)
    assert looks == []


def test_a_liked_answer_is_put_in_ones_own_words_in_a_box_that_begins_with_it(
    scripted: Scripted, browse: Browse
) -> None:
    served = scripted("An inlet.\n\nIt is **deep**.")
    page = browse(served)
    say(page, "What is a fjord?")
    page.locator("#chat [aria-label='Like'], #chat [title='Like']").last.click()
    expect(page.locator("#chat [aria-label='Liked'], #chat [title='Liked']")).to_have_count(1)
    for better, kept in ((None, ""), ("A deep inlet.", "A deep inlet.")):
        page.locator("#used [data-act=reword]").click()
        expect(page.locator("#better textarea")).to_have_value("An inlet.\n\nIt is **deep**.")
        expect(page.locator("#reasons")).to_be_hidden()
        if better:
            page.locator("#better textarea").fill(better)
        page.locator("#tell").click()
        expect(page.locator("#why")).to_be_hidden()
        [given] = served.assistant.memory.feedback()
        assert (given.rating, given.edit) == (1, kept)
