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
from training import background, facts, lexicon, phrases, skills, talk
from training.batches import DialogueBatches, copying_batch
from training.cases import heldout, make
from training.config import CONFIGS
from training.dialogues import dialogue
from training.evaluate import read_cases
from training.model import IGNORED, document_mask
from training.scene import ASIDES, aside
from training.tasks import chatter
from training.tokens import learn_tokenizer
from training.tokens import render as render_chat
from training.values import Values

LONG_DATE = re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}")


@pytest.fixture(scope="module")
def values() -> Values:
    return Values()


def kept_cases():
    return read_cases([make.HERE / "recall_kept.jsonl"])


def day(text: str) -> datetime:
    return datetime.strptime(text, "%d %B %Y")


def test_every_exchange_has_many_ways_to_say_it_and_several_replies_in_whole_sentences():
    entries = phrases.exchanges()
    assert len(entries) > 400
    for entry in entries:
        assert set(entry) == {"weight", "said", "replies"} and entry["weight"] > 0
        assert len(entry["said"]) >= 8 and len(entry["replies"]) >= 4, entry["said"][0]
        assert sum(len(phrases.spelt_out(said)) for said in entry["said"]) > 15, entry["said"][0]
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


def test_every_kind_of_data_is_told_with_its_value_and_asked_for_without_in_words_of_no_case():
    barred, cases = (
        heldout.words(),
        {heldout.bare(case["messages"][-1]["content"].rpartition("\n\n")[2]) for case in kept_cases()},
    )
    for key in phrases.kinds():
        for word in ("sister", "eye test", "in May 2027"):
            told, asked = phrases.kind(key, "told", word), phrases.kind(key, "asked", word)
            assert min(len(told), len(asked)) >= 10 and all(form.count("{v}") == 1 for form in told), key
            assert not any("{" in form or " a eye" in form for form in asked), key
            spelt = {whole for form in (*told, *asked) for whole in phrases.spelt_out(form)}
            assert not any(barred & set(re.findall(r"[a-z]+", form.lower())) for form in spelt), key
            assert not cases & set(map(heldout.bare, spelt)), key


@pytest.mark.parametrize(
    "key", ["plans_asked", "pets_asked", "people_asked", "favourites_asked", "who_is", "who_is_known", "about_one"]
)
def test_a_question_for_several_things_or_for_who_is_meant_is_asked_in_many_ways_and_in_words_of_no_case(key):
    barred = heldout.words()
    cases = {heldout.bare(case["messages"][-1]["content"].rpartition("\n\n")[2]) for case in kept_cases()}
    spelt = {whole for form in phrases.of(key, "aunt") for whole in phrases.spelt_out(form)}
    assert len(spelt) > 14 and all(form.count("{v}") == key.startswith("who_is") for form in spelt), key
    assert not any(barred & set(re.findall(r"[a-z]+", form.lower())) for form in spelt), key
    assert not cases & {heldout.bare(form) for form in spelt}, key


def test_an_article_fits_the_word_after_it():
    text = "I'm a engineer, a one-off, a euphonium player and a nurse with a idea"
    assert phrases.with_articles(text) == "I'm an engineer, a one-off, a euphonium player and a nurse with an idea"
    assert phrases.with_articles("I have a aunt and a audition") == "I have an aunt and an audition"


def exchanges_of(values, kind, seed, count=200, facts=8):
    """(whole prompt before it, what the user says, reply) of many dialogues."""
    rng = random.Random(seed)
    for _ in range(count):
        messages = [m.content for m in dialogue(rng, values, turns=6, facts=facts, kind=kind)]
        for at in range(1, len(messages), 2):
            yield "\n".join(messages[: at + 1]), messages[at], messages[at + 1]


