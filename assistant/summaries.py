"""Titles and running summaries. A small model writes neither: then they are taken from the user's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage

from assistant.grounding import inventions
from assistant.recall import statements
from memory import Message
from memory.forgetting import is_struck, unstruck

TITLE_WORDS = 7
SENTENCE_WORDS = 30
MAX_SENTENCES = 24
MAX_SOURCE_CHARACTERS = 8000
_GREETING = re.compile(r"^(hi|hello|hey|good (morning|evening|afternoon)|hiya)\b[\s,!.]*", re.IGNORECASE)


def title_for(text: str) -> str:
    """A few words of the first message, without the greeting."""
    plain = " ".join(re.sub(r"[`*#>_]+", " ", text[:1000]).split())
    plain = _GREETING.sub("", plain) or plain
    words = plain.split()
    title = " ".join(words[:TITLE_WORDS]).strip(" ,;:.!-")
    if not title:
        return "New conversation"
    return (title[0].upper() + title[1:])[:60] + ("…" if len(words) > TITLE_WORDS else "")


def fold(before: str, messages: Sequence[Message], *, chat_model: Any = None) -> str:
    """The running summary once these messages leave the window.

    Args:
        before: the summary so far. Of it and of the messages, what lost words to forgetting is left out.
        chat_model: writes it; None takes the user's statements as they were said, the newest kept when they are many.
    """
    before = "\n".join(line for line in before.splitlines() if not is_struck(line))
    messages = [replace(message, content=unstruck(message.content)) for message in messages]
    if chat_model is None:
        said = [
            " ".join(sentence.split()[:SENTENCE_WORDS])
            for message in messages
            if message.role == "user"
            for sentence in statements(message.content[:2000])
        ]
        lines = [*before.splitlines(), *(f"The user said: {sentence}" for sentence in said)]
        return "\n".join(lines[-MAX_SENTENCES:])
    task = (files("assistant") / "prompts" / "summarise.txt").read_text(encoding="utf-8")
    spoken = "\n".join(f"{m.role}: {m.content}" for m in messages)[-MAX_SOURCE_CHARACTERS:]
    reply = chat_model.invoke(
        [
            SystemMessage(content=task),
            HumanMessage(content=f"Summary so far:\n{before or '(none)'}\n\nNewer messages:\n{spoken}"),
        ],
        purpose="background",
        max_tokens=300,
        temperature=0.0,
    )
    text = str(reply.content).strip()
    sources = [before, *(m.content for m in messages), *(line for m in messages for line in m.block.splitlines())]
    if not text or inventions(text, sources):
        # A summary that brings a name or a number of its own is none.
        return fold(before, messages)
    return text
