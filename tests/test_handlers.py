from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.assistant import Assistant, open_assistant
from assistant.errors import ContextOverflow
from assistant.settings import Settings
from assistant.turn import Trial
from memory import ForgetPlan, Memory, Message, ProfileLine, ProfileVersion, Rule, open_memory
from personas.persona import Persona
from tests.fakes import HashEmbeddings, ScriptedChatModel
from tests.test_chat_exports import CHATGPT, CLAUDE, write
from ui import cards
from ui.drawing import ChatView, chat_rows, shown_text, typed_text
from ui.filters import narrowed
from ui.handlers import PageHandlers

NOVA = Persona(name="Nova", description="", system_prompt="")


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    memory = open_memory(tmp_path, embeddings=HashEmbeddings())
    model = ScriptedChatModel(replies=["Nice to meet you."])
    with open_assistant(Settings(home=tmp_path), chat_model=model, memory=memory) as opened:
        yield opened


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the page would show as a notice; outside a page Gradio has nowhere to show it."""
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda message, **_: said.append(message))
    monkeypatch.setattr(gr, "Info", lambda message, **_: None)
    return said


def pressed(act: str, identifier: str = "") -> Any:
    return gr.EventData(None, {"act": act, "id": identifier})


def say(handlers: PageHandlers, text: str, current: str = "") -> list[ChatView]:
    return list(handlers.submit(text, current, "nova"))


def message(**fields: Any) -> Message:
    values = {"id": "m1", "conversation_id": "c1", "parent_id": None, "role": "user", "content": "Hi"}
    return Message(**{**values, "created_at": datetime(2026, 5, 3, tzinfo=UTC), **fields})


def test_html_is_shown_as_text_and_code_is_left_alone() -> None:
    assert shown_text("<script>alert(1)</script>") == "&lt;script>alert(1)&lt;/script>"
    assert shown_text("`a < b` and a < b") == "`a < b` and a &lt; b"
    assert shown_text("```\nif a < b:\n```") == "```\nif a < b:\n```"


def test_a_picture_is_never_fetched() -> None:
    assert shown_text("![x](http://evil.example/x.png)") == "[x](http://evil.example/x.png)"


@given(st.text(alphabet="ab<>`\n ", max_size=60))
def test_an_edited_message_comes_back_as_it_was_typed(text: str) -> None:
    assert typed_text(shown_text(text)) == text


def test_each_row_knows_its_message_and_thoughts_are_folded() -> None:
    thread = [message(), message(id="m2", role="assistant", content="Hello", reasoning="They greet.", status="stopped")]
    rows, ids = chat_rows(thread)
    assert ids == ["m1", "m2", "m2"]
    assert rows[1]["metadata"]["title"] == "Thoughts"
    assert "Stopped" in rows[2]["content"]


def test_a_reply_that_would_fail_again_says_why_and_does_not_send_to_the_arrow(tmp_path: Path) -> None:
    memory = open_memory(tmp_path, embeddings=HashEmbeddings())
    settings = Settings(home=tmp_path, max_tokens=64)
    with open_assistant(settings, chat_model=ScriptedChatModel(n_ctx=512), memory=memory) as assistant:
        with pytest.raises(ContextOverflow):
            list(assistant.respond("word " * 2000))
        rows, _ = chat_rows(memory.thread(memory.conversations()[0].id))
    assert "tokens and" in rows[-1]["content"] and "Send a shorter one" in rows[-1]["content"]
    assert "arrow" not in rows[-1]["content"]
    rows, _ = chat_rows([message(role="assistant", status="failed", content="half")])
    assert rows[0]["content"].startswith("half") and "arrow" in rows[0]["content"]


def test_words_from_outside_are_escaped_on_every_card() -> None:
    nasty = "<img src=x onerror=alert(1)> ${1+1} {{x}}"
    now = datetime(2026, 5, 3, tzinfo=UTC)
    memory = Memory(
        id='"><b>', content=nasty, kind="semantic", subject="user", attribute="", value="", importance=0.5,
        created_at=now, valid_from=now,
    )  # fmt: skip
    shown = cards.memory_row(memory, message(content=nasty)) + cards.learnt(memory, message())
    assert "<img" not in shown and "${" not in shown and "{{" not in shown and '"><b>' not in shown


def test_a_message_is_answered_and_what_it_taught_is_shown_with_an_undo(assistant: Assistant) -> None:
    handlers = PageHandlers(assistant)
    views = say(handlers, "My dog is called Pemba.")
    assert views[0].box == ""
    current = views[0].current
    assert assistant.wait_until_idle(30)
    shown = handlers.view(current)
    assert shown.chatbot["value"][-1]["content"] == "Nice to meet you."
    assert "The user&#x27;s dog is called Pemba." in shown.cards
    assert "undo-memory" in shown.cards and "from your message" in shown.cards
    [learnt] = assistant.memory.memories()
    handlers.card(pressed("undo-memory", learnt.id))
    assert "Pemba" not in handlers.cards_of(current)
    assert assistant.memory.memories() == []


def test_what_is_learnt_late_leaves_another_conversation_alone(assistant: Assistant) -> None:
    handlers = PageHandlers(assistant)
    first = say(handlers, "My dog is called Pemba.")[0].current
    taught = handlers.await_learning(first)
    for elsewhere in ("", handlers.begin_incognito().current, assistant.memory.start_conversation().id):
        late = handlers.show_learnt(taught, elsewhere)
        assert late == ChatView(side=late.side)
    assert handlers.view(first).shown == first
    assert "Pemba" in handlers.show_learnt(taught, first).cards


def test_no_thumb_is_handed_on_to_the_reply_that_stands_in_the_same_row_next(assistant: Assistant) -> None:
    handlers = PageHandlers(assistant)
    first, second = (say(handlers, text)[0].current for text in ("What is a fjord?", "What is a lake?"))
    hidden = handlers.begin_incognito().current
    say(handlers, "What is a bay?", hidden)
    thumbs = [handlers.view(current).chatbot["feedback_value"] for current in (first, second, hidden)]
    assert len({thumb for [thumb] in thumbs}) == 3, "a row that is handed what it had keeps the thumb pressed on it"
    assert not {"Like", "Dislike"} & {thumb for [thumb] in thumbs}
    assistant.rate(handlers.view(first).ids[-1], -1)
    assert handlers.view(first).chatbot["feedback_value"] == ["Dislike"]


def test_an_empty_message_warns_and_leaves_the_box_alone(assistant: Assistant, warnings: list[str]) -> None:
    [view] = say(PageHandlers(assistant), "   ")
    assert view == ChatView()
    assert "Type a message" in warnings[0]
    assert assistant.memory.conversations() == []


def test_an_unknown_conversation_in_the_address_shows_the_empty_state(assistant: Assistant) -> None:
    view = PageHandlers(assistant).view("01NOSUCH")
    assert view.current == ""
    assert view.starters["visible"] is True


def test_undo_gives_the_words_back(assistant: Assistant) -> None:
    handlers = PageHandlers(assistant)
    current = say(handlers, "What is a fjord?")[0].current
    view = handlers.undo(current)
    assert view.box == "What is a fjord?"
    assert view.chatbot["visible"] is False


def test_two_thumbs_with_the_same_reason_propose_a_rule_that_can_be_taken_and_taken_back(
    assistant: Assistant, warnings: list[str]
) -> None:
    handlers = PageHandlers(assistant)
    current = ""
    for text in ("What is a fjord?", "What is a lake?"):
        current = say(handlers, text, current)[0].current
        ids = handlers.view(current).ids
        event = SimpleNamespace(index=len(ids) - 1, liked=False)
        wanted = handlers.rate(ids, event)[0]
        _, shown = handlers.explain(wanted, ["too long"], "", "", current)
    assert "Keep answers short." in shown and "accept" in shown
    [proposal] = assistant.proposals()
    handlers.card(pressed("accept", proposal.id))
    shown = handlers.cards_of(current)
    assert "Rule in force" in shown and "undo-rule" in shown
    assert "Keep answers short." in handlers.learning()
    say(handlers, "And now?", current)
    assert any("Keep answers short." in str(m.content) for m in assistant.chat_model.heard[-1])
    handlers.card(pressed("undo-rule", proposal.id))
    assert assistant.current_rules() == ()


def two_of_the_same_reason(assistant: Assistant) -> None:
    for text in ("What is a fjord?", "What is a lake?"):
        *_, last = assistant.respond(text)
        assistant.rate(last.message_id, -1, reasons=["too long"])


def test_a_rule_that_is_accepted_late_leaves_what_came_into_force_meanwhile(assistant: Assistant) -> None:
    two_of_the_same_reason(assistant)
    [proposal] = assistant.proposals()
    assistant.add_rule("Use emoji.")
    accepted = assistant.accept(proposal.id)
    assert {rule.text for rule in assistant.current_rules()} == {"Use emoji.", "Keep answers short."}
    assert accepted.rules == assistant.current_rules()
    assistant.undo_rule(proposal.id)
    assert [rule.text for rule in assistant.current_rules()] == ["Use emoji."]


def test_reasons_propose_nothing_where_learning_is_switched_off(assistant: Assistant) -> None:
    assistant.settings.refine = "off"
    two_of_the_same_reason(assistant)
    assert assistant.proposals() == []


def test_an_answer_that_tried_a_rule_says_nothing_of_the_rule_whose_place_it_took(assistant: Assistant) -> None:
    assistant.add_rule("Keep answers short.")
    assistant.add_rule("Use emoji.")
    short, emoji = assistant.current_rules()
    longer = Rule(id="new", text="Give more detail.")
    tried = Trial(candidate_id="c", text=longer.text, rules=(emoji, longer))
    assistant._writer._trial = lambda _question, _persona: tried
    *_, last = assistant.respond("What is a fjord?")
    assert assistant.rules_of(last.message_id) == (("Use emoji.",), ("Give more detail.",))
    assert short.text not in str(assistant.chat_model.heard[-1])
    assert "The learnt rules are those of" in PageHandlers(assistant)._used_by(last.message_id)


def test_an_answer_is_put_in_ones_own_words_liked_or_not_and_what_is_unchanged_is_no_edit(assistant: Assistant) -> None:
    handlers = PageHandlers(assistant)
    current = say(handlers, "What is a fjord?")[0].current
    ids = handlers.view(current).ids
    answer = assistant.memory.get_message(ids[-1])
    assert f'data-act="reword" data-id="{answer.id}"' in handlers.view(current).used
    assert handlers.begin_rewording(pressed("forget", answer.id)) == (gr.skip(),) * 5

    def kept() -> list[tuple[int, str]]:
        return [(given.rating, given.edit) for given in assistant.memory.feedback(answer.id)]

    handlers.explain(answer.id, [], "", answer.content, current)
    assert kept() == [], "nothing was said"
    wanted, panel, reasons, _, better = handlers.rate(ids, SimpleNamespace(index=len(ids) - 1, liked=False))
    assert (wanted, panel["visible"], reasons["visible"], better) == (answer.id, True, True, answer.content)
    handlers.explain(answer.id, ["too long"], "", f"{better}\r\n", current)
    assert kept() == [(-1, "")]
    handlers.explain(answer.id, ["too long"], "", "An inlet.", current)
    assert kept() == [(-1, "An inlet.")]
    assert handlers.begin_rewording(pressed("reword", answer.id))[-1] == "An inlet."

    assert handlers.rate(ids, SimpleNamespace(index=len(ids) - 1, liked=True))[1]["visible"] is False
    wanted, panel, reasons, _, better = handlers.begin_rewording(pressed("reword", answer.id))
    assert (wanted, panel["visible"], reasons["visible"], better) == (answer.id, True, False, answer.content)
    handlers.explain(answer.id, [], "", "A narrow inlet.", current)
    assert kept() == [(1, "A narrow inlet.")]


def test_forgetting_shows_what_goes_and_waits_for_a_yes(assistant: Assistant, warnings: list[str]) -> None:
    handlers = PageHandlers(assistant)
    current = say(handlers, "My dog is called Pemba.")[0].current
    assert assistant.wait_until_idle(30)
    [known] = assistant.memory.memories()
    result = handlers.memory_pressed("", False, pressed("forget", known.id))
    assert "Pemba" in result[7]
    assert assistant.memory.memories() == [known]
    handlers.yes(result[5], current)
    assert assistant.memory.memories() == []
    assert "Pemba" not in handlers.view(current).chatbot["value"][0]["content"]
    assert "Pemba" not in handlers.memories("Pemba", True)


def test_the_list_is_narrowed_by_what_it_is_whom_it_is_about_and_when_it_held(
    assistant: Assistant, warnings: list[str]
) -> None:
    handlers, memory = PageHandlers(assistant), assistant.memory
    say(
        handlers,
        "I'm going to Lisbon on 3 May 2099. My sister lives in Perth. I live in Hull. Answer in bullets from now on.",
    )
    assert assistant.wait_until_idle(30)
    memory.add(
        content="The user lived in Oslo.",
        attribute="past-home",
        value="Oslo",
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        valid_to=datetime(2021, 1, 1, tzinfo=UTC),
    )

    def shown(query: str) -> set[str]:
        page = handlers.memories(query, False)
        # The quoted message holds all the words; the memory itself comes first on its card.
        bodies = [part.split("</article>")[0].split("<p")[0] for part in page.split('class="a-body">')[1:]]
        return {word for word in ("Lisbon", "Perth", "Hull", "bullets", "Oslo") for body in bodies if word in body}

    assert shown("") == {"Lisbon", "Perth", "Hull", "bullets"}
    assert shown("is:plan") == {"Lisbon"}
    assert shown("is:rule") == {"bullets"}
    assert shown("about:sister") == {"Perth"}
    assert shown("is:fact about:me") == {"Hull"}
    assert shown("by:me") == set()
    assert shown("on:2020-06-01") == {"Oslo"}
    assert shown("Perth is:plan") <= {"Lisbon"}, "search goes by meaning too, the filter decides"
    assert "2026-05-03" in handlers.memories("on:someday", False)


def test_what_is_chosen_beside_the_search_box_narrows_what_is_typed_in_it(assistant: Assistant) -> None:
    handlers, memory = PageHandlers(assistant), assistant.memory
    memory.add(content="The user's best friend lives in Perth.", subject="best friend", origin="rule")
    memory.add(content="The user's bike is red.")
    choices = handlers.subjects()["choices"]
    assert choices == [("Anybody", ""), ("You", "about:me"), ("Best friend", "about:best-friend")]
    typed = narrowed("red is:plan boat", "is:fact", "about:best-friend", "by:rules", "", "2026-05-03")
    assert typed == "red boat is:fact about:best-friend by:rules on:2026-05-03"
    assert narrowed(typed, "", "", "", "persona:ada", "2026-05") == "red boat persona:ada"
    assert [m.subject for m in handlers.listed("about:best-friend by:rules", False)] == ["best friend"]
    assert [m.subject for m in handlers.listed("by:me", False)] == ["user"]


def test_drafts_that_name_what_was_forgotten_are_emptied(assistant: Assistant) -> None:
    handlers = PageHandlers(assistant)
    say(handlers, "I collect zorbstones.")
    assert assistant.wait_until_idle(30)
    pending, *_ = handlers.ask_forget("topic", "zorbstones", "", "")
    words = handlers.words_of(pending)
    assert words == ["zorbstones"]
    cleared = handlers.clear_drafts(words, "My Zorbstone shines", "Tea at four?", None)
    assert cleared == ([], "", "", "", gr.skip(), gr.skip())
    assert handlers.clear_drafts([], "Tea")[-1] == gr.skip()


def test_a_wrong_memory_is_closed_and_the_right_one_asked_for(assistant: Assistant, warnings: list[str]) -> None:
    handlers = PageHandlers(assistant)
    current = say(handlers, "I live in Hull.")[0].current
    assert assistant.wait_until_idle(30)
    [hull] = assistant.memory.memories()
    *_, wrong, panel = handlers.wrong_or_ask(current, pressed("wrong", hull.id))
    assert wrong == hull.id and panel["visible"] is True
    handlers.put_right(wrong, "I live in Bergen", current)
    [bergen] = assistant.memory.memories()
    assert (bergen.content, bergen.attribute, bergen.value) == ("The user lives in Bergen.", "city", "Bergen")
    *_, panel = handlers.wrong_or_ask(current, pressed("outdated", bergen.id))
    assert panel == gr.skip() and assistant.memory.memories() == []


def test_the_memory_tab_says_when_and_why_reading_facts_fails(assistant: Assistant) -> None:
    handlers = PageHandlers(assistant)
    assert handlers.held() == ""
    assistant._chat_model = ScriptedChatModel(replies=["Certainly!"], n_params=7_000_000_000)
    say(handlers, "I live in Hull.")
    assert assistant.wait_until_idle(30)
    assert "has been failing" in handlers.held() and "schema" in handlers.held()
    assert [m.value for m in assistant.memory.memories()] == ["Hull"], "the rules go on"


def test_a_topic_is_shown_first_and_forgotten_on_a_yes(assistant: Assistant, warnings: list[str]) -> None:
    handlers = PageHandlers(assistant)
    current = say(handlers, "I collect zorbstones. I live in Hull.")[0].current
    assert assistant.wait_until_idle(30)
    pending, _, words = handlers.ask_forget("topic", "zorbstones", "", "")
    assert "zorbstones" in words and "every sentence that names it" in words
    assert len(assistant.memory.memories()) == 2
    handlers.yes(pending, current)
    assert [m.value for m in assistant.memory.memories()] == ["Hull"]
    assert "zorbstones" not in handlers.view(current).chatbot["value"][0]["content"]
    handlers.ask_forget("topic", "submarines", "", "")
    handlers.ask_forget("topic", " ", "", "")
    handlers.ask_forget("period", "", "soon", "")
    assert [warning.split(".")[0] for warning in warnings] == [
        "Nothing is known of that, so there is nothing to forget",
        "Say what is to be forgotten: a topic like “my ex”, or a name",
        "“soon” is not a day",
    ]


def test_a_forgotten_time_takes_the_shown_conversation_with_it(assistant: Assistant, warnings: list[str]) -> None:
    handlers = PageHandlers(assistant)
    current = say(handlers, "I live in Hull.")[0].current
    assert assistant.wait_until_idle(30)
    today = assistant.memory.clock().astimezone().date().isoformat()
    pending, _, _ = handlers.ask_forget("period", "", today, "")
    _, *view = handlers.yes(pending, current)
    assert ChatView(*view).current == ""
    assert assistant.memory.conversations() == [] and assistant.memory.memories() == []


def test_a_delicate_statement_is_offered_and_kept_only_on_a_yes(assistant: Assistant, warnings: list[str]) -> None:
    handlers = PageHandlers(assistant)
    current = say(handlers, "I was diagnosed with epilepsy. I voted for the Greens.")[0].current
    assert assistant.wait_until_idle(30)
    shown = handlers.view(current).cards
    assert "Keep this?" in shown and "epilepsy" in shown
    health, politics = assistant.memory.held_facts()
    assert "Greens" in handlers.held()
    handlers.card(pressed("keep-held", health.id))
    shown = handlers.cards_of(current)
    assert "Remembered" in shown and "epilepsy" in shown
    held, listed = handlers.held_pressed("", False, pressed("decline-held", politics.id))
    assert held == "" and "epilepsy" in listed and "The user voted" not in listed
    handlers.allow(["politics"])
    assert handlers.allowed() == ["politics"]


def test_a_conversation_is_renamed_and_deleted(assistant: Assistant, warnings: list[str]) -> None:
    handlers = PageHandlers(assistant)
    current = say(handlers, "What is a fjord?")[0].current
    assert "Fjords" in handlers.rename(current, "Fjords")[2]
    pending, _, words = handlers.ask_delete(current)
    assert "Fjords" in words
    handlers.yes(pending, current)
    assert assistant.memory.conversations() == []


def test_the_profile_is_rewritten_in_the_users_words(assistant: Assistant, warnings: list[str]) -> None:
    handlers = PageHandlers(assistant)
    handlers.save_profile("## About you\n- Sails a blue boat.")
    page, text, versions = handlers.profile()
    assert "Sails a blue boat." in page and "your words" in page
    assert "Sails a blue boat." in text and "you" in versions


def test_a_line_is_locked_and_an_earlier_page_compared_and_restored(assistant: Assistant, warnings: list[str]) -> None:
    handlers = PageHandlers(assistant)
    say(handlers, "I live in Hull.")
    assert assistant.wait_until_idle(30)
    page, _, _ = handlers.profile()
    assert "from your message" in page and 'data-act="lock"' in page
    page, *_ = handlers.profile_pressed(pressed("lock", "The user lives in Hull."))
    assert 'data-act="unlock"' in page
    first = assistant.memory.profile_versions()[0]
    handlers.save_profile("## About you\n- Sails a blue boat.")
    *_, changed = handlers.profile_pressed(pressed("compare", first.id))
    assert "went" in changed and "Hull" in changed and "came" in changed and "Sails" in changed
    page, _, versions, _ = handlers.profile_pressed(pressed("restore", first.id))
    assert "Hull" in page and "Sails" not in page
    assert versions.count('data-act="restore"') >= 3


def test_erasing_needs_the_word_and_then_leaves_nothing(assistant: Assistant, warnings: list[str]) -> None:
    def reopen(settings: Settings) -> Assistant:
        memory = open_memory(settings.home, embeddings=HashEmbeddings())
        return open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory)

    handlers = PageHandlers(assistant, reopen=reopen)
    handlers.add_memory("The user sails.", "", False)
    handlers.erase("yes")
    assert "erase" in warnings[-1]
    assert len(handlers.assistant.memory.memories()) == 1
    handlers.erase("erase")
    try:
        assert handlers.assistant.memory.memories() == []
        assert handlers.assistant.memory.counts()["memory_events"] == 0
    finally:
        handlers.assistant.close()


def test_a_zip_that_is_not_ours_is_refused_and_the_upload_is_gone(
    assistant: Assistant, warnings: list[str], tmp_path: Path
) -> None:
    for name, why in (("upload.zip", "is not an Attune export"), ("walk.json", "is no list of conversations")):
        upload = tmp_path / name
        upload.write_text("not a zip")
        emptied, about = PageHandlers(assistant).import_file(str(upload))
        assert emptied is None and about == gr.skip(), "another file can be chosen"
        assert warnings.pop().startswith(f"{name} {why}")
        assert not upload.exists()


def test_the_page_takes_the_export_of_another_assistant_once(
    assistant: Assistant, warnings: list[str], tmp_path: Path
) -> None:
    for _ in range(2):
        upload = write(tmp_path / "conversations.json", CHATGPT, CLAUDE)
        PageHandlers(assistant).import_file(str(upload))
        assert not upload.exists()
    assert warnings == []
    assert assistant.memory.counts()["conversations"] == 2
    assert assistant.memory.search("flat bread")[0].item.content == "Why is my bread flat?"
    assert assistant.memory.wait_until_idle(30)
    assert assistant.memory.search("flat bread")[0].source == "both"


def test_one_line_and_one_message_are_counted_as_one() -> None:
    now = datetime(2026, 5, 3, tzinfo=UTC)
    line = ProfileLine(section="You", text="The user rows.", author="user")
    page = ProfileVersion(id="p", created_at=now, author="user", lines=(line,), hidden_memory_ids=())
    assert "1 line <" in cards.profile_versions([page])
    plan = ForgetPlan(memories=(), redacted_messages=(message(),))
    assert "1 message:" in cards.forget_plan(plan)


def test_the_page_says_where_words_go(tmp_path: Path) -> None:
    assert "stays on this machine" in cards.starters(NOVA)
    told = cards.starters(NOVA, server="http://example.test/v1")
    assert "sent to http://example.test/v1" in told and "Everything you say" not in told
    counts = {"conversations": 1, "messages": 2000, "memories": 0}
    about = cards.about(model="m", home=str(tmp_path), counts=counts, problems=(), server="http://example.test/v1")
    assert "1 conversation, 2,000 messages, 0 memories" in about and "sent to http://example.test/v1" in about