def test_two_of_a_kind_are_named_together_and_both_were_told(values):
    found = 0
    for prompt, _, reply in exchanges_of(values, "dense", 0, count=600):
        if names := re.search(r"[Yy]our (\w+) are called (.+?) and (.+?)[.,]", reply):
            found += 1
            assert names[1] in lexicon.MANY.values() and names[2] in prompt and names[3] in prompt, (prompt, reply)
    assert found > 5


def test_a_pet_may_be_asked_for_by_another_word_and_is_named_by_its_own(values, monkeypatch):
    pets = [kind for kind in facts.KINDS if kind.name in lexicon.OTHER_WORDS and kind.attribute.startswith("pet:")]
    monkeypatch.setattr(facts, "draw_kind", lambda rng, *, common_share: rng.choice(pets))
    found = 0
    for _, asked, reply in exchanges_of(values, "dense", 1, facts=2):
        question = asked.rpartition("\n\n")[2].lower()
        if (pet := re.search(r"[Yy]our (goldfish|parrot|budgie|canary|kitten|puppy) is called", reply)) and (
            pet[1] not in question and re.search(rf"\b{lexicon.OTHER_WORDS[pet[1]][0]}\b", question)
        ):
            found += 1
    assert found > 5


def test_who_somebody_is_follows_from_their_name(values):
    found = 0
    for prompt, asked, reply in exchanges_of(values, "dense", 2, count=300):
        if named := re.search(r"^([A-Z]\w+) is your (\w+)\.", reply):
            found += 1
            assert named[1] in asked and named[2] in prompt, (prompt, reply)
    assert found > 5


def test_no_plan_has_another_day_beside_its_own(values):
    lines = [line for prompt, _, _ in exchanges_of(values, "busy", 3) for line in prompt.split("\n")]
    plans = [
        line
        for line in lines
        if re.match(r"- The user('s| has| is going)", line) and re.search(r" on \d+ \w+ \d{4}", line)
    ]
    assert len(plans) > 20 and not any("(since" in line for line in plans)


def test_what_stands_in_the_summary_of_a_conversation_is_asked_for(values):
    found = 0
    for prompt, _, reply in exchanges_of(values, "plain", 4, count=500, facts=5):
        if "Earlier in this conversation:" not in prompt or not (value := re.search(r"is called (.+?)\.", reply)):
            continue
        summary = prompt.partition("Earlier in this conversation:")[2].partition("\n\n")[0]
        found += value[1] in summary and prompt.count(value[1]) == summary.count(value[1])
    assert found


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


def test_lists_plans_and_summaries_are_made_of_the_words_that_were_given(values):
    rng = random.Random(0)
    made = 0
    for _ in range(500):
        asked, reply = skills.skill(rng, values)
        items = re.findall(rf"^- (?:(?:{'|'.join(skills.TIMES)}): )?(.+)$", reply.text, re.M)
        assert all(item in asked for item in items), asked
        made += len(items) > 1
    assert made > 200


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
            if found := re.search(r"[Yy]ou are allergic to ([^.,]+?) and (?!you)([^.,]+?)\.", reply.content):
                told = [
                    re.search(rf"(allergic|an allergy) to {re.escape(value)}\.", profile) for value in found.groups()
                ]
                assert all(told), reply
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
    # Of twelve, some fill their row by themselves.
    assert sum("I saw a heron" in text and "Where was that?" in text for text in texts) > 8
    far = [
        after
        for before, _, after in (text.partition("I saw a heron") for text in texts)
        for value in re.findall(r"Your \w+ is called (.+?)\.<", after.rpartition("How lovely")[2])
        if value in before and value not in after.partition("How lovely")[0]
    ]
    assert len(far) > 3


def test_casual_english_is_never_empty_whatever_words_are_barred_from_it(values, monkeypatch):
    """An empty one would make its row longer than the others, and end a run of hours."""
    monkeypatch.setattr(values, "turns", [["I met Pemba"] * 4, ["I met Pemba", "And how was it?"]])
    rng = random.Random(0)
    assert all([m.content for m in chatter(values, rng)] == ["And how was it?"] for _ in range(30))


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
