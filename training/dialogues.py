"""Makes conversations in the app's own format: `assistant.prompt` builds every system text and block.

A dialogue is a made-up user with facts, a persona, rules and one to twelve turns. The words are in `facts`, `talk` and
`replies`; what is said when is in `acts`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from assistant.prompt import PromptMessage, block_text, system_text, user_text
from training import phrases
from training.acts import Turn, dated_turns, drill_turns, far_turns, lesson_turns, talk_turns, told_turns, turn
from training.cases import heldout
from training.facts import draw_facts
from training.replies import Style, render
from training.scene import (
    STEADY_PERSONAS,
    Scene,
    aside,
    brief_rule,
    distractor_lines,
    draw_rules,
    made_name,
    manner_of,
    other_lines,
    persona_of,
    placed,
    summary_of,
    with_examples,
)
from training.values import Values

GLOBAL_RULES = (Path(__file__).parent.parent / "assistant" / "prompts" / "global.txt").read_text(encoding="utf-8")
ASIDE_SHARE = 0.25
"""How likely one more line stands in the profile that answers no question: who the user is, what others do."""


DialogueKind = Literal["plain", "busy", "dense", "telling", "drill", "dated", "far", "talk", "lessons"]
"""`plain`: a bit of everything. `busy`: more memory lines before each question, for long prompts.
`dense`: questions above all, with few other memory lines: practice in looking up. `telling`: facts are told first and
asked for at the end. `drill`: one question after another, answered in few words. `dated`: only such questions as dates
decide. `far`: facts are told in the first third of the turns and asked for, with those of the profile, in the rest, so that
much can be put between. `talk`: small talk, remarks, instructions and what it must decline, with no question for a
fact. `lessons`: lists, plans, rewording and advice."""
TURNS: dict[DialogueKind, Callable[[Scene, int], Iterator[Turn]]] = {
    "dated": dated_turns,
    "drill": drill_turns,
    "far": far_turns,
    "lessons": lesson_turns,
    "talk": talk_turns,
    "telling": told_turns,
}
"""Of the kinds that are not a bit of everything what is said."""


def dialogue(
    rng: random.Random,
    values: Values,
    *,
    turns: int,
    facts: int,
    kind: DialogueKind = "plain",
) -> list[PromptMessage]:
    """One conversation of `turns` exchanges about a user with up to `facts` facts."""
    name = rng.choice(STEADY_PERSONAS)[0] if rng.random() < 0.6 else made_name(rng, values)
    today = date(2023, 1, 1) + timedelta(days=rng.randint(0, 4700))
    restless = kind == "dated" or (kind in ("dense", "drill") and rng.random() < 0.3)
    scene = Scene(rng=rng, values=values, persona=name, today=today, style=Style(), restless=restless)
    for key, fact in draw_facts(rng, values, facts).items():
        scene.known[key] = placed(scene, fact)
        if key.endswith(" 2"):
            # Of two lines with dates the newer one holds; two that hold stand in the profile.
            for told in (scene.known[key], scene.known[key.removesuffix(" 2")]):
                told.in_profile, told.older = True, None
    persona = persona_of(scene, name)
    scene.style = manner_of(persona)
    rules, topic_rules, scene.style = brief_rule(scene) if kind in ("drill", "dated", "far") else draw_rules(scene)
    summary = summary_of(scene) if rng.random() < 0.12 else ""
    profile = [told.fact.kept for told in scene.known.values() if told.in_profile]
    while rng.random() < ASIDE_SHARE:
        profile.insert(rng.randint(0, len(profile)), aside(rng, values))
    system = system_text(
        with_examples(scene, persona),
        GLOBAL_RULES if rng.random() < 0.9 else "",
        rules=rules,
        profile=profile,
        summary=summary,
    )
    messages = [PromptMessage(role="system", content=phrases.with_articles(system))]
    if kind in TURNS:
        said = TURNS[kind](scene, turns)
    else:
        said = (turn(scene, dense=kind == "dense") for _ in range(turns))
    for text, reply, lines in said:
        if heldout.is_opening(text):
            continue
        if kind in ("dense", "telling", "drill", "dated", "far"):
            # As many for what is not known: else that there are memories at all would tell that it is.
            lines += distractor_lines(scene) if rng.random() < (0.45 if lines else 0.85) else []
        else:
            lines += other_lines(scene, kind == "busy")
        lines = list(dict.fromkeys(lines))
        rng.shuffle(lines)
        shown = None if rng.random() < 0.02 else today
        block = block_text(shown, lines, topic_rules if rng.random() < 0.97 else ())
        asked, answer = user_text(block, text), render(reply, scene.style, rng)
        messages.append(PromptMessage(role="user", content=phrases.with_articles(asked)))
        messages.append(PromptMessage(role="assistant", content=phrases.with_articles(answer)))
    return messages
