"""The chat: conversations, the reply as it is written, what was learnt, what was used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.catalogue import REASONS
from ui.chat_handlers import ChatHandlers
from ui.pages.parts import Question, speaking_html
from ui.sides import NAMES

KEEP_IN_ADDRESS = """(current) => {
  const url = new URL(window.location);
  if (url.searchParams.get("c") !== current) url.searchParams.delete("m");
  if (current) url.searchParams.set("c", current); else url.searchParams.delete("c");
  if (url.href !== window.location.href) window.history.replaceState({}, "", url);
}"""
READ_ADDRESS = "() => ['c', 'm'].map((name) => new URL(window.location).searchParams.get(name) || '')"
SHOW_MESSAGE = """async (place) => {
  if (!place) return;
  const [role, number] = place.split(" ");
  for (let look = 0; look < 100; look++) {
    const message = document.querySelectorAll(`#chat .${role}.message`)[number];
    if (message) {
      document.querySelectorAll("#chat .a-found").forEach((other) => other.classList.remove("a-found"));
      message.classList.add("a-found");
      message.scrollIntoView({ block: "center" });
      // The chat scrolls to its end when it is drawn: whoever comes last decides.
      setTimeout(() => message.scrollIntoView({ block: "center" }), 400);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}"""
"""Scroll to a message and mark it, once it is drawn."""
FOCUS_BOX = "() => document.querySelector('#box textarea')?.focus()"
CLOSE_SIDEBAR_ON_PHONE = (
    "() => { if (window.innerWidth < 768) document.querySelector('.sidebar.open .toggle-button')?.click(); }"
)


@dataclass(frozen=True, kw_only=True)
class ChatPage:
    current: gr.Textbox
    side: gr.HTML
    view: list[Any]
    """The outputs of a `ChatView`, in its order."""


def build_sidebar() -> tuple[gr.Button, gr.HTML]:
    with gr.Sidebar(width=280, elem_id="sidebar"):
        gr.HTML('<div class="a-brand"><span class="a-logo small" aria-hidden="true"></span>Attune</div>')
        new = gr.Button("New conversation", variant="primary", elem_id="new")
        side = speaking_html(elem_id="conversations")
    return new, side


def _side(name: str) -> gr.Markdown:
    """One of two answers that stand side by side; below each other where there is no room."""
    with gr.Column(min_width=260, elem_classes="a-answer"):
        gr.HTML(f'<h3 class="a-side">{name}</h3>', apply_default_css=False)
        return gr.Markdown(elem_id=f"side-{name.lower()}", line_breaks=True, latex_delimiters=[])


def build_chat(handlers: ChatHandlers, page: gr.Blocks, new: gr.Button, side: gr.HTML, question: Question) -> ChatPage:
    current = gr.Textbox(visible="hidden", elem_id="current")
    wanted, place = gr.Textbox(visible="hidden"), gr.Textbox(visible="hidden", elem_id="place")
    shown, ids, rated, taught = gr.State(""), gr.State([]), gr.State(""), gr.State("")
    with gr.Row(elem_id="top"):
        heading = gr.HTML(apply_default_css=False, elem_id="heading")
        with gr.Row(visible=False, elem_id="tools") as tools:
            undo = gr.Button("Undo", size="sm", elem_id="undo", min_width=70, scale=0)
            rename = gr.Button("Organise", size="sm", elem_id="rename", min_width=70, scale=0)
            remove = gr.Button("Delete", size="sm", elem_id="delete", min_width=70, scale=0)
        incognito = gr.Button("Incognito", size="sm", elem_id="incognito", min_width=90, scale=0)
        persona = gr.Dropdown(
            [(p.name, p.id) for p in handlers.assistant.all_personas()],
            label="Persona",
            elem_id="persona",
            filterable=False,
            container=False,
            min_width=130,
            scale=0,
        )
    with gr.Row(visible=False, elem_id="rename-panel") as rename_panel:
        new_title = gr.Textbox(label="New name", elem_id="new-title", max_length=120)
        collection = gr.Dropdown(
            label="Collection",
            info="Choose one, or type a new one's name",
            elem_id="collection",
            allow_custom_value=True,
        )
        save_title = gr.Button("Save", variant="primary", scale=0, min_width=80, elem_id="save-title")
    with gr.Row(elem_id="chat-row"):
        with gr.Column(scale=3, min_width=320, elem_id="chat-column"):
            starters = speaking_html(elem_id="starters")
            chatbot = gr.Chatbot(
                visible=False,
                label="Conversation",
                show_label=False,
                elem_id="chat",
                height="56vh",
                layout="bubble",
                editable="user",
                buttons=["copy"],
                allow_tags=False,
                group_consecutive_messages=False,
                feedback_options=("Like", "Dislike"),
                latex_delimiters=[],
            )
            with gr.Row(visible="hidden", elem_id="sides") as sides:
                side_a, side_b = (_side(name) for name in NAMES)
            choice = speaking_html(visible=False, elem_id="choice")
            with gr.Column(visible=False, elem_id="why") as why:
                reasons = gr.CheckboxGroup(list(REASONS), label="What was wrong?", elem_id="reasons")
                comment = gr.Textbox(label="Comment", lines=1, elem_id="comment", placeholder="In your own words")
                better = gr.Textbox(
                    label="This is how I would have said it (change it if you like)",
                    lines=2,
                    max_lines=6,
                    elem_id="better",
                )
                with gr.Row():
                    close = gr.Button("Close", scale=0, min_width=80)
                    tell = gr.Button("Send feedback", variant="primary", elem_id="tell", scale=0, min_width=140)
            cards = speaking_html(elem_id="cards")
            with gr.Row(elem_id="composer"):
                box = gr.Textbox(
                    show_label=False,
                    container=False,
                    label="Message",
                    placeholder="Message Attune",
                    lines=1,
                    max_lines=8,
                    autofocus=True,
                    elem_id="box",
                    html_attributes=gr.InputHTMLAttributes(autocapitalize="sentences"),
                )
                send = gr.Button("Send", variant="primary", elem_id="send", scale=0, min_width=88)
                stop = gr.Button("Stop", elem_id="stop", visible="hidden", scale=0, min_width=88)
        with gr.Column(scale=1, min_width=260, elem_id="used-column"):
            used = speaking_html(elem_id="used")
            wrong, compared, unknown = gr.State(""), gr.State(""), gr.State("")
            with gr.Column(visible=False, elem_id="right") as right_panel:
                right = gr.Textbox(label="What is right?", placeholder="I live in Bergen.", elem_id="right-text")
                put_right = gr.Button("Remember this", variant="primary", size="sm", elem_id="right-save")

    view = [current, shown, ids, chatbot, heading, side, persona, starters, cards, used, box, send, stop, tools]
    view += [collection, sides, side_a, side_b, choice]
    quiet: dict[str, Any] = {"show_progress": "hidden"}
    many: dict[str, Any] = {**quiet, "trigger_mode": "multiple"}
    # One after another, so that the page draws them in the order in which they looked.
    look: dict[str, Any] = {**many, "concurrency_id": "look", "concurrency_limit": 1}

    submitted = gr.on([box.submit, send.click], handlers.submit, [box, current, persona], view, **quiet)
    retried = chatbot.retry(handlers.regenerate, [ids, current], view, **quiet)
    edited = chatbot.edit(handlers.edit, [ids, current], view, **quiet)
    for event in (submitted, retried, edited):
        for wait in (handlers.await_learning, handlers.await_late_learning):
            event = event.then(wait, current, taught, **many).then(handlers.show_learnt, [taught, shown], view, **look)

    loaded = page.load(handlers.open, [current, wanted], view, js=READ_ADDRESS, **quiet)
    loaded.then(None, None, None, js=CLOSE_SIDEBAR_ON_PHONE)
    found = loaded.then(handlers.place_of, [current, wanted], place, js=READ_ADDRESS, **quiet)
    found.then(None, place, None, js=SHOW_MESSAGE)
    attached = loaded.then(handlers.attach, current, view, **quiet)
    picked = side.click(handlers.pick, None, view, **look)
    picked.then(None, None, None, js=CLOSE_SIDEBAR_ON_PHONE)
    attached_again = picked.then(handlers.attach, current, view, **many)
    begun = new.click(lambda: handlers.open(""), None, view, **look)
    begun.then(None, None, None, js=FOCUS_BOX)
    begun.then(None, None, None, js=CLOSE_SIDEBAR_ON_PHONE)
    hidden = incognito.click(handlers.begin_incognito, None, view, **look)
    hidden.then(None, None, None, js=FOCUS_BOX)
    # Looking elsewhere ends the drawing of a reply, never the reply. Gradio runs what follows an event that was cancelled,
    # so waiting for what is learnt goes on, and draws the conversation that is shown by then. What learning draws is not
    # cancelled: it is over at once, and a cancel that comes before its event has an id is an error of the page.
    drawing = [submitted, retried, edited, attached, attached_again]
    for component in (side, new, incognito):
        component.click(None, None, None, cancels=drawing)
    current.change(None, current, None, js=KEEP_IN_ADDRESS)

    stop.click(handlers.stop, current, None, **quiet)
    undo.click(handlers.undo, current, view, **quiet)
    chatbot.undo(handlers.undo, current, view, **quiet)
    chatbot.select(handlers.select, ids, used, **quiet)
    chatbot.copy(handlers.copied, current, None, **quiet)
    chatbot.like(handlers.rate, ids, [rated, why, reasons, comment, better], **quiet)
    tell.click(handlers.explain, [rated, reasons, comment, better, current], [why, cards], **quiet)
    close.click(lambda: gr.update(visible=False), None, why, **quiet)
    cards.click(handlers.card, None, None, **quiet).then(handlers.cards_of, current, cards, **quiet)
    choice.click(handlers.choose, current, view, **many)
    used.click(handlers.begin_rewording, None, [rated, why, reasons, comment, better], **quiet)
    used.click(handlers.wrong_or_ask, current, [used, *question.asking, wrong, right_panel], **quiet)
    asked = used.click(handlers.without_me, None, [compared, unknown], **quiet)
    asked.then(handlers.show_without_me, [compared, unknown, current], [used, compared], **quiet)
    gr.on(
        [put_right.click, right.submit],
        handlers.put_right,
        [wrong, right, current],
        [right, right_panel, cards],
        **quiet,
    )
    starters.click(handlers.starter_pressed, persona, [box, starters], **quiet).then(None, None, None, js=FOCUS_BOX)
    persona.input(handlers.choose_persona, [current, persona], starters, **quiet)
    rename.click(handlers.begin_rename, current, [rename_panel, new_title], **quiet)
    gr.on(
        [save_title.click, new_title.submit],
        handlers.rename,
        [current, new_title, collection],
        [rename_panel, heading, side, collection],
        **quiet,
    )
    remove.click(handlers.ask_delete, current, question.asking, **quiet)
    question.drafts.extend([box, comment, better, right, new_title])
    return ChatPage(current=current, side=side, view=view)
