"""Thinking aloud and stop strings, in pieces of every size."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from assistant.reasoning import ReasoningSplitter, StopStrings

TEXT = "<think>He means the dog.</think>\n\nYour dog is called Pemba. 1 < 2"


def split(pieces: list[str], *, thinking: bool = False) -> dict[str, str]:
    splitter, found = ReasoningSplitter(thinking=thinking), {"answer": "", "reasoning": ""}
    for piece in pieces:
        for kind, text in splitter.feed(piece):
            found[kind] += text
    for kind, text in splitter.end():
        found[kind] += text
    return found


@given(st.lists(st.integers(1, len(TEXT) - 1), max_size=12))
def test_the_split_does_not_depend_on_where_the_pieces_end(cuts: list[int]) -> None:
    edges = [0, *sorted(set(cuts)), len(TEXT)]
    found = split([TEXT[a:b] for a, b in itertools.pairwise(edges)])
    assert found["reasoning"] == "He means the dog."
    assert found["answer"].strip() == "Your dog is called Pemba. 1 < 2"


def test_a_template_that_opens_the_block_itself_is_followed() -> None:
    assert split(["I see.</think>Yes."], thinking=True) == {"reasoning": "I see.", "answer": "Yes."}


def test_a_block_that_never_ends_is_all_reasoning() -> None:
    assert split(["<think>on and on"]) == {"reasoning": "on and on", "answer": ""}


@given(st.text(alphabet="abS", max_size=30), st.lists(st.integers(1, 29), max_size=8))
def test_nothing_after_a_stop_string_is_shown(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(c for c in cuts if c < len(text))})
    stops = StopStrings(marks=("SaS", "bb"))
    shown = "".join(stops.feed(text[a:b]) for a, b in itertools.pairwise(edges)) + stops.end()
    ends = [at for at in (text.find("SaS"), text.find("bb")) if at >= 0]
    assert shown == text[: min(ends, default=len(text))]
