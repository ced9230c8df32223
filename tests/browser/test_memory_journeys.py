"""What a person does about what is remembered: take it back, forget it widely, decide what is delicate."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, open_tab, say

pytestmark = pytest.mark.browser

Scripted = Callable[..., Served]
Browse = Callable[..., Page]


def test_what_was_just_learnt_is_taken_back_with_one_press(scripted: Scripted, browse: Browse) -> None:
    served = scripted("Noted.")
    page = browse(served)
    say(page, "I live in Hull.")
    page.locator("#cards [data-act=undo-memory]").click()
    expect(page.locator("#cards")).not_to_contain_text("Hull")
    assert served.assistant.memory.memories() == []


def test_a_topic_is_forgotten_from_the_memory_tab_after_it_was_shown(scripted: Scripted, browse: Browse) -> None:
    served = scripted("Noted.")
    page = browse(served)
    say(page, "I collect zorbstones. I live in Hull.")
    expect(page.locator("#cards .learnt")).to_have_count(2)
    open_tab(page, "Memory")
    page.locator("#forget-what textarea, #forget-what input").fill("zorbstones")
    page.locator("#forget-show").click()
    expect(page.locator("#confirm")).to_contain_text("every sentence that names it")
    page.locator("#confirm-yes").click()
    expect(page.locator("#confirm")).to_be_hidden()
    expect(page.locator("#memories")).not_to_contain_text("zorbstones")
    expect(page.locator("#memories")).to_contain_text("Hull")
    open_tab(page, "Chat")
    expect(page.locator("#chat")).not_to_contain_text("zorbstones")


def test_a_delicate_statement_waits_for_a_yes(scripted: Scripted, browse: Browse) -> None:
    served = scripted("I see.")
    page = browse(served)
    say(page, "I was diagnosed with epilepsy.")
    expect(page.locator("#cards .held")).to_contain_text("Keep this?")
    open_tab(page, "Memory")
    expect(page.locator("#memories")).not_to_contain_text("epilepsy")
    page.locator("#held [data-act=keep-held]").click()
    expect(page.locator("#memories")).to_contain_text("epilepsy")
    assert [m.sensitivity for m in served.assistant.memory.memories()] == ["health"]


def test_an_incognito_conversation_says_so_and_leaves_nothing(scripted: Scripted, browse: Browse) -> None:
    served = scripted("All right.")
    page = browse(served)
    page.locator("#incognito").click()
    expect(page.locator("#heading")).to_contain_text("Nothing of this is stored")
    assert say(page, "My dog is called Pemba.") == "All right."
    expect(page.locator("#heading")).to_contain_text("Nothing of this is stored")
    expect(page.locator("#cards .learnt")).to_have_count(0)
    page.locator("#new").click()
    expect(page.locator("#heading")).not_to_contain_text("Nothing of this is stored")
    assert served.assistant.memory.counts()["messages"] == 0


def test_the_profile_is_rewritten_and_an_earlier_page_restored(scripted: Scripted, browse: Browse) -> None:
    page = browse(scripted("Noted."))
    say(page, "I live in Hull.")
    expect(page.locator("#cards .learnt")).to_contain_text("Hull")
    open_tab(page, "Profile")
    expect(page.locator("#profile")).to_contain_text("Hull")
    expect(page.locator("#profile")).to_contain_text("from your message")
    page.locator("#profile-rewrite button").first.click()
    page.locator("#profile-text textarea").fill("## About you\n- Sails a blue boat.")
    page.locator("#profile-save").click()
    expect(page.locator("#profile")).to_contain_text("Sails a blue boat.")
    expect(page.locator("#profile")).not_to_contain_text("Hull")
    page.locator("#profile-versions [data-act=compare]").last.click()
    expect(page.locator("#profile-diff")).to_contain_text("Sails a blue boat.")
    page.locator("#profile-versions [data-act=restore]").last.click()
    expect(page.locator("#profile")).to_contain_text("Hull")
    expect(page.locator("#profile")).not_to_contain_text("Sails")


def test_a_memory_on_an_answer_is_wrong_and_then_right_and_later_outdated(scripted: Scripted, browse: Browse) -> None:
    served = scripted("Noted.")
    page = browse(served)
    say(page, "I live in Hull.")
    expect(page.locator("#cards .learnt")).to_contain_text("Hull")
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    say(page, "Where do I live?")
    page.locator("#used [data-act=wrong]").first.click()
    page.locator("#right-text textarea, #right-text input").fill("I live in Bergen.")
    page.locator("#right-save").click()
    expect(page.locator("#right")).to_be_hidden()
    assert [m.value for m in served.assistant.memory.memories()] == ["Bergen"]
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    say(page, "Where do I live?")
    expect(page.locator("#used")).to_contain_text("Bergen")
    page.locator("#used [data-act=outdated]").first.click()
    open_tab(page, "Memory")
    expect(page.locator("#memories")).to_contain_text("Nothing remembered yet")
    assert served.assistant.memory.memories() == []


def test_two_memories_are_merged_and_the_answer_tells_why_it_used_one(scripted: Scripted, browse: Browse) -> None:
    served = scripted("Noted.")
    page = browse(served)
    say(page, "I love quince jelly.")
    say(page, "I love quince cheese.")
    expect(page.locator("#cards .learnt")).to_contain_text("quince cheese")
    open_tab(page, "Memory")
    expect(page.locator("#memories .a-card")).to_have_count(2)
    for words in ("jelly", "cheese"):
        page.locator("#care-picked input").click()
        page.locator("#care-picked").get_by_role("option").filter(has_text=words).click()
    page.locator("#care-words textarea").fill("The user loves quince in every form.")
    page.locator("#care-merge").click()
    expect(page.locator("#memories .a-card")).to_have_count(1)
    expect(page.locator("#memories")).to_contain_text("quince in every form")
    page.locator("#timeline button").first.click()
    expect(page.locator("#timeline-lines")).to_contain_text("quince in every form")
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    say(page, "What do I think of quince?")
    page.locator("#used .a-why summary").first.click()
    expect(page.locator("#used .a-why").first).to_contain_text("its words")
