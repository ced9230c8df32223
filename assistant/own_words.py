"""Tells what a user typed as their own from what they pasted, quoted or play. Pure: text in, sentences out.

Only own words may become a fact or a rule. In doubt a sentence counts as somebody else's: a wrong memory costs more
than a missing one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from assistant.language import DEFAULT, OwnWords, vocabulary

QUOTED_MARK = "\ue1ff"
"""A private character that stands where something quoted was: what holds it is not all said."""
_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|^\s*>.*$|\"[^\"\n]{4,}\"|“[^”\n]{4,}”|«[^»\n]{4,}»|„[^“”\n]{4,}[“”]"
    r"|(?<!\w)['‘][^'’\n]{3,}(?:['’]\w+[^'’\n]*)*['’](?!\w)|<(\w+)[^>\n]*>.*?</\1>|<[a-z/!][^>\n]*>",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_DOCUMENT = (
    # A log with times, a dialogue, markup; the head or the end of a letter or mail are of a language.
    re.compile(r"(?:^\W{0,2}\d{1,2}:\d\d\b.*\n?){2,}", re.MULTILINE),
    re.compile(r"(?:^(?!I\b)[\w.' -]{1,20}: \S.*\n?){2,}", re.MULTILINE),
    re.compile(r"^\s*(?:\{|<\?xml|<!doctype|<html|---\s*\n[\s\S]*?\n---|#{1,6} \w)", re.IGNORECASE),
)
_FENCED = re.compile(r"^ *([-=_*]{3,}) *\n.*?(?:^ *\1 *$|\Z)", re.DOTALL | re.MULTILINE)


def own_sentences(text: str, language: str = DEFAULT) -> Iterator[str]:
    """The sentences that are the user's own, in order. What is quoted inside one is left out of it."""
    words = vocabulary(language).own_words
    for sentence in _split(own_text(text, language), words):
        own = _after_colon(sentence, words)
        if own.strip(f" {QUOTED_MARK}"):
            yield own.strip()
        if own != sentence and words.task.search(sentence.partition(":")[0]):
            return  # "Translate: …" — the rest of the message is the material.


def own_text(text: str, language: str = DEFAULT) -> str:
    """A message without what is quoted or pasted in it; empty when it is a document."""
    plain = _FENCED.sub("\n", _QUOTED.sub(f" {QUOTED_MARK} ", text))
    words = vocabulary(language).own_words
    if any(pattern.search(plain) for pattern in (*_DOCUMENT, words.mail, words.letter)):
        return ""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", plain) if part.strip()]
    # "Can you shorten this?" makes whatever stands beside it material.
    if len(paragraphs) > 1 and any(_hands_over(part, words) for part in paragraphs):
        return "\n".join(part for part in paragraphs if _hands_over(part, words))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    if len(lines) > 1 and any(_hands_over(line, words) for line in lines):
        return "\n".join(line for line in lines if _hands_over(line, words))
    return plain


def _hands_over(part: str, words: OwnWords) -> bool:
    """A short request about a text that stands beside it, or its heading."""
    if len(part.split()) > 25:
        return False
    return bool((words.task.search(part) or part.endswith("?")) and words.points_at.search(part)) or (
        part.endswith(":") and not words.own_heads.search(part)
    )


@cache
def _sentence_end(goes_on: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=[.!?…])\s+(?!(?:{goes_on})\b)|\n+|(?<=[a-z][.!?])(?=[A-Z])", re.IGNORECASE)


def _split(text: str, words: OwnWords) -> Iterator[str]:
    held = ""
    for piece in _sentence_end(words.goes_on).split(text):
        if not piece.strip():
            continue
        held = f"{held} {piece}".strip()
        # "Hello! I'm Zorvik" says who is greeting.
        if words.abbreviation.search(piece) or words.greeting.match(piece):
            continue
        yield held
        held = ""
    if held:
        yield held


def _after_colon(sentence: str, words: OwnWords) -> str:
    """Without what follows a colon, unless the words before it are about the user: "We have three cats: …"."""
    head, colon, rest = sentence.partition(": ")
    if not colon and sentence.endswith(":"):
        return ""
    if not colon or words.own_heads.search(head):
        return sentence
    if words.task.search(head) or not words.i.search(head):
        return head
    return sentence if not words.i.search(rest) else head
