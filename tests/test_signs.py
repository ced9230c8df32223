"""What can be seen of a style."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.catalogue import BY_TEXT
from assistant.signs import BOUNDS, REACH, SIGNS, bounds_of, reach_of, sign_of
from memory import Edit


def add(rule: str, text: str) -> float:
    value = sign_of(Edit(kind="add", text=rule), text)
    assert value is not None
    return value


def test_every_sign_belongs_to_a_rule_of_the_catalogue() -> None:
    assert set(SIGNS) <= set(BY_TEXT)


def test_what_can_be_seen_may_be_liked_from_some_bound_on() -> None:
    assert set(BOUNDS) == set(SIGNS) and all(BOUNDS.values())
    assert bounds_of(Edit(kind="drop", target="Use emoji.")) == (-0.5,)
    assert bounds_of(Edit(kind="add", text="Answer in plain words.")) == ()
    assert bounds_of(Edit(kind="add", text="Use emoji.", topic="talk")) == ()


def test_only_of_lengths_some_bounds_are_likelier_than_others() -> None:
    assert set(REACH) <= set(SIGNS)
    assert reach_of(Edit(kind="add", text="Keep answers short.")) == reach_of(
        Edit(kind="drop", target="Give more detail.")
    )
    assert reach_of(Edit(kind="add", text="Use emoji.")) == float("inf")


def test_an_answer_of_its_kind_shows_it() -> None:
    pairs = {
        "Keep answers short.": ("Yes.", "Yes, and there is much more to say about it."),
        "Give more detail.": ("Yes, and there is much more to say about it.", "Yes."),
        "Answer in one sentence.": ("It is blue.", "It is blue. It is wide."),
        "Use numbered lists.": ("1. Milk\n2. Bread", "Milk and bread."),
        "Answer in bullets.": ("- Milk\n- Bread", "Milk and bread."),
        "Use a formal tone.": ("I do not know.", "I don't know!"),
        "Use a warm, friendly tone.": ("How lovely!", "Noted."),
        "Do not use emoji.": ("Good.", "Good 🙂"),
        "Use emoji.": ("Good 🙂", "Good."),
        "Do not use exclamation marks.": ("Good.", "Good!"),
        "End with a question.": ("Good. And you? 🙂", "Good? Yes."),
        'Begin every answer with "Hello".': ("Hello! It is blue.", "It is blue. Hello."),
    }
    assert set(pairs) == set(SIGNS)
    for rule, (kind, other) in pairs.items():
        assert add(rule, kind) > add(rule, other), rule


@given(st.text(max_size=80), st.sampled_from(sorted(SIGNS)))
def test_dropping_a_rule_looks_like_its_opposite(text: str, rule: str) -> None:
    assert sign_of(Edit(kind="drop", target=rule), text) == -add(rule, text)


def test_what_cannot_be_seen_is_not_guessed() -> None:
    assert sign_of(Edit(kind="add", text="Answer in plain words."), "Yes.") is None
    assert sign_of(Edit(kind="add", text="Be like Wodehouse."), "Yes.") is None
    assert sign_of(Edit(kind="add", text="Use emoji.", topic="cooking"), "Yes 🙂") is None
