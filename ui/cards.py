"""Memories, rules, plans and conversations as HTML. Every word from outside is escaped here; knows no Gradio.

A button says what it does in `data-act` and to what in `data-id`; the page reads the two.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from assistant.audience import AXES, Axis
from assistant.events import UsedMemory
from assistant.models import LocalModel
from memory import (
    Conversation,
    ForgetPlan,
    HeldFact,
    Memory,
    MemoryEvent,
    Message,
    ProfileLine,
    ProfileVersion,
    PromptVersion,
    SearchHit,
)
from memory.digests import KeptDigest
from memory.filters import snippets
from personas import Persona

EVENT_WORDS = {
    "added": "Learnt",
    "refreshed": "Said again",
    "edited": "Reworded",
    "closed": "No longer true",
    "reopened": "True again",
    "forgotten": "Forgotten",
    "merged": "Merged into another",
    "split": "Split into several",
}
WHY_WORDS = {
    "words": "its words",
    "meaning": "its meaning",
    "talk": "the talk around it",
    "date": "the time you named",
    "recent": "how new it is",
    "important": "how much it matters",
}
STATE_WORDS = {"proposed": "waiting", "accepted": "accepted", "rejected": "not now", "retired": "taken back"}


def escape(text: str) -> str:
    """Text as text. Braces and dollars too, because the page's HTML passes through a template."""
    escaped = html.escape(text, quote=True)
    return escaped.replace("{", "&#123;").replace("}", "&#125;").replace("$", "&#36;").replace("`", "&#96;")


def day(moment: datetime | None) -> str:
    """A date as the user's own clock has it: "3 May 2026"."""
    if moment is None:
        return ""
    local = moment.astimezone()
    return f"{local.day} {local:%b %Y}"


def button(words: str, act: str, identifier: str = "", *, kind: str = "", label: str = "") -> str:
    named = f' aria-label="{escape(label)}"' if label else ""
    return (
        f'<button type="button" class="a-button {kind}" data-act="{act}" data-id="{escape(identifier)}"{named}>'
        f"{escape(words)}</button>"
    )


def card(body: str, *buttons: str, kind: str = "", note: str = "") -> str:
    foot = f'<p class="a-note">{note}</p>' if note else ""
    row = f'<div class="a-buttons">{"".join(buttons)}</div>' if buttons else ""
    return f'<article class="a-card {kind}"><div class="a-body">{body}{foot}</div>{row}</article>'


def empty(title: str, what_to_do: str) -> str:
    return f'<div class="a-empty"><strong>{escape(title)}</strong><p>{escape(what_to_do)}</p></div>'


# --- the chat page ------------------------------------------------------------------------------------------------


def heading(title: str, *, demo: bool) -> str:
    mark = '<span class="a-mark">Demo: a made-up user. Nothing here is kept.</span>' if demo else ""
    return f'<div class="a-heading"><h1>{escape(title)}</h1>{mark}</div>'


def incognito_heading() -> str:
    return (
        '<div class="a-heading"><h1>Incognito</h1><span class="a-mark">Nothing of this is stored or remembered, and nothing '
        "remembered is used. It is gone when Attune is closed.</span></div>"
    )


def conversation_list(
    conversations: Iterable[Conversation], current: str, collections: Mapping[str, str] | None = None
) -> str:
    """`collections`: the name of each."""
    names = collections or {}
    rows = [
        f'<li><button type="button" class="a-conversation" data-act="open" data-id="{escape(c.id)}"'
        f"{' aria-current=true' if c.id == current else ''}><span>{escape(c.title)}</span>"
        f"<small>{day(c.updated_at)}{_after_dot(names.get(c.collection_id or '', ''))}</small></button></li>"
        for c in conversations
    ]
    if not rows:
        return empty("No conversations yet", "Type a message to begin the first.")
    return f'<nav aria-label="Conversations"><ul class="a-list">{"".join(rows)}</ul></nav>'


def _after_dot(text: str) -> str:
    return f" · {escape(text)}" if text else ""


def whereabouts(server: str) -> str:
    """Where what is said goes. `server`: the address that answers, empty when this machine does."""
    if server:
        return f"Messages and what is remembered with them are sent to {server}. All else stays on this machine."
    return "Everything you say stays on this machine."


