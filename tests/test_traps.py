"""The traps of learning from thumbs, through real replies, ratings and runs: off-policy, facts, leakage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from langchain_core.messages import BaseMessage

from assistant import Assistant, Settings, open_assistant
from assistant.catalogue import FACT_REASONS
from assistant.refinement import apply_edit
from assistant.refiner import _Run
from memory import Edit, MemoryManager, Rule, open_memory
from tests.fakes import HashEmbeddings
from tests.test_refiner import FOLLOWS, LISTS, LONG, SHORT, KnownLikelihoods, make, rate

Rating = tuple[str, int, tuple[str, ...]]
"""(answer, thumb, reasons)"""

answers = st.sampled_from([SHORT, LONG, LISTS])
thumbs = st.sampled_from([1, -1])
about_style: st.SearchStrategy[Rating] = st.tuples(answers, thumbs, st.sampled_from([(), ("too long",), ("tone",)]))
about_facts: st.SearchStrategy[Rating] = st.tuples(
    answers, thumbs, st.lists(st.sampled_from(sorted(FACT_REASONS)), min_size=1, unique=True).map(tuple)
)


def learnt(rated: Sequence[Rating]) -> Any:
    """What a life of ratings leaves: standings, the score of a rule, and the rules."""
    with (
        TemporaryDirectory() as home,
        open_memory(Path(home), embeddings=HashEmbeddings(), start_worker=False) as memory,
    ):
        loop = make(memory, Settings(home=Path(home), trials=False), KnownLikelihoods())
        for text, thumb, reasons in rated:
            rate(memory, text, thumb, *reasons)
            loop.run()
        short = apply_edit((), Edit(kind="add", text="Keep answers short."))
        score = _Run(loop, None, None).score_of(short, base=())
        standings = [(s.candidate.edit, s.candidate.batch, s.scoped, s.ratings) for s in loop.standings()]
        return standings, (score.score, score.low, score.high, score.n), [rule.text for rule in loop.current_rules()]


@hypothesis_settings(max_examples=6, deadline=None)
@given(st.lists(about_style, min_size=1, max_size=6), st.data())
def test_an_example_rated_for_its_facts_changes_nothing(styles: list[Rating], data: st.DataObject) -> None:
    mixed = list(styles)
    for fact in data.draw(st.lists(about_facts, min_size=1, max_size=4)):
        mixed.insert(data.draw(st.integers(0, len(mixed))), fact)
    assert learnt(mixed) == learnt(styles)


def answer_to(assistant: Assistant, text: str) -> str:
    """Ask, and return the identifier of the reply."""
    *_, last = assistant.respond(text)
    return str(last.message_id)  # type: ignore[union-attr]


def in_force(memory: MemoryManager, text: str) -> str:
    """Put one rule in force; returns the version's identifier."""
    rules = [Rule(id=text, text=text, evidence=("e",))]
    return memory.add_prompt_version(parent_id=None, rules=rules, state="accepted", reason="").id


def test_an_answer_keeps_the_model_and_the_rules_that_it_was_written_with(
    settings: Settings, memory: MemoryManager
) -> None:
    settings.trials, settings.refine = False, "off"
    with open_assistant(settings, chat_model=KnownLikelihoods(replies=[LONG]), memory=memory) as assistant:
        before = answer_to(assistant, "What is a fjord?")
        first = in_force(memory, "Give more detail.")
        between = answer_to(assistant, "What is a lake?")
        second = in_force(memory, "Keep answers short.")
        assistant.rate(before, -1)
        assistant.rate(between, 1)
        assistant.refiner.run()
        written = [memory.get_message(message_id) for message_id in (before, between)]
        assert [(m.model, m.prompt_version_id) for m in written] == [("scripted", None), ("scripted", first)]
        scored = memory.store.rows("SELECT DISTINCT message_id, model, base_version_id FROM prompt_scores")
        assert sorted((row["message_id"], row["model"], row["base_version_id"]) for row in scored) == sorted(
            (message_id, "scripted", second) for message_id in (before, between)
        )
        rows = [row for row in assistant.preference_rows() if row.file == "kto"]
        assert [row.meta["prompt_version_id"] for row in rows] == ["", first]
        told = [row.row["prompt"][0]["content"] for row in rows]
        assert ["- Give more detail." in text for text in told] == [False, True]
        assert all("- Keep answers short." not in text for text in told)


@pytest.mark.parametrize(
    ("quoted", "made"),
    [("That is a long story and I will", False), ("That is a long story and I", True)],
    ids=["eight words", "seven words"],
)
def test_a_rule_that_quotes_an_answer_is_no_candidate_however_well_it_scores(
    settings: Settings, memory: MemoryManager, monkeypatch: pytest.MonkeyPatch, quoted: str, made: bool
) -> None:
    """It makes the liked answer likelier, cites it and passes the gate: only the quotation stands against it."""
    rule = f"Begin with: {quoted}."
    monkeypatch.setitem(FOLLOWS, rule, lambda text: text == LONG)
    proposal = json.dumps({"changes": [{"kind": "add", "text": rule, "target": "", "answers": [1, 2]}]})

    def reply(messages: Sequence[BaseMessage]) -> str:
        if "You improve the rules" in str(messages[0].content):
            return proposal
        if "You read one message" in str(messages[0].content):
            return '{"facts": []}'
        _block, _, question = str(messages[-1].content).rpartition("\n\n")
        return LONG if "fjord" in question else SHORT

    settings.trials, settings.refine = False, "off"
    model = KnownLikelihoods(replies=[reply], n_params=None)
    with open_assistant(settings, chat_model=model, memory=memory) as assistant:
        for _ in range(4):
            assistant.rate(answer_to(assistant, "What is a fjord?"), 1)
            assistant.rate(answer_to(assistant, "What is a lake?"), -1)
        assistant.refiner.run()
        assert any("You improve the rules" in str(heard[0].content) for heard in model.heard)
        assert [c.text for c in memory.refinements.candidates() if c.source == "model"] == [rule] * made
