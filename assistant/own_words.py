"""Tells what a user typed as their own from what they pasted, quoted or play. Pure: text in, sentences out.

Only own words may become a fact or a rule. In doubt a sentence counts as somebody else's: a wrong memory costs more
than a missing one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

QUOTED_MARK = "\ue1ff"
"""A private character that stands where something quoted was: what holds it is not all said."""
_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|^\s*>.*$|\"[^\"\n]{4,}\"|“[^”\n]{4,}”|«[^»\n]{4,}»|„[^“”\n]{4,}[“”]"
    r"|(?<!\w)['‘][^'’\n]{3,}(?:['’]\w+[^'’\n]*)*['’](?!\w)|<(\w+)[^>\n]*>.*?</\1>|<[a-z/!][^>\n]*>",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_DOCUMENT = (
    # The head or the end of a letter or mail, a form, a log with times, a dialogue.
    re.compile(r"^(?:from|to|subject|cc|bcc|sent|reply-to): ?\S", re.IGNORECASE | re.MULTILINE),
    re.compile(
        r"^(?:dear|to whom it may concern)\b.*,\s*$|^(?:kind|best|warm) regards|^yours (?:sincerely|faithfully)",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(r"(?:^\W{0,2}\d{1,2}:\d\d\b.*\n?){2,}", re.MULTILINE),
    re.compile(r"(?:^(?!I\b)[\w.' -]{1,20}: \S.*\n?){2,}", re.MULTILINE),
    re.compile(r"^\s*(?:\{|<\?xml|<!doctype|<html|---\s*\n[\s\S]*?\n---|#{1,6} \w)", re.IGNORECASE),
)
_FENCED = re.compile(r"^ *([-=_*]{3,}) *\n.*?(?:^ *\1 *$|\Z)", re.DOTALL | re.MULTILINE)
_TASK = re.compile(
    r"\b(?:translate|proof-?read|re-?write|rephrase|paraphrase|summari[sz]e|sum up|shorten|correct|fix|improve|polish|edit"
    r"|complete|continue|analy[sz]e|explain|convert|transcribe|spell-?check|review|critique|classify|extract|annotate"
    r"|make (?:this|it|that) \w+|what (?:does|do you make of)|read (?:this|the)|tone of|how (?:would|do|can|does) .* say"
    r"|sentences? like|examples? (?:like|of)|write (?:a|an|me|the|some)|draft (?:a|an|me)|compose|generate)\b",
    re.IGNORECASE,
)
_POINTS_AT = re.compile(
    r"\b(?:th(?:is|ese|e above|e following|e text|e article|e passage|e mail|e email|e document)|above|below|following"
    r"|(?:what|who) (?:does|is|wrote|said) (?:it|this|the \w+)|the author|attached|here(?:'s| is| are))\b",
    re.IGNORECASE,
)
_OWN_HEADS = re.compile(
    r"^(?:\W*(?:so|ok|well|quick|short|some|a few|more|my|the|just|one|two|three)\b[ ,]*)*(?:"
    r"(?:all|things?|facts?|bits?|info)? ?about (?:me|myself|us)"
    r"|intro(?:duction)?|fyi|note|ps|p\.s\.|update|correction|edit|(?:food )?allerg(?:y|ies)|hobb(?:y|ies)|languages?|likes"
    r"|dislikes|context|background|reminder|news|good news|bad news|guess what|remember|sorry|to be clear|by the way|btw"
    r"|important|from now on|in future|rule|favou?rites?|pets?|diet)\W*$",
    re.IGNORECASE,
)
_I = re.compile(r"\b(?:i|we|my|our|i'm|i’m|i've|i’ve)\b", re.IGNORECASE)
_SENTENCE = re.compile(
    # "We got a puppy! His name is Bashir." is one thought.
    r"(?<=[.!?…])\s+(?!(?:his|her|its|their) name\b)|\n+|(?<=[a-z][.!?])(?=[A-Z])",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(r"\b(?:mr|mrs|ms|dr|st|prof|jr|sr|e\.g|i\.e|no|vs)\.$", re.IGNORECASE)

_GREETING = re.compile(r"(?:hi|hello|hey|good (?:morning|evening|afternoon))(?: there)?[!.…]+$", re.IGNORECASE)


def own_sentences(text: str) -> Iterator[str]:
    """The sentences that are the user's own, in order. What is quoted inside one is left out of it."""
    for sentence in _split(own_text(text)):
        own = _after_colon(sentence)
        if own.strip(f" {QUOTED_MARK}"):
            yield own.strip()
        if own != sentence and _TASK.search(sentence.partition(":")[0]):
            return  # "Translate: …" — the rest of the message is the material.


def own_text(text: str) -> str:
    """A message without what is quoted or pasted in it; empty when it is a document."""
    plain = _FENCED.sub("\n", _QUOTED.sub(f" {QUOTED_MARK} ", text))
    if any(pattern.search(plain) for pattern in _DOCUMENT):
        return ""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", plain) if part.strip()]
    # "Can you shorten this?" makes whatever stands beside it material.
    if len(paragraphs) > 1 and any(_hands_over(part) for part in paragraphs):
        return "\n".join(part for part in paragraphs if _hands_over(part))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    if len(lines) > 1 and any(_hands_over(line) for line in lines):
        return "\n".join(line for line in lines if _hands_over(line))
    return plain


def _hands_over(part: str) -> bool:
    """A short request about a text that stands beside it, or its heading."""
    if len(part.split()) > 25:
        return False
    return bool((_TASK.search(part) or part.endswith("?")) and _POINTS_AT.search(part)) or (
        part.endswith(":") and not _OWN_HEADS.search(part)
    )


def _split(text: str) -> Iterator[str]:
    held = ""
    for piece in _SENTENCE.split(text):
        if not piece.strip():
            continue
        held = f"{held} {piece}".strip()
        # "Hello! I'm Zorvik" says who is greeting.
        if _ABBREVIATION.search(piece) or _GREETING.match(piece):
            continue
        yield held
        held = ""
    if held:
        yield held


def _after_colon(sentence: str) -> str:
    """Without what follows a colon, unless the words before it are about the user: "We have three cats: …"."""
    head, colon, rest = sentence.partition(": ")
    if not colon and sentence.endswith(":"):
        return ""
    if not colon or _OWN_HEADS.search(head):
        return sentence
    if _TASK.search(head) or not _I.search(head):
        return head
    return sentence if not _I.search(rest) else head
