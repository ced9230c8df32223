"""What a person does on the page, from the first word to the last."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from assistant.models import builtin_model_path
from tests.browser.conftest import Seen, Served, open_tab, ready, say, send, thumb_down, written

pytestmark = pytest.mark.browser

Scripted = Callable[..., Served]
Browse = Callable[..., Page]
LONG = " ".join(f"word{n}" for n in range(400))


def test_stop_stops_and_only_stop_does_and_a_reloaded_page_goes_on_showing_the_reply(
    scripted: Scripted, browse: Browse, seen: Seen
) -> None:
    served = scripted(LONG, "Short.", delay_s=0.05)
    page = browse(served)
    send(page, "Tell me everything.")
    expect(page.locator("#chat .bot.message").last).to_contain_text("word5")
    page.reload()
    expect(page.locator("#stop")).to_be_visible()
    seen.complaints.clear()  # Gradio's stream complains that the page before was closed under it; that was the point.
    expect(page.locator("#chat .bot.message").last).to_contain_text("word0 word1")
    expect(page.locator("#chat .bot.message").last).to_contain_text("word40")
    page.locator("#box textarea").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#send")).to_be_visible()
    expect(page.locator("#chat .bot.message").last).to_contain_text("Stopped.")
    [conversation] = served.assistant.memory.conversations()
    assert served.assistant.memory.thread(conversation.id)[-1].status == "stopped"
    assert say(page, "And now?") == "Short."


def test_replies_are_regenerated_edited_rated_undone_and_all_of_it_survives_a_reload(
    scripted: Scripted, browse: Browse
) -> None:
    served = scripted("First try.", "Second try.", "A lake is water.")
    page = browse(served)
    assert say(page, "What is a <b>fjord</b>?") == "First try."
    expect(page.locator("#chat .user.message").last).to_contain_text("What is a <b>fjord</b>?")
    page.locator("#chat [aria-label='Retry'], #chat [title='Retry']").last.click()
    expect(page.locator("#chat .bot.message").last).to_have_text("Second try.")
    written(page)
    page.locator("#chat [aria-label='Edit'], #chat [title='Edit']").first.click()
    page.locator("#chat textarea").fill("What is a lake?")
    page.locator("#chat [aria-label='Submit'], #chat [title='Submit']").first.click()
    expect(page.locator("#chat .bot.message").last).to_have_text("A lake is water.")
    written(page)
    thumb_down(page, "too short")
    page.reload()
    ready(page)
    expect(page.locator("#chat .user.message").last).to_contain_text("What is a lake?")
    expect(page.locator("#chat .bot.message").last).to_have_text("A lake is water.")
    [given] = served.assistant.memory.feedback()
    assert given.reasons == ("too short",) and given.rating == -1
    page.locator("#undo").click()
    expect(page.locator("#box textarea")).to_have_value("What is a lake?")
    expect(page.locator("#starters")).to_be_visible()
    assert served.assistant.memory.counts()["messages"] == 5


def test_what_was_told_is_shown_known_elsewhere_and_forgotten_everywhere(scripted: Scripted, browse: Browse) -> None:
    def recalls(messages: Sequence[Any]) -> str:
        return "Pemba." if "Pemba" in str(messages[-1].content) + str(messages[0].content) else "I do not know."

    served = scripted("Good to know.", recalls)
    page = browse(served)
    say(page, "My dog is called Pemba.")
    expect(page.locator("#cards .learnt")).to_contain_text("The user's dog is called Pemba.")
    expect(page.locator("#cards .learnt")).to_contain_text("from your message")
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    assert say(page, "What is my dog called?") == "Pemba."
    expect(page.locator("#used")).to_contain_text("Pemba")
    expect(page.locator("#cards .facts")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#cards .facts")).to_be_visible()
    expect(page.locator("#cards .facts")).to_contain_text("Pemba")
    page.set_viewport_size({"width": 1280, "height": 800})

    page.locator("#used [data-act=forget]").first.click()
    expect(page.locator("#confirm")).to_contain_text("Pemba")
    page.locator("#confirm-no").click()
    assert len(served.assistant.memory.memories()) == 1
    page.locator("#used [data-act=forget]").first.click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#confirm")).to_be_hidden()
    expect(page.locator("#chat")).not_to_contain_text("Pemba")
    open_tab(page, "Memory")
    page.locator("#memory-search textarea, #memory-search input").fill("Pemba")
    expect(page.locator("#memories")).to_contain_text("Nothing found")
    page.locator("#memory-search textarea, #memory-search input").fill("dog called Pemba")
    expect(page.locator("#memories")).to_contain_text("What is my dog called?")
    expect(page.locator("#memories")).not_to_contain_text("Pemba")
    open_tab(page, "Profile")
    expect(page.locator("#profile")).to_contain_text("An empty page")
    open_tab(page, "Chat")
    page.locator("#conversations [data-act=open]").last.click()
    expect(page.locator("#chat .user.message")).to_have_count(1)
    expect(page.locator("#chat")).not_to_contain_text("Pemba")
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    assert say(page, "What is my dog called?") == "I do not know."


def test_the_same_reason_twice_proposes_a_rule_that_shortens_replies_until_it_is_undone(
    scripted: Scripted, browse: Browse
) -> None:
    def obeys(messages: Sequence[Any]) -> str:
        heard = " ".join(str(message.content) for message in messages)
        return "Brief." if "Keep answers short." in heard else "A very long answer. " * 6

    served = scripted(obeys)
    page = browse(served)
    for question in ("What is a fjord?", "What is a lake?"):
        long = say(page, question)
        thumb_down(page, "too long")
    expect(page.locator("#cards .proposal")).to_contain_text("Keep answers short.")
    page.locator("#cards [data-act=accept]").click()
    expect(page.locator("#cards")).to_contain_text("Rule in force")
    open_tab(page, "Learning")
    expect(page.locator("#learning")).to_contain_text("Keep answers short.")
    open_tab(page, "Chat")
    short = say(page, "What is a river?")
    assert len(short) < len(long)
    page.locator("#cards [data-act=undo-rule]").click()
    expect(page.locator("#cards")).not_to_contain_text("Rule in force")
    assert say(page, "What is a sea?") == long


def rate_by_length(page: Page, answer: str) -> None:
    """Like it when it is short, and say that it was too long otherwise."""
    if answer == "Yes.":
        page.locator("#chat [aria-label='Like'], #chat [title='Like'], #chat [aria-label='like']").last.click()
    else:
        thumb_down(page, "too long")


def test_copying_an_answer_is_noticed_and_the_slider_is_kept(scripted: Scripted, browse: Browse) -> None:
    served = scripted("A narrow **inlet** <b>of the sea</b>.")
    page = browse(served)
    say(page, "What is a fjord?")
    page.locator("#chat [aria-label='Copy message'], #chat [title='Copy message']").last.click()
    memory = served.assistant.memory
    answer = memory.thread(memory.conversations()[0].id)[-1].id
    deadline = time.monotonic() + 30
    while memory.get_message(answer).copied_at is None and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert memory.get_message(answer).copied_at is not None
    open_tab(page, "Learning")
    page.locator("#steering input[type=number]").fill("1")
    expect(page.locator("#steering-cost")).to_contain_text("2 times")
    assert served.assistant.settings.steering == 1


def test_thumbs_teach_a_rule_that_the_page_announces_and_one_click_takes_back(
    scripted: Scripted, browse: Browse
) -> None:
    """Five long answers are called too long and three short ones liked; the proposal is left alone, the evidence decides."""
    long = "A very long answer. " * 6

    def obeys(messages: Sequence[Any]) -> str:
        heard = " ".join(str(message.content) for message in messages)
        asked = str(messages[-1].content).rpartition("\n\n")[2]
        return "Yes." if "Keep answers short." in heard or asked.startswith("Is") else long

    served = scripted(obeys)
    page = browse(served)
    # What is tried in one of the five makes it short, and then it is liked.
    five, three = ("fjord", "lake", "sea", "bay", "gulf"), ("Is it deep?", "Is it cold?", "Is it far?")
    for water, short in zip_longest(five, three):
        for asked in (f"What is a {water}?", short):
            if asked:
                rate_by_length(page, say(page, asked))
    assert served.assistant.wait_until_idle(30)
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    assert say(page, "What is a pond?") == "Yes."
    expect(page.locator("#cards")).to_contain_text("Rule in force: Keep answers short.")
    expect(page.locator("#used")).to_contain_text("Why like this?")
    page.locator("#cards [data-act=undo-rule]").click()
    expect(page.locator("#cards")).not_to_contain_text("Rule in force")
    assert say(page, "What is an ocean?") == long.strip()


def test_conversations_are_renamed_chosen_and_deleted_after_a_question(scripted: Scripted, browse: Browse) -> None:
    page = browse(scripted("Yes."))
    say(page, "One.")
    page.locator("#rename").click()
    page.locator("#new-title textarea, #new-title input").fill("Fjords")
    page.locator("#save-title").click()
    expect(page.locator("#conversations")).to_contain_text("Fjords")
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    say(page, "Two.")
    page.locator("#conversations [data-act=open]", has_text="Fjords").click()
    expect(page.locator("#chat .user.message")).to_have_text(["One."])
    page.locator("#delete").click()
    expect(page.locator("#confirm")).to_contain_text("Fjords")
    page.locator("#confirm-yes").click()
    expect(page.locator("#conversations")).not_to_contain_text("Fjords")
    expect(page.locator("#conversations [data-act=open]")).to_have_count(1)


def test_enter_sends_shift_enter_does_not_and_an_empty_message_is_refused(scripted: Scripted, browse: Browse) -> None:
    page = browse(scripted("Yes."))
    box = page.locator("#box textarea")
    box.fill("One")
    box.press("Shift+Enter")
    box.press_sequentially("Two")
    expect(box).to_have_value("One\nTwo")
    box.press("Enter")
    expect(page.locator("#chat .user.message")).to_contain_text("Two")
    expect(box).to_have_value("")
    expect(page.locator("#send")).to_be_visible()
    box.press("Enter")
    expect(page.get_by_text("There is nothing to answer.")).to_be_visible()


@pytest.mark.skipif(not builtin_model_path().exists(), reason="the built-in model has not been made yet")
def test_the_model_that_ships_answers_on_the_page(builtin: Served, browse: Browse) -> None:
    page = browse(builtin)
    assert say(page, "Hi, my name is Zorvik and my dog is called Pemba.").strip()
    expect(page.locator("#cards .learnt")).to_have_count(2)
    page.locator("#new").click()
    expect(page.locator("#starters")).to_be_visible()
    say(page, "What is my dog called?")
    expect(page.locator("#used")).to_contain_text("Pemba")


def test_a_running_page_refuses_foreign_hosts_and_origins(scripted: Scripted) -> None:
    served = scripted()
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}):
        assert httpx.get(served.url, headers=headers).status_code == 403
        assert httpx.post(f"{served.url}/gradio_api/queue/join", json={}, headers=headers).status_code == 403
