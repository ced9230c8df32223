"""Extraction, as the app asks for it under its own prompt, and casual English. Other tasks: `training.background`."""

from __future__ import annotations

import json
import random
from importlib.resources import files

from assistant.prompt import PromptMessage, user_text
from training import phrases, remarks, talk
from training.acts import question_for
from training.facts import Fact, draw_fact, draw_kind
from training.replies import noisy
from training.scene import told_in_passing
from training.values import Values


def task_prompt(name: str) -> str:
    """The app's own prompt for a task."""
    return (files("assistant") / "prompts" / f"{name}.txt").read_text(encoding="utf-8")


def answered_task(task: str, text: str, answer: str) -> list[PromptMessage]:
    """A task of the app, what it is given, and the answer."""
    return [
        PromptMessage(role="system", content=task),
        PromptMessage(role="user", content=text),
        PromptMessage(role="assistant", content=answer),
    ]


EXTRACTION_TASK = task_prompt("extract")
UNREAL = (
    "If I had a {k}, it would be called {v}.",
    "Imagine that I live in {v}.",
    'My colleague said "I work in {v}".',
    "I wonder where {v} lives.",
    "Suppose my name were {v}.",
    "Maybe we should move to {v}.",
    "I dreamt that I had a {k} named {v}.",
    "The book is about a {k} called {v}.",
    "I wish I lived in {v}.",
    "Have you ever been to {v}?",
    "Do you like the name {v}?",
    "Who is {v}?",
    "Tell me about {v}",
    "{v} was in the news.",
    "In the film, a nurse called {v} moves to Rome.",
    "Perhaps my next {k} will be called {v}",
)


def extraction(rng: random.Random, values: Values) -> list[PromptMessage]:
    """A message of the user, and the facts in it as JSON: none in two messages of five."""
    facts: list[Fact] = []
    if rng.random() < 0.6:
        for _ in range(rng.choices((1, 2, 3), (0.62, 0.3, 0.08))[0]):
            fact = draw_fact(rng, values, draw_kind(rng, common_share=0.5))
            if fact.kind.attribute and all(f.kind.name != fact.kind.name for f in facts):
                facts.append(fact)
        parts = [told_in_passing(rng, fact) for fact in facts]
        if rng.random() < 0.3:
            parts.insert(rng.randint(0, len(parts)), _nothing(rng, values))
    else:
        parts = [_nothing(rng, values) for _ in range(rng.choice((1, 1, 2)))]
    text = ""
    for part in parts:
        joint = "" if not text else " " if text[-1] in ".!?" else rng.choice((". ", ", ", " and ", "; ", "\n"))
        text += joint + part
    # A value begins with a space, which its reader strips: so its tokens are those of the word in the message.
    listed = [
        {
            "content": f.kind.kept[0].format(v=f.value),
            "attribute": f.kind.attribute,
            "value": " " + f.kind.bare(f.value),
        }
        for f in facts
    ]
    answer = json.dumps({"facts": listed}, ensure_ascii=False)
    return answered_task(EXTRACTION_TASK, text or "ok", answer)


def _nothing(rng: random.Random, values: Values) -> str:
    """Something that says nothing lasting about the user."""
    luck = rng.random()
    if luck < 0.3:
        return noisy(question_for(rng, draw_fact(rng, values).kind), rng)
    if luck < 0.4:
        return noisy(talk.small_talk(rng, "Nova")[0], rng)
    if luck < 0.52:
        return noisy(remarks.remark(rng, values)[0], rng)
    if luck < 0.62:
        return talk.decline(rng, values)[0]
    if luck < 0.7 and (casual := talk.casual(rng, values)):
        return casual[0]
    if luck < 0.8:
        return noisy(rng.choice(phrases.listed("nothing")), rng)
    form = rng.choice(UNREAL) if rng.random() < 0.3 else rng.choice(phrases.listed("unreal"))
    form = form.replace("{a} {k}", "a {k}").replace("{k}", rng.choice(("dog", "cat", "horse", "parrot")))
    return noisy(form.replace("{v}", "\0"), rng).replace("\0", draw_fact(rng, values).value)


def chatter(values: Values, rng: random.Random) -> list[PromptMessage]:
    """A casual dialogue, all of it as user turns: practice in English, and no reply to learn from."""
    while True:
        turns = rng.choice(values.turns)[: rng.randint(4, 12)]
        if said := [PromptMessage(role="user", content=turn) for turn in turns if values.allowed(turn)]:
            return said


def casual_talk(values: Values, rng: random.Random, date: str) -> list[PromptMessage]:
    """Two exchanges of a casual dialogue, as the app would show them to the model; no reply to learn from."""
    turns = rng.choice(values.turns)
    first = rng.randrange(max(1, len(turns) - 3))
    said = turns[first : first + 4]
    return [
        message
        for text, reply in zip(said[::2], said[1::2], strict=False)
        if values.allowed(text) and values.allowed(reply)
        for message in (
            PromptMessage(role="user", content=user_text(date, text)),
            PromptMessage(role="assistant", content=reply),
        )
    ]
