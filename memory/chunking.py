"""Cuts long messages into pieces that the encoder reads whole. Pure: text and a token counter in, pieces out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

OVERLAP_SHARE = 0.25
"""A piece begins with the last sentence of the one before, if that takes no more than this share of it."""
MAX_CHUNKS = 64
"""About 11,000 words. What a longer paste says after that is found by its words alone."""
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+|\n+")


def chunks(text: str, *, count: Callable[[str], int], limit: int) -> list[str]:
    """Pieces of `text` of at most `limit` tokens, cut at sentence ends where there are any, with runs of white space
    made one space. Neighbouring pieces overlap by a sentence. At most `MAX_CHUNKS`; none for a text of white space.

    Args:
        count: how many tokens the encoder makes of a text, the marks it puts around it left out. A text never has more
            tokens than characters.
    """
    whole = " ".join(text.split())
    if not whole:
        return []
    if len(whole) <= limit or count(whole) <= limit:
        return [whole]
    pieces: list[str] = []
    piece: list[str] = []
    size = 0
    for sentence in _fitting(text, count, limit):
        tokens = count(sentence)
        if size + tokens > limit:
            pieces.append(" ".join(piece))
            last = piece[-1]
            carried = count(last)
            fits = carried <= OVERLAP_SHARE * limit and carried + tokens <= limit
            piece, size = ([last], carried) if fits else ([], 0)
            if len(pieces) == MAX_CHUNKS:
                return pieces
        piece.append(sentence)
        size += tokens
    if piece:
        pieces.append(" ".join(piece))
    return pieces


def _fitting(text: str, count: Callable[[str], int], limit: int) -> Iterator[str]:
    """The sentences, one after the other; one that is too long is halved at a space, or where there is none, anywhere."""
    for sentence in _SENTENCE_END.split(text):
        waiting = [" ".join(sentence.split())]
        while waiting:
            part = waiting.pop()
            if len(part) <= limit or count(part) <= limit:
                if part:
                    yield part
                continue
            middle = part.rfind(" ", 0, len(part) // 2 + 1)
            middle = middle if middle > 0 else len(part) // 2
            waiting += [part[middle:].strip(), part[:middle].strip()]
