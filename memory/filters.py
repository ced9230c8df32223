"""What people type into a search box: words, and where to look for them. Pure: text in, words and filters out.

`persona:ada` conversations with that persona · `in:garden-2026` those of a collection · `from:me`, `from:attune` who
said it · `before:2026-05-03`, `after:2026-05`, `after:2026` when. Each may stand anywhere; what is no filter is a word.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from memory.query import fts_query
from memory.records import Role

SNIPPET_WORDS = 40
_FILTER = re.compile(r"(?<!\S)(persona|in|before|after|from):(\S+)", re.IGNORECASE)
_SPEAKERS: dict[str, Role] = {"me": "user", "user": "user", "you": "assistant", "attune": "assistant"}
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$")


@dataclass(frozen=True, kw_only=True)
class Filtered:
    """A search as people type it, read."""

    words: str
    persona: str | None = None
    collection: str | None = None
    role: Role | None = None
    after: datetime | None = None
    """That moment and later."""
    before: datetime | None = None
    """Earlier than that moment."""

    @property
    def only_persona(self) -> bool:
        """Nothing to look for, and no filter but perhaps a persona: a list of what is kept, not a search."""
        return not self.words and all(value is None for value in (self.role, self.after, self.before))

    @property
    def narrows(self) -> bool:
        return any(value is not None for value in (self.persona, self.collection, self.role, self.after, self.before))


def read_filters(text: str, zone: tzinfo = UTC) -> Filtered:
    """Words and filters of what was typed. A filter that cannot be read is left among the words; of two, the last counts.

    Args:
        zone: where the days of the user begin.
    """
    found: dict[str, object] = {}

    def take(match: re.Match[str]) -> str:
        name, value = match[1].lower(), match[2]
        if name == "persona":
            found["persona"] = value.lower()
        elif name == "in":
            found["collection"] = value
        elif name == "from" and value.lower() in _SPEAKERS:
            found["role"] = _SPEAKERS[value.lower()]
        elif name in ("before", "after") and (moment := _moment(value, zone)):
            found[name] = moment
        else:
            return match[0]
        return " "

    return Filtered(words=" ".join(_FILTER.sub(take, text).split()), **found)  # type: ignore[arg-type]


def _moment(text: str, zone: tzinfo) -> datetime | None:
    match = _DATE.match(text)
    if match is None:
        return None
    try:
        return datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def snippets(texts: Sequence[str], words: str) -> list[list[tuple[str, bool]]]:
    """The place of each text where the words stand, as (piece, whether it is one of the words), in order.

    The same stemmer finds them as finds the messages: "planting" is marked where "planted" was asked for.
    """
    fts = fts_query(words)
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE VIRTUAL TABLE texts USING fts5(text, tokenize='porter unicode61')")
        cleaned = [" ".join(text.replace("\x02", "").replace("\x03", "").split()) for text in texts]
        database.executemany("INSERT INTO texts (rowid, text) VALUES (?, ?)", list(enumerate(cleaned)))
        sql = f"SELECT rowid, snippet(texts, 0, '\x02', '\x03', ' … ', {SNIPPET_WORDS}) FROM texts WHERE texts MATCH ?"
        marked = dict(database.execute(sql, [fts]).fetchall()) if fts else {}
    database.close()
    return [_pieces(marked[n] if n in marked else _beginning(text)) for n, text in enumerate(cleaned)]


def _beginning(text: str) -> str:
    words = text.split(" ")
    return text if len(words) <= SNIPPET_WORDS else " ".join(words[:SNIPPET_WORDS]) + " …"


def _pieces(marked: str) -> list[tuple[str, bool]]:
    pieces = []
    for place, part in enumerate(re.split("[\x02\x03]", marked)):
        if part:
            pieces.append((part, place % 2 == 1))
    return pieces