def counted(number: int, thing: str) -> str:
    """`1 memory`, `2 memories`."""
    plural = thing[:-1] + "ies" if thing.endswith("y") else thing + "s"
    return f"{number:,} {thing if number == 1 else plural}"


def said_and_known(counts: Mapping[str, int]) -> str:
    """`3 messages, 1 memory`, of the rows in each table."""
    return f"{counted(counts['messages'], 'message')}, {counted(counts['memories'], 'memory')}"


def audience(chosen: Mapping[Axis, str]) -> str:
    """How someone new is answered, to be picked: one choice on each axis, or none."""
    choices = "".join(
        f'<button type="button" class="a-button" data-act="starter" data-id="{axis}:{choice}" '
        f'aria-pressed="{"true" if chosen.get(axis) == choice else "false"}" title="{escape(rule)}">{choice}</button>'
        for axis, rules in AXES.items()
        for choice, rule in rules.items()
    )
    return card(
        "<span class='a-label'>How shall I answer you, to begin with?</span>",
        choices,
        note="What you teach later takes the place of each by itself. You find them again under Learning.",
        kind="audience",
    )


def starters(persona: Persona, *, server: str = "", chosen: Mapping[Axis, str] | None = None) -> str:
    """The empty state. `chosen`: the starter profile so far, for someone who has said nothing yet; None leaves it out."""
    cards = (
        ("Tell me about you", "It is remembered, with its source and an undo.", "Hi, my name is … and …"),
        ("What do you know?", "In a new conversation, see what was kept.", "What do you know about me?"),
        (
            "Too long?",
            "Press thumbs down and “too long” on two answers: a rule is proposed.",
            "Tell me about yourself.",
        ),
    )
    rows = "".join(
        f'<button type="button" class="a-starter" data-act="fill" data-id="{escape(text)}"><strong>{escape(title)}'
        f"</strong><span>{escape(why)}</span><em>{escape(text)}</em></button>"
        for title, why, text in cards
    )
    return (
        f'<div class="a-welcome"><div class="a-logo" aria-hidden="true"></div><h2>{escape(persona.greeting or persona.name)}</h2>'
        f"<p>{escape(whereabouts(server))}</p>"
        f'<div class="a-starters">{rows}</div>{"" if chosen is None else audience(chosen)}</div>'
    )


def learnt(memory: Memory, source: Message | None) -> str:
    """What was just remembered: the exact fact, whatever the reply says."""
    where = f"from your message, {day(source.created_at)}" if source else f"on {day(memory.created_at)}"
    word = "From now on" if memory.kind == "procedural" else "Remembered"
    return card(
        f"<span class='a-label'>{word}:</span> {escape(memory.content)}",
        button("Undo", "undo-memory", memory.id, label=f"Undo: {memory.content}"),
        kind="learnt",
        note=where,
    )


def held(fact: HeldFact) -> str:
    """A delicate statement that was not kept: the user decides."""
    return card(
        f"<span class='a-label'>Keep this?</span> {escape(fact.content)}",
        button("Keep", "keep-held", fact.id, label=f"Keep: {fact.content}"),
        button("Do not keep", "decline-held", fact.id, label=f"Do not keep: {fact.content}"),
        kind="held",
        note=f"It is delicate ({escape(fact.sensitivity)}), so it was not kept. Until you keep it, your message is found from "
        "its own conversation only.",
    )


def failing(reason: str) -> str:
    """The chat model's reading of facts fails; the rules go on."""
    return card(
        f"<span class='a-label'>Reading facts with the chat model has been failing:</span> {escape(reason)}",
        kind="problem",
        note="What the rules read is kept all the same, and every message can be found.",
    )


def used_facts(facts: Sequence[str]) -> str:
    """The exact facts that a reply was given with."""
    items = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return card(f"<span class='a-label'>Known facts:</span><ul>{items}</ul>", kind="facts")


def proposal(version: PromptVersion) -> str:
    rule = version.rules[-1].text if version.rules else ""
    return card(
        f"<span class='a-label'>A rule?</span> {escape(rule)}",
        button("Accept", "accept", version.id, kind="primary"),
        button("Not now", "reject", version.id),
        kind="proposal",
        note=escape(version.reason),
    )


