"""The model file that ships: its metadata, its tokenizer, and that it does the least that is asked of it."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from assistant.prompt import PromptMessage, block_text, system_text, user_text
from personas.persona import Persona
from training import lexicon
from training.dialogues import dialogue
from training.evaluate import ReplyModel
from training.export import tokenizer_of
from training.tokens import render
from training.values import Values

MODEL = Path(__file__).parent.parent / "assistant" / "builtin" / "attune-mini.gguf"
GLOBAL_RULES = "Answer from what you know about the user. If you do not know, say so."
NOVA = Persona(name="Nova", description="", system_prompt="A warm and curious companion.")


@pytest.fixture(scope="module")
def model() -> ReplyModel:
    return ReplyModel(MODEL)


def ask(model, text, *, profile=(), memories=(), rules=()):
    system = system_text(NOVA, GLOBAL_RULES, rules=rules, profile=profile)
    user = user_text(block_text(date(2026, 11, 21), memories), text)
    return model.reply([{"role": "system", "content": system}, {"role": "user", "content": user}])[0]


def test_the_file_says_what_it_is(model):
    metadata = model.metadata
    assert metadata["general.name"] == "Attune Mini" and metadata["general.license"] == "Apache-2.0"
    assert metadata["general.architecture"] == "qwen2" and metadata["qwen2.context_length"] == "4096"
    assert "add_generation_prompt" in metadata["tokenizer.chat_template"]
    assert MODEL.stat().st_size < 60e6


def test_llama_cpp_cuts_text_into_the_tokens_it_was_trained_on(model):
    tokenizer = tokenizer_of(MODEL)
    rng, values = random.Random(0), Values()
    strings = [render([m]) for _ in range(250) for m in dialogue(rng, values, turns=2, facts=4)]
    strings += [
        values.made_up(rng) + rng.choice(("", " ", "\n", "!? ", "'s ")) + rng.choice(lexicon.PLACES)
        for _ in range(4400)
    ]
    strings += [
        "".join(chr(rng.choice((rng.randint(32, 126), rng.randint(160, 0x2FFF)))) for _ in range(12))
        for _ in range(4400)
    ]
    strings += [
        "naïve café",
        "Łódź",
        "東京",
        "🙂 🐾",
        "a  b   c",
        "1234567 x9",
        "\tx\n\n y",
        "it's I'm you'LL",
        "مرحبا",
    ]
    assert len(strings) >= 10_000
    for text in strings:
        assert model.tokens_of(text) == tokenizer.encode(text).ids, text


@pytest.mark.parametrize("pet", ["Pemba", "Quibble", "Sprocket"])
def test_it_knows_the_name_of_a_dog_it_never_heard_of(model, pet):
    facts = [f"The user's dog is called {pet}.", "The user's name is Solveig."]
    memories = [f"The user's dog is called {pet}. (since 3 May 2026)"]
    assert pet in ask(model, "What is my dog called?", profile=facts, memories=memories)


@pytest.mark.parametrize("city", ["Trondheim", "Gdansk"])
def test_it_knows_where_the_user_lives(model, city):
    facts = [f"The user lives in {city}.", "The user works as a nurse."]
    assert city in ask(model, "Where do I live?", profile=facts)


def test_it_says_so_when_it_does_not_know(model):
    reply = ask(model, "What is my sister called?", profile=["The user lives in Oslo."]).lower()
    assert "haven't told" in reply or "don't know" in reply


@pytest.mark.parametrize("text", ["Write a poem about the sea", "What is the capital of Peru?"])
def test_it_admits_what_is_beyond_it(model, text):
    assert "small built-in model" in ask(model, text, profile=["The user lives in Oslo."])


def test_a_rule_for_short_answers_makes_them_shorter(model):
    questions = ("How are you today?", "What can you do?", "Where do I live?", "Who are you?", "I had a bad day")
    profile = ["The user lives in Oslo."]
    usual = sum(len(ask(model, q, profile=profile)) for q in questions)
    short = sum(len(ask(model, q, profile=profile, rules=("Keep answers short.",))) for q in questions)
    assert short < 0.75 * usual


def test_the_template_in_the_file_is_the_one_of_training(model):
    messages = [PromptMessage(role="system", content="You are Nova."), PromptMessage(role="user", content="Hello")]
    assert model.rendered([{"role": m.role, "content": m.content} for m in messages]) == render(messages, ask=True)
