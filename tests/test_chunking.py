"""Long messages are cut where sentences end, whole and in order; nothing is longer than the encoder reads."""

import re

from hypothesis import given
from hypothesis import strategies as st

from memory.chunking import MAX_CHUNKS, chunks


def count(text: str) -> int:
    return len(re.findall(r"\w+", text))


def test_what_fits_stays_whole_with_its_white_space_evened_out() -> None:
    assert chunks("One  two.\nThree.", count=count, limit=5) == ["One two. Three."]
    assert chunks(" \n ", count=count, limit=5) == []


def test_pieces_end_where_sentences_end_and_overlap_by_a_short_one() -> None:
    text = "We sailed north for nine days. It rained. Then the mast broke in the night! Nobody slept. We drifted."
    assert chunks(text, count=count, limit=12) == [
        "We sailed north for nine days. It rained.",
        "It rained. Then the mast broke in the night! Nobody slept.",
        "Nobody slept. We drifted.",
    ]


def test_a_sentence_without_an_end_is_cut_between_words_and_a_word_without_an_end_anywhere() -> None:
    pieces = chunks(" ".join(f"w{n}" for n in range(100)), count=count, limit=10)
    assert max(map(count, pieces)) <= 10
    assert " ".join(pieces).split() == [f"w{n}" for n in range(100)]
    assert "".join(chunks("x" * 100, count=len, limit=30)) == "x" * 100


def test_a_pasted_book_is_embedded_in_part() -> None:
    assert len(chunks("Call me Ishmael. " * 20_000, count=count, limit=10)) == MAX_CHUNKS


sentences = st.lists(st.text("ab. !?\n漢", max_size=30), max_size=30).map(" ".join)


@given(sentences, st.integers(1, 12))
def test_no_piece_is_too_long_and_nothing_is_left_out(text: str, limit: int) -> None:
    pieces = chunks(text, count=len, limit=limit)
    assert all(0 < len(piece) <= max(limit, 1) or " " in piece for piece in pieces)
    if len(pieces) < MAX_CHUNKS:
        joined = "".join(pieces)
        assert set(re.findall(r"\S", text)) == set(re.findall(r"\S", joined))