def comment_as_rule(message_id: str, comment: str) -> str:
    """What the user wrote with a thumb may be meant for every answer."""
    return card(
        f"<span class='a-label'>Shall this hold from now on?</span> {escape(comment)}",
        button("Make it a rule", "comment-rule", message_id, label=f"Make it a rule: {comment}"),
        kind="proposal",
        note="You can change or delete it under Learning.",
    )


def doubted(message_id: str, memories: Sequence[Memory]) -> str:
    """A thumb said that a fact was wrong or outdated: which?"""
    return "".join(
        card(
            f"<span class='a-label'>Was this what was wrong?</span> {escape(memory.content)}",
            button("Yes", "settle", f"{message_id}:{memory.id}", label=f"This was wrong: {memory.content}"),
            kind="doubted",
            note="It is then closed and not used again. What you wrote with your thumb takes its place if it says a fact.",
        )
        for memory in memories
    )


def which_was_better(earlier: Message, newer: Message) -> str:
    """Asked after an answer was written again."""
    return card(
        "<span class='a-label'>Which answer was better?</span>",
        button("The first", "better", f"{earlier.id}:{newer.id}"),
        button("This one", "better", f"{newer.id}:{earlier.id}", kind="primary"),
        kind="compare",
        note=escape(f"The first: “{short(earlier.content, 80)}”"),
    )


def accepted(version: PromptVersion) -> str:
    rule = version.rules[-1].text if version.rules else ""
    return card(
        f"<span class='a-label'>Rule in force:</span> {escape(rule)}",
        button("Undo", "undo-rule", version.id, label=f"Undo the rule: {rule}"),
        kind="learnt",
    )


def bigger_models(models: Sequence[LocalModel]) -> str:
    """Offered when the built-in model says that a question is beyond it."""
    if not models:
        return card(
            "<span class='a-label'>Models:</span> a larger one can answer this. No GGUF file was found on this disk.",
            kind="models",
            note="Put one anywhere and start with <code>attune --model /path/to/model.gguf</code>.",
        )
    return "".join(
        card(
            f"<span class='a-label'>Models on this disk:</span> {escape(model.name)} · {model.size_bytes / 1e9:.1f} GB"
            f"{'' if model.fits else ' · larger than the free memory'}",
            button("Use this model", "use-model", str(model.path)),
            kind="models",
            note=f"<code>attune --model {escape(str(model.path))}</code>",
        )
        for model in models[:3]
    )


def used_panel(uses: Sequence[UsedMemory], *, of_reply: bool) -> str:
    if not of_reply:
        return empty("Used for this answer", "After a reply, what it was given with appears here.")
    if not uses:
        return empty("Used for this answer", "Nothing you told me before was needed for this one.")
    rows = []
    for use in uses:
        where = {"message": "your words", "memory": "remembered", "profile": "profile"}.get(use.type, use.type)
        buttons = []
        if use.id and use.type in ("memory", "profile"):
            buttons = [
                button("Wrong", "wrong", use.id, label=f"Wrong: {use.content}"),
                button("Outdated", "outdated", use.id, label=f"Outdated: {use.content}"),
                button("Forget", "forget", use.id, label=f"Forget: {use.content}"),
            ]
        since = f" · from your message, {day(use.created_at)}" if use.created_at else ""
        rows.append(card(escape(use.content), *buttons, note=f"{where}{since}{_why(use.why)}"))
    return f'<h3 class="a-side">Used for this answer</h3>{"".join(rows)}'


def _why(parts: Sequence[tuple[str, float]]) -> str:
    """What spoke for it, folded."""
    items = "".join(
        f"<li>{WHY_WORDS[name]} <meter min='0' max='1' value='{value:.2f}'></meter> {value:.0%}</li>"
        for name, value in parts
        if name in WHY_WORDS
    )
    return f"<details class='a-why'><summary>Why?</summary><ul>{items}</ul></details>" if items else ""


# --- questions ----------------------------------------------------------------------------------------------------


