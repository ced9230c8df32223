"""Two answers side by side, and the choice between them: which stands left, what is drawn of each, what is told
afterwards. Knows no Gradio, and says nothing of which answer is which until the user has chosen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from memory import Comparison, Message
from ui.cards import button, card, escape

NAMES = ("A", "B")
CARET = " ▍"
SAID = {"alike": "You found both alike.", "neither": "You found neither good: both count as a thumb down."}


def placed(*message_ids: str) -> list[str]:
    """Left and right, in an order that says nothing about which was made how; the same every time."""
    return sorted(message_ids, key=lambda identifier: hashlib.sha256(identifier.encode()).hexdigest())


def stand_together(pair: Sequence[Message]) -> bool:
    """Are two answers to be shown beside each other: while they are written, and then if there is something to choose?"""
    if any(answer.status == "streaming" for answer in pair):
        return True
    whole = all(answer.content.strip() and answer.status != "failed" for answer in pair)
    return whole and len({answer.content.strip() for answer in pair}) == len(pair)


def drawn(text: str, *, thinking: bool = False, done: bool = False) -> str:
    """One of the two as markdown, with a caret while it is written."""
    if done:
        return text
    return f"{text}{CARET}" if text else "*Thinking …*" if thinking else CARET.strip()


def choice(pair: Sequence[Message]) -> str:
    """What can be said of the two, once both have ended; left and right as they stand."""
    if any(answer.status == "streaming" for answer in pair):
        return card(
            "<span class='a-label'>Two answers are being written.</span>", note="You will be asked which is better."
        )
    better = [
        button(f"{name} is better", "judge", f"better:{answer.id}") for name, answer in zip(NAMES, pair, strict=True)
    ]
    return card(
        "<span class='a-label'>Which answer is better?</span>",
        *better,
        button("Both alike", "judge", f"alike:{pair[0].id}"),
        button("Neither", "judge", f"neither:{pair[0].id}"),
        note="One of them tries something. Which one is told once you have chosen. Or just go on.",
    )


def revealed(comparison: Comparison, made: Sequence[tuple[str, Sequence[str], Sequence[str]]]) -> str:
    """Once the user has chosen: which was which.

    Args:
        made: of each answer, left and right: its identifier, the learnt rules it was written with, what was tried in it.
    """
    chosen = {"one": comparison.one_id, "other": comparison.other_id}.get(comparison.verdict, "")
    said = SAID.get(comparison.verdict, "")
    rows = []
    for name, (identifier, learned, tried) in zip(NAMES, made, strict=True):
        if identifier == chosen:
            said = f"You found {name} better."
        how = (
            f"tried: {' '.join(tried)}" if tried else f"your rules: {' '.join(learned)}" if learned else "tried nothing"
        )
        rows.append(f"<li><strong>{name}</strong> {escape(how)}</li>")
    return card(
        f"<span class='a-label'>{escape(said)}</span><ul>{''.join(rows)}</ul>",
        button("Take back", "withdraw-choice", comparison.one_id, label="Take back what you said of the two answers"),
    )
