"""Turns what was asked into words to look for. Pure: text in, an FTS5 query out; any text is safe."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

MAX_TERMS = 24
"""A pasted page asks for nothing in particular; its longest words are enough, and the scan stays short."""
# Common words must not drive the scan: without them BM25 over 100,000 windows takes 12 ms at the median, with them 157.
STOP_WORDS = frozenset(
    """
    a about above after again against ain all am an and any are aren as at be because been before being below between
    both but by can could couldn d did didn do does doesn doing don down during each ever few for from further get got
    had hadn has hasn have haven having he her here hers herself him himself his how i if in into is isn it its itself
    just know let like ll m ma may me might more most much must mustn my myself need no nor not now o of off on once
    only or other our ours ourselves out over own please re really remember s said same say shan she should shouldn so
    some such t tell than that the their theirs them themselves then there these they this those through to too under
    until up us ve very was wasn we were weren what when where which while who whom whose why will with won would
    wouldn y yes you your yours yourself yourselves
    """.split()  # noqa: SIM905 - a word list reads best as words
)
_WORD = re.compile(r"\w+", re.UNICODE)


def words(text: str) -> list[str]:
    """The words of a text, lower-cased, in order. Split before lower-casing: a lower-cased "İ" is two characters."""
    return [word.lower() for word in _WORD.findall(text)]


def terms(text: str) -> list[str]:
    """The words worth looking for: distinct, without stop words, at most `MAX_TERMS`, longest first if there are more.

    Empty when the text holds none.
    """
    found = list(dict.fromkeys(word for word in words(text) if word not in STOP_WORDS))
    if len(found) > MAX_TERMS:
        kept = set(sorted(found, key=len, reverse=True)[:MAX_TERMS])
        found = [word for word in found if word in kept]
    return found


def fts_query(text: str) -> str:
    """The terms of a text, OR-ed and quoted, so that no word of the user's is an operator. Empty when there are none."""
    return fts_any(terms(text))


def fts_any(found: Sequence[str]) -> str:
    """Any of these words."""
    return " OR ".join(f'"{term}"' for term in found)


def fts_phrase(text: str) -> str:
    """All words of a text, stop words too, in their order, as one phrase: for "The Who". Empty when there are none."""
    found = words(text)[:MAX_TERMS]
    return f'"{" ".join(found)}"' if found else ""


def speaker_asked_for(question: str, names: Collection[str]) -> str:
    """Whose words a question asks for: a role ("user", "assistant"), one of some names, or "" when it does not say.

    "What did I tell you about the boat?" asks for the user's.

    Args:
        names: of those who speak in what was found, see `said_by`. A question that names one of them, and no other,
            asks for what that one said.
    """
    named = set(names) & set(words(question))
    if len(named) == 1:
        return named.pop()
    if _ASKS_FOR_MINE.search(question):
        return "user"
    return "assistant" if _ASKS_FOR_YOURS.search(question) else ""


def said_by(text: str) -> str:
    """The name, in lower case, before the colon that a text of a copied chat begins with; "" where there is none."""
    if ":" not in text[:34]:
        return ""
    match = _SPEAKER.match(text)
    return match[1].lower() if match else ""


_SPEAKER = re.compile(r"([^\W\d_][\w'-]{0,30}):\s")
_SAYING = r"(?:say|said|tell|told|mention(?:ed)?|wr[io]te|written|describe[d]?|call(?:ed)?|ask(?:ed)?)"
_ADVISING = r"(?:suggest(?:ed)?|recommend(?:ed)?|advise[d]?|propose[d]?|explain(?:ed)?|answer(?:ed)?|give|gave)"
_ASKS_FOR_MINE = re.compile(rf"\bI(?:'ve| had| have|)\s+(?:ever\s+)?{_SAYING}\b", re.IGNORECASE)
_ASKS_FOR_YOURS = re.compile(rf"\byou(?:'ve| had| have|)\s+(?:{_SAYING}|{_ADVISING})\b", re.IGNORECASE)
