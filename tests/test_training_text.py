"""The text the built-in model learns from: small talk, dates that decide, lines that answer nothing, the app's tasks."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import datetime

import pytest
import torch

from assistant import wording
from assistant.grounding import inventions
from assistant.refinement import PROPOSE
from training import background, phrases, skills, talk
from training.batches import DialogueBatches, copying_batch
from training.cases import heldout
from training.config import CONFIGS
from training.dialogues import dialogue
from training.model import IGNORED, document_mask
from training.scene import ASIDES, aside
from training.tokens import learn_tokenizer
from training.tokens import render as render_chat
from training.values import Values

LONG_DATE = re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}")


@pytest.fixture(scope="module")
def values() -> Values:
    return Values()


def day(text: str) -> datetime:
    return datetime.strptime(text, "%d %B %Y")


def test_every_exchange_has_many_ways_to_say_it_and_several_replies_in_whole_sentences():
    entries = phrases.exchanges()
    assert len(entries) > 250
    for entry in entries:
        assert set(entry) == {"weight", "said", "replies"} and entry["weight"] > 0
        assert len(entry["said"]) >= 10 and len(entry["replies"]) >= 4, entry["said"][0]
        for reply in entry["replies"]:
            assert set(reply) == {"core", "brief"} and reply["core"]
            for text in (*reply["core"], reply["brief"]):
                assert text[-1] in ".!?" and "[" not in text and "{" not in text.replace("{p}", ""), text


def test_no_exchange_holds_a_word_of_the_case_files():
    barred = heldout.words()
    for entry in phrases.exchanges():
        replies = [text for reply in entry["replies"] for text in (*reply["core"], reply["brief"])]
        for text in [whole for said in entry["said"] for whole in phrases.spelt_out(said)] + replies:
            assert not barred & set(re.findall(r"[a-z]+", text.lower())), text


def test_small_talk_comes_from_the_exchanges_that_are_written_as_data_too():
    written = {text for entry in phrases.exchanges() for reply in entry["replies"] for text in reply["core"]}
    rng = random.Random(0)
    core = [talk.small_talk(rng, "{p}")[1].core[0] for _ in range(300)]
    assert 0.5 < sum(first in written for first in core) / len(core) < 1


def test_which_of_two_dates_is_later_is_answered_right():
    rng = random.Random(0)
    for _ in range(500):
        asked, reply = skills.dates(rng)
        dates = sorted(LONG_DATE.findall(asked), key=day)
        answer, word = re.fullmatch(rf"({LONG_DATE.pattern}) is (later|earlier)\.", reply.core[0]).groups()
        assert len(dates) == 2 and answer == dates[word == "later"], asked


def test_where_only_dates_decide_the_newest_value_is_the_answer(values):
    rng = random.Random(3)
    asked = 0
    for _ in range(150):
        messages = dialogue(rng, values, turns=6, facts=4, kind="dated")
        for user, reply in zip(messages[1::2], messages[2::2], strict=True):
            lines = re.findall(
                rf"^- The user's (.*) is called (.*)\. \(since ({LONG_DATE.pattern})\)$", user.content, re.M
            )
            for kind in {kind for kind, _, _ in lines}:
                rows = {(value, since) for of, value, since in lines if of == kind}
                if len({value for value, _ in rows}) > 1 and f"r {kind} is called" in reply.content:
                    assert max(rows, key=lambda row: day(row[1]))[0] in reply.content, user
                    asked += 1
    assert asked > 5


def test_two_that_hold_stand_in_the_profile_so_that_of_two_dated_lines_the_newer_one_holds(values):
    rng = random.Random(1)
    several = 0
    for _ in range(300):
        messages = dialogue(rng, values, turns=4, facts=9, kind="dense")
        profile = messages[0].content
        for reply in messages[2::2]:
            if found := re.search(r"[Yy]ou are allergic to ([^.]+?) and ([^.]+?)\.", reply.content):
                assert all(f"allergic to {value}." in profile for value in found.groups()), reply
                several += 1
    assert several


def test_what_was_told_is_asked_for_far_from_where_it_was_told(values, monkeypatch):
    """Casual English stands between, longer than a short dialogue, and no reply in it is learnt from."""
    rng = random.Random(4)
    tokenizer = learn_tokenizer(
        (render_chat(dialogue(rng, values, turns=9, facts=4, kind="far")) for _ in range(30)), vocabulary=600
    )
    monkeypatch.setattr(values, "turns", [["I saw a heron", "Where was that?", "By the pond", "How lovely"]] * 3)
    config = replace(CONFIGS["mend"], row_shapes=((1, 3000),), prompt_share=0.0)
    batches = DialogueBatches(rng, values, tokenizer, config)
    texts = []
    for _ in range(12):
        ids, targets = batches._far()
        assert len(ids) == len(targets) and len(ids) < 3400
        learnt = tokenizer.decode([t for t in targets if t != IGNORED])
        assert "heron" not in learnt and "pond" not in learnt and "Where was that" not in learnt
        texts.append(tokenizer.decode(ids, skip_special_tokens=False))
    assert all("I saw a heron" in text and "Where was that?" in text for text in texts)
    far = [
        after
        for before, _, after in (text.partition("I saw a heron") for text in texts)
        for value in re.findall(r"Your \w+ is called (.+?)\.<", after.rpartition("How lovely")[2])
        if value in before and value not in after.partition("How lovely")[0]
    ]
    assert len(far) > 3


def test_a_busy_dialogue_is_busy_in_every_turn(values):
    def lines_a_turn(kind):
        rng = random.Random(2)
        asked = [m.content for _ in range(60) for m in dialogue(rng, values, turns=4, facts=8, kind=kind)[3::2]]
        return sum(text.count("\n- ") for text in asked) / len(asked)

    assert lines_a_turn("busy") > 1.5 * lines_a_turn("plain")


def test_lines_about_who_the_user_is_and_what_others_do_stand_in_some_profiles(values):
    rng = random.Random(0)
    drawn = {aside(rng, values) for _ in range(400)}
    assert set(ASIDES) & drawn and any(re.fullmatch(r"The user's \w+ works as a .*\.", line) for line in drawn)
    with_one = sum(
        any(line in dialogue(rng, values, turns=1, facts=2)[0].content for line in ASIDES) for _ in range(300)
    )
    assert 5 < with_one < 150


def test_sentences_of_fewer_facts_check_out_as_the_app_checks_them(values):
    rng = random.Random(0)
    for _ in range(200):
        system, user, reply = background.wording(rng, values)
        facts = [line.partition(". ")[2] for line in user.content.split("\n")]
        read = wording.Sentences.model_validate_json(reply.content)
        told = [(s.text.strip(), [n - 1 for n in s.facts]) for s in read.sentences]
        assert system.content == background.WORDING_TASK and wording.checks_out(told, facts), reply


def test_a_summary_invents_nothing_and_keeps_to_its_length(values):
    rng = random.Random(0)
    invented = 0
    for _ in range(200):
        _system, user, reply = background.summary(rng, values)
        assert len(reply.content.split()) <= background.MAX_SUMMARY_WORDS
        invented += bool(inventions(reply.content, [user.content]))
    assert invented <= 2, "The app would throw these away."


def test_proposed_edits_are_in_the_words_that_the_app_reads(values):
    rng = random.Random(0)
    for _ in range(100):
        system, user, reply = background.edits(rng, values)
        assert system.content == PROPOSE.format(n=3)
        for change in json.loads(reply.content)["changes"]:
            assert change["kind"] in ("add", "rewrite", "drop", "split")
            numbers = {int(n) for n in re.findall(r"^(\d+)\. Asked:", user.content, re.M)}
            assert change["answers"] and set(change["answers"]) <= numbers, user


def test_copies_side_by_side_see_nothing_of_each_other():
    batch = copying_batch(random.Random(0), vocabulary=320, shape=(6, 32))
    packed = batch.side_by_side(3)
    assert packed.tokens.shape == (2, 96) and packed.documents is not None
    assert torch.equal(packed.tokens.view(6, 32), batch.tokens) and torch.equal(
        packed.targets.view(6, 32), batch.targets
    )
    mask = document_mask(packed.documents)[0, 0]
    assert not mask[32:64, :32].any() and mask[40, 32:41].all()


def test_a_card_is_told_where_documents_begin():
    starts = document_mask(torch.tensor([[0, 0, 1, 1], [1, 1, 1, 2]]), "cpu:0")
    assert starts.tolist() == [0, 2, 4, 7, 8] and starts.dtype == torch.int32