def forget_plan(plan: ForgetPlan) -> str:
    """What would go, for the user to say yes to."""
    parts = ["<h3>This cannot be taken back. It would remove:</h3><ul>"]
    parts += [f"<li>the conversation “{escape(c.title)}”</li>" for c in plan.deleted_conversations]
    parts += [f"<li>the memory “{escape(m.content)}”</li>" for m in plan.memories]
    if touched := (*plan.redacted_messages, *plan.blanked_messages):
        what = (
            "every sentence that names it in" if plan.topic else "all of" if plan.blanked_messages else "its words in"
        )
        parts.append(f"<li>{what} {counted(len(touched), 'message')}:<ul>")
        parts += [f"<li>{escape(short(m.content))} <small>{day(m.created_at)}</small></li>" for m in touched[:8]]
        parts.append("</ul></li>")
    return "".join([*parts, "</ul>"])


def short(text: str, limit: int = 140) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


# --- the other pages ----------------------------------------------------------------------------------------------


def memory_row(memory: Memory, source: Message | None) -> str:
    when = f"since {day(memory.valid_from)}"
    if memory.valid_to is not None:
        when = f"{day(memory.valid_from)} to {day(memory.valid_to)}, no longer true"
    where = f"“{escape(short(source.content))}”" if source else "added by hand" if memory.origin == "user" else ""
    buttons = [button("Edit", "edit", memory.id, label=f"Edit: {memory.content}")]
    if memory.valid_to is None:
        buttons.append(button("Outdated", "close", memory.id, label=f"Outdated: {memory.content}"))
    else:
        buttons.append(button("Still true", "reopen", memory.id, label=f"Still true: {memory.content}"))
    buttons += [
        button("History", "history", memory.id, label=f"History: {memory.content}"),
        button("Forget", "forget", memory.id, label=f"Forget: {memory.content}"),
    ]
    return card(
        escape(memory.content), *buttons, kind="closed" if memory.valid_to else "", note=f"{when} · {where}".strip(" ·")
    )


def memory_list(memories: Iterable[tuple[Memory, Message | None]]) -> str:
    rows = "".join(memory_row(memory, source) for memory, source in memories)
    return rows or empty("Nothing remembered yet", "Say something about yourself in the chat, or add it by hand below.")


def search_results(
    hits: Sequence[SearchHit],
    sources: Mapping[str, Message],
    query: str = "",
    titles: Mapping[str, str] | None = None,
    about: Sequence[KeptDigest] = (),
) -> str:
    """Facts as rows, messages as the place where the words stand, with a way to them in their conversation; then digests."""
    messages = [hit.item for hit in hits if isinstance(hit.item, Message)]
    places = dict(zip((m.id for m in messages), snippets([m.content for m in messages], query), strict=True))
    rows = []
    for hit in hits:
        if isinstance(hit.item, Memory):
            rows.append(memory_row(hit.item, sources.get(hit.item.source_message_id or "")))
        else:
            who = "You" if hit.item.role == "user" else "Attune"
            marked = "".join(
                f"<mark>{escape(piece)}</mark>" if wanted else escape(piece) for piece, wanted in places[hit.item.id]
            )
            title = (titles or {}).get(hit.item.conversation_id, "")
            address = f"?c={escape(hit.item.conversation_id)}&amp;m={escape(hit.item.id)}"
            way = f'<a href="{address}">{escape(title)}</a>' if title else ""
            rows.append(card(marked, note=f"{who}, {day(hit.item.created_at)} · {way}".removesuffix(" · ")))
    rows += [digest_card(digest) for digest in about]
    return "".join(rows) or empty("Nothing found", "Try fewer or other words.")


def digest_card(digest: KeptDigest) -> str:
    """What a conversation or a month was about, by day."""
    lines = "".join(
        f"<li><time>{line.day.day} {line.day:%b %Y}</time> {escape(line.text)}</li>" for line in digest.lines
    )
    title = escape(digest.title)
    way = f'<a href="?c={escape(digest.key)}">{title}</a>' if digest.span == "conversation" else title
    return card(
        f"<details><summary>In short: {way}</summary><ol class='a-timeline'>{lines}</ol></details>", kind="digest"
    )


def timeline(events: Sequence[MemoryEvent]) -> str:
    rows = "".join(
        f"<li><time>{day(e.at)}</time> <strong>{EVENT_WORDS[e.kind]}</strong> {escape(e.content)}</li>" for e in events
    )
    return f'<h3 class="a-side">History</h3><ol class="a-timeline">{rows}</ol>'


