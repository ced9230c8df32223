"""What kind of thing is asked, and which rules hold then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.refinement import apply_edit, in_force, retrieve_prompt
from assistant.topics import ALL, BY_NAME, NAMES, SCOPES, TOPICS, holds_for, name_of, topic_of
from memory import Edit, Rule

LABELLED = {
    "facts": (
        "Who wrote Middlemarch?",
        "How far away is the moon?",
        "When did the Berlin wall fall?",
        "Explain how vaccines work",
        "What does 'ubiquitous' mean?",
        "Write a python function that sorts a list",
        "Summarise this article for me",
        "Why is the sky blue?",
        "Convert 30 miles to kilometres",
        "Is a tomato a fruit?",
        "list the planets",
        "Please draft a letter to my landlord",
        "How many people live in Oslo?",
        "Which river runs through Cairo?",
    ),
    "advice": (
        "Should I take the job in Leeds?",
        "How can I get better at chess?",
        "Any tips for a first marathon?",
        "What should we cook tonight?",
        "Is it worth buying a bike?",
        "How do I tell my boss that I quit?",
        "Help me choose a present for my sister",
        "What would you do if you were me?",
        "I need some advice about my flatmate",
        "Suggest a name for my boat",
    ),
    "assistant": (
        "What are you?",
        "Do you sleep?",
        "Can you see my files?",
        "Are you listening to me all the time?",
        "Do you have feelings?",
        "Where do you keep what I say?",
        "Which languages do you speak?",
        "Have you got a favourite colour?",
    ),
    "talk": (
        "My cat knocked over the plant again",
        "I am nervous about tomorrow",
        "We finally moved in!",
        "good afternoon",
        "The concert was amazing",
        "ugh, what a week",
        "I miss my brother",
        "Hey there, long day",
        "I just finished my thesis",
        "Thank you so much",
        "See you tomorrow",
        "I think I caught a cold",
    ),
}


def test_most_messages_in_words_that_the_rules_were_not_written_for_find_their_topic() -> None:
    wrong = [(text, topic_of(text)) for topic, texts in LABELLED.items() for text in texts if topic_of(text) != topic]
    assert len(wrong) <= 0.15 * sum(len(texts) for texts in LABELLED.values()), wrong


@given(st.text(max_size=80))
def test_every_message_has_one_topic(text: str) -> None:
    assert topic_of(text) in TOPICS


def test_a_set_of_topics_has_a_name_of_its_own_and_all_of_them_have_none() -> None:
    assert name_of(ALL) == ""
    assert len(BY_NAME) == len(SCOPES) == 2 ** len(TOPICS) - 2
    assert all(BY_NAME[name_of(scope)] == scope for scope in SCOPES)


def test_a_rule_holds_for_its_topics_alone() -> None:
    assert holds_for("", "Why is the sky blue?")
    assert holds_for(NAMES["facts"], "Why is the sky blue?")
    assert not holds_for(NAMES["facts"], "I am sad")
    assert holds_for("code, python", "I am sad") is False
    assert holds_for("python", "Is Python slow?") and not holds_for("python", "Is tea slow?")


GENERAL = Rule(id="1", text="Give more detail.")
FOR_FACTS = Rule(id="2", text="Keep answers short.", topic=NAMES["facts"])


@pytest.mark.parametrize("rules", [(GENERAL, FOR_FACTS), (FOR_FACTS, GENERAL)])
def test_the_rule_for_a_topic_wins_there_over_a_general_one(rules: tuple[Rule, ...]) -> None:
    assert in_force(rules, "Why is the sky blue?") == ("Keep answers short.",)
    assert in_force(rules, "I am sad") == ("Give more detail.",)
    assert in_force(rules) == ("Give more detail.",)


def test_of_two_rules_for_one_topic_the_newer_holds_and_a_locked_one_always() -> None:
    old = Rule(id="1", text="Give more detail.", topic=NAMES["facts"])
    assert in_force((old, FOR_FACTS), "Why is the sky blue?") == ("Keep answers short.",)
    locked = Rule(id="1", text="Give more detail.", locked=True)
    assert in_force((locked, FOR_FACTS), "Why is the sky blue?") == ("Give more detail.",)
    assert retrieve_prompt((Rule(id="3", text="Use emoji.", enabled=False),), "Hi") == ()


def test_a_rule_for_a_topic_stands_beside_a_general_one_and_a_new_general_one_takes_the_place_of_both() -> None:
    both = apply_edit((GENERAL,), Edit(kind="add", text="Keep answers short.", topic=NAMES["facts"]))
    assert [(r.text, r.topic) for r in both] == [("Give more detail.", ""), ("Keep answers short.", NAMES["facts"])]
    alone = apply_edit(both, Edit(kind="add", text="Answer in one sentence."))
    assert [r.text for r in alone] == ["Answer in one sentence."]
    split = apply_edit((GENERAL,), Edit(kind="split", target=GENERAL.text, topic=NAMES["talk"]))
    assert in_force(split, "I am sad") == ("Give more detail.",) and in_force(split, "Why is the sky blue?") == ()


# --- personas ---------------------------------------------------------------------------------------------------------


def test_a_rule_of_one_persona_holds_with_it_alone_and_wins_there() -> None:
    own = Rule(id="4", text="Answer in one sentence.", persona="max")
    rules = (own, GENERAL)
    assert in_force(rules, "I am sad", "max") == ("Answer in one sentence.",)
    assert in_force(rules, "I am sad", "nova") == in_force(rules, "I am sad") == ("Give more detail.",)
    assert in_force(rules, None, "max") == ("Answer in one sentence.", "Give more detail.")


def test_what_is_learnt_for_all_leaves_the_rules_of_a_persona_alone() -> None:
    own = Rule(id="4", text="Answer in one sentence.", persona="max")
    rules = apply_edit((own,), Edit(kind="add", text="Give more detail."))
    assert [r.text for r in rules] == ["Answer in one sentence.", "Give more detail."]
    same = apply_edit((own,), Edit(kind="add", text="Answer in one sentence."))
    assert [(r.text, r.persona) for r in same] == [(own.text, "max"), (own.text, "")]
