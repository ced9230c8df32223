"""Splits what a thinking model says to itself from what it says to the user. Pure; works on pieces as they stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

OPEN, CLOSE = "<think>", "</think>"
Kind = Literal["answer", "reasoning"]


def held_back(text: str, marks: tuple[str, ...]) -> int:
    """How many characters at the end of `text` could be the beginning of one of `marks`."""
    longest = max((len(mark) for mark in marks), default=1) - 1
    for size in range(min(longest, len(text)), 0, -1):
        if any(mark.startswith(text[-size:]) for mark in marks):
            return size
    return 0


@dataclass
class ReasoningSplitter:
    """Feed it pieces; it hands back (kind, text). A mark that is split over pieces is put together again."""

    thinking: bool = False
    """True when the template has already opened the block, as some models' templates do."""
    _pending: str = field(default="", repr=False)

    def feed(self, piece: str) -> Iterator[tuple[Kind, str]]:
        self._pending += piece
        while True:
            mark = CLOSE if self.thinking else OPEN
            before, found, after = self._pending.partition(mark)
            if not found:
                break
            if before:
                yield self._kind, before
            self.thinking = not self.thinking
            self._pending = after.lstrip("\n")
        ready = len(self._pending) - held_back(self._pending, (CLOSE if self.thinking else OPEN,))
        if ready:
            yield self._kind, self._pending[:ready]
            self._pending = self._pending[ready:]

    def end(self) -> Iterator[tuple[Kind, str]]:
        """What was held back, once no more is to come."""
        if self._pending:
            yield self._kind, self._pending
            self._pending = ""

    @property
    def _kind(self) -> Kind:
        return "reasoning" if self.thinking else "answer"


@dataclass
class StopStrings:
    """Ends a reply at the first stop string, also one that is split over pieces."""

    marks: tuple[str, ...]
    stopped: bool = False
    _pending: str = field(default="", repr=False)

    def feed(self, piece: str) -> str:
        """The text that may be shown. Once `stopped`, nothing more may."""
        if self.stopped:
            return ""
        self._pending += piece
        cuts = [at for at in (self._pending.find(mark) for mark in self.marks) if at >= 0]
        if cuts:
            self.stopped = True
            shown, self._pending = self._pending[: min(cuts)], ""
            return shown
        ready = len(self._pending) - held_back(self._pending, self.marks)
        shown, self._pending = self._pending[:ready], self._pending[ready:]
        return shown

    def end(self) -> str:
        shown, self._pending = ("" if self.stopped else self._pending), ""
        return shown