def life(memories: Iterable[Memory]) -> str:
    """Memories in time, newest month first: plans and events on their days, others on the day since when they hold."""
    by_month: dict[str, list[tuple[str, str]]] = {}
    for memory in sorted(memories, key=lambda m: (_begins(m), m.created_at, m.id), reverse=True):
        begins = _begins(memory)
        ended = f" <small>until {day(memory.valid_to)}</small>" if memory.valid_to else ""
        row = f"{escape(memory.content)}{ended}"
        by_month.setdefault(f"{begins:%B %Y}", []).append((f"{begins.day} {begins:%b}", row))
    if not by_month:
        return empty("Nothing yet", "What you tell has its place here, by day.")
    return "".join(
        f'<section><h3 class="a-side">{month}</h3><ol class="a-timeline">'
        + "".join(f"<li><time>{when}</time> {row}</li>" for when, row in rows)
        + "</ol></section>"
        for month, rows in by_month.items()
    )


def _begins(memory: Memory) -> date:
    return memory.occurs_from or memory.valid_from.astimezone().date()


def profile_page(lines: Sequence[ProfileLine], sources: Mapping[str, Message] | None = None) -> str:
    """The page, each line with where it comes from and a lock. `sources`: the message of each memory."""
    if not lines:
        return empty("An empty page", "What you say about yourself appears here. You can also write it yourself.")
    sections = dict.fromkeys(line.section for line in lines)
    return "".join(
        f'<section class="a-card"><div class="a-body"><h3>{escape(section)}</h3><ul>'
        + "".join(_profile_line(line, sources or {}) for line in lines if line.section == section)
        + "</ul></div></section>"
        for section in sections
    )


def _profile_line(line: ProfileLine, sources: Mapping[str, Message]) -> str:
    if line.author == "user":
        return f"<li>{escape(line.text)} <small>your words</small></li>"
    said = next((sources[m] for m in line.memory_ids if m in sources), None)
    where = f" <small>from your message, {day(said.created_at)}</small>" if said else ""
    act, word = ("unlock", "Unlock") if line.locked else ("lock", "Lock")
    return f"<li>{escape(line.text)}{where} {button(word, act, line.text, kind='small', label=f'{word}: {line.text}')}</li>"


def profile_versions(versions: Sequence[ProfileVersion]) -> str:
    if not versions:
        return ""
    rows = "".join(
        f"<li><time>{day(v.created_at)}</time> {'you' if v.author == 'user' else 'from facts'} · {counted(len(v.lines), 'line')} "
        f"{button('Compare', 'compare', v.id, label=f'Compare with the page of {day(v.created_at)}')}"
        f"{button('Restore', 'restore', v.id, label=f'Restore the page of {day(v.created_at)}')}</li>"
        for v in versions[:20]
    )
    return f'<h3 class="a-side">Versions</h3><ol class="a-timeline">{rows}</ol>'


def profile_diff(changes: Sequence[tuple[str, ProfileLine]]) -> str:
    """What came and went since a version."""
    if not changes:
        return card("The page reads as it did then.")
    words = {"+": "came", "-": "went"}
    rows = "".join(
        f"<li><strong>{words[sign]}</strong> {escape(line.text)} <small>{escape(line.section)}</small></li>"
        for sign, line in changes
    )
    return card(f"<span class='a-label'>Since then:</span><ul>{rows}</ul>")


KEPT = (("conversations", "conversation"), ("messages", "message"), ("memories", "memory"))


def about(*, model: str, home: str, counts: Mapping[str, int], problems: Sequence[str], server: str = "") -> str:
    rows = [
        ("Model", escape(model)),
        ("Folder", f"<code>{escape(home)}</code>"),
        ("Kept", ", ".join(counted(counts[table], thing) for table, thing in KEPT)),
        ("Privacy", escape(whereabouts(server))),
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)
    wrong = "".join(card(escape(problem), kind="problem") for problem in problems)
    return f'<section class="a-card"><div class="a-body"><dl class="a-facts">{listed}</dl></div></section>{wrong}'
