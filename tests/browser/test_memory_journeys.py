"""What a person does about what is remembered: take it back, forget it widely, decide what is delicate."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WAIT_MS, Seen, Served, open_tab, say

pytestmark = pytest.mark.browser

Scripted = Callable[..., Served]
Browse = Callable[..., Page]
HELD_BY_THE_BROWSER = """() => [
  document.documentElement.outerHTML,
  ...[...document.querySelectorAll("textarea, input")].map((box) => box.value),
  ...[localStorage, sessionStorage].map((store) => JSON.stringify({ ...store })),
  document.cookie,
  window.location.href,
]"""
"""All places in which a page may still hold a word."""


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
    page.locator("#box textarea").fill("Where do zorbstones")
    for tab in ("Profile", "Learning", "Memory"):
        open_tab(page, tab)
    page.locator("#memories [data-act=history]").first.click()
    page.locator("#forget-what textarea, #forget-what input").fill("zorbstones")
    page.locator("#forget-show").click()
    expect(page.locator("#confirm")).to_contain_text("every sentence that names it")
    page.locator("#confirm-yes").click()
    expect(page.locator("#confirm")).to_be_hidden()
    expect(page.locator("#memories")).not_to_contain_text("zorbstones")
    expect(page.locator("#memories")).to_contain_text("Hull")
    open_tab(page, "Chat")
    expect(page.locator("#chat")).not_to_contain_text("zorbstones")
    deadline = time.monotonic() + WAIT_MS / 1000
    while any("zorbstone" in held.lower() for held in page.evaluate(HELD_BY_THE_BROWSER)):
        assert time.monotonic() < deadline, "a copy stays on the page or in a draft"
        page.wait_for_timeout(100)


def test_the_list_is_narrowed_by_whom_it_is_about_and_by_what_was_true_on_a_day(
    scripted: Scripted, browse: Browse
) -> None:
    served = scripted("Noted.")
    memory = served.assistant.memory
    memory.add(content="The user's sister lives in Perth.", subject="sister", attribute="city", value="Perth")
    began, ended = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    memory.add(content="The user lived in Oslo.", value="Oslo", valid_from=began, valid_to=ended)
    page = browse(served)
    open_tab(page, "Memory")
    expect(page.locator("#memories .a-card")).to_have_count(1)
    page.locator("#memory-subject input").click()
    page.locator("#memory-subject").get_by_role("option").filter(has_text="You").click()
    expect(page.locator("#memories")).to_contain_text("Nothing remembered yet")
    page.locator("#memory-on textarea, #memory-on input").fill("2020-06-01")
    expect(page.locator("#memories")).to_contain_text("Oslo")
    expect(page.locator("#memories")).not_to_contain_text("Perth")


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


def test_the_search_opens_the_conversation_at_the_message(scripted: Scripted, browse: Browse, seen: Seen) -> None:
    served = scripted("Yes.")
    memory = served.assistant.memory
    conversation = memory.start_conversation("A long evening")
    for n in range(30):
        memory.add_message(conversation.id, role="user", content=f"Line {n} of the evening.")
        if n == 7:
            other = memory.add_message(conversation.id, role="assistant", content="A zeppelin over the quinces.")
            memory.finish_message(other.id, content=other.content, reasoning="What was above them?")
        else:
            memory.add_message(conversation.id, role="assistant", content=f"Answer {n}.\n\nAnd more of it.")
    page = browse(served)
    open_tab(page, "Memory")
    page.locator("#memory-search textarea, #memory-search input").fill("zeppelin from:attune")
    result = page.locator("#memories .a-card", has_text="zeppelin")
    expect(result.locator("mark")).to_have_text("zeppelin")
    result.get_by_role("link", name="A long evening").click()
    found = page.locator("#chat .a-found")
    expect(found).to_have_text("A zeppelin over the quinces.")
    seen.left()
    expect(found).to_be_in_viewport()
    expect(page.locator("#chat .message", has_text="Line 29")).not_to_be_in_viewport()
    page.locator("#new").click()
    expect(page).not_to_have_url(re.compile("m="))


def test_a_message_of_an_earlier_branch_is_shown_where_it_was_said(scripted: Scripted, browse: Browse) -> None:
    served = scripted("Yes.")
    memory = served.assistant.memory
    conversation = memory.start_conversation("Two ways")
    first = memory.add_message(conversation.id, role="user", content="The quince is ripe.")
    memory.add_message(conversation.id, role="assistant", content="Then pick it.")
    memory.add_message(conversation.id, role="user", content="The medlar is ripe.", parent_id=None)
    page = browse(served, at=f"{served.url}/?c={conversation.id}&m={first.id}")
    expect(page.locator("#chat .a-found")).to_have_text("The quince is ripe.")
    expect(page.locator("#chat")).to_contain_text("Then pick it.")
    expect(page.locator("#chat")).not_to_contain_text("medlar")


def test_a_conversation_is_put_into_a_collection_and_a_persona_keeps_its_own_memory(
    scripted: Scripted, browse: Browse
) -> None:
    served = scripted("Noted.")
    memory = served.assistant.memory
    page = browse(served)
    say(page, "The kale wants lime.")
    page.locator("#rename").click()
    box = page.locator("#collection input")
    expect(box).to_have_value("No collection")
    box.fill("Garden")
    box.press("Enter")
    page.locator("#save-title").click()
    expect(page.locator("#conversations")).to_contain_text("Garden")
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    page.locator("#conversations [data-act=open]", has_text="Garden").click()
    page.locator("#rename").click()
    expect(page.locator("#collection input")).to_have_value("Garden")
    open_tab(page, "Memory")
    page.locator("#memory-search textarea, #memory-search input").fill("kale in:garden")
    expect(page.locator("#memories mark")).to_have_text("kale")
    page.locator("#memory-search textarea, #memory-search input").fill("kale in:boats")
    expect(page.locator("#memories")).to_contain_text("Nothing found")
    page.locator("#own-memories").get_by_label("Ada", exact=True).check()
    deadline = time.monotonic() + WAIT_MS / 1000
    while served.assistant.persona("ada").memory_scope != "own":
        assert time.monotonic() < deadline, "the tick did not reach the server"
        page.wait_for_timeout(50)
    open_tab(page, "Chat")
    open_tab(page, "Memory")
    expect(page.locator("#own-memories").get_by_label("Ada", exact=True)).to_be_checked()
    assert [c.name for c in memory.collections.all()] == ["Garden"]


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
