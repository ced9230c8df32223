"""Keeps digests of conversations and months, so that they can be searched. An index: all of it can be made again.

What a digest says is not known here. Each line has its day and cites the messages or memories that it stands on. Forgetting
anything drops them all; they are made anew from what is left.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from memory.query import terms
from memory.store import Store

Span = Literal["conversation", "month"]


@dataclass(frozen=True, kw_only=True)
class DigestLine:
    """One line. `cites`: the identifiers of the messages or memories that it stands on."""

    day: date
    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class KeptDigest:
    """`key`: the conversation's identifier, or the month as `2026-03`."""

    span: Span
    key: str
    title: str
    lines: tuple[DigestLine, ...]
    made_of: str = ""
    """Stands for what it was made from: as long as that is the same, so is the digest."""


class Digests:
    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, digest: KeptDigest) -> None:
        """In the place of the one kept before; one without lines is not kept."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM digests WHERE span = ? AND key = ?", [digest.span, digest.key])
            if digest.lines:
                lines = [[line.day.isoformat(), line.text, list(line.cites)] for line in digest.lines]
                connection.execute(
                    "INSERT INTO digests (span, key, title, lines) VALUES (?, ?, ?, ?)",
                    [
                        *(digest.span, digest.key, digest.title),
                        json.dumps({"lines": lines, "made_of": digest.made_of}, ensure_ascii=False),
                    ],
                )

    def all(self) -> list[KeptDigest]:
        return self._read("1", [])

    def find(self, span: Span, key: str) -> KeptDigest | None:
        found = self._read("span = ? AND key = ?", [span, key])
        return found[0] if found else None

    def _read(self, where: str, parameters: Sequence[str]) -> list[KeptDigest]:
        found = []
        for row in self._store.rows(f"SELECT * FROM digests WHERE {where} ORDER BY seq DESC", parameters):
            kept = json.loads(row["lines"])
            lines = tuple(
                DigestLine(day=date.fromisoformat(day), text=text, cites=tuple(cites))
                for day, text, cites in kept["lines"]
            )
            found.append(
                KeptDigest(span=row["span"], key=row["key"], title=row["title"], lines=lines, made_of=kept["made_of"])
            )
        return found

    def search(self, query: str, limit: int = 3) -> list[KeptDigest]:
        """Those that hold most of the words, the shortest of equals first: it is about little else."""
        wanted = set(terms(query))
        found = []
        for digest in self.all():
            held = {_stem(word) for line in digest.lines for word in terms(line.text)} | {
                _stem(word) for word in terms(digest.title)
            }
            shared = sum(_stem(word) in held for word in wanted)
            if shared:
                found.append((-shared, len(digest.lines), digest.key, digest))
        return [entry[3] for entry in sorted(found, key=lambda entry: entry[:3])[:limit]]


def _stem(word: str) -> str:
    return re.sub(r"(?:ing|es|ed|s)$", "", word) if len(word) > 4 else word
