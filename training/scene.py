"""The made-up user of one dialogue: what is known, where it stands in the prompt, persona, rules. Knows no turns."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache

from assistant.prompt import long_date
from personas.persona import Exchange, Persona, load_library
from training import lexicon, talk
from training.facts import Fact, draw_fact
from training.replies import RULES, Rule, Style, noisy, render
from training.skills import some_days
from training.values import Values

STEADY_PERSONAS = (
    ("Nova", ("A warm and curious companion.", "You are warm and curious. You like to hear about the user's day.")),
    ("Sage", ("A calm, thoughtful mentor.", "You are calm and thoughtful, and you choose your words with care.")),
    ("Max", ("Brisk and practical.", "You are brisk and practical. You come straight to the point.")),
    ("Professor Ada", ("A patient teacher.", "You are a patient teacher who explains things step by step.")),
    ("Ada", ("A patient teacher.", "You are patient. You explain one thing at a time.")),
)


@dataclass
class Told:
    """What is known about one fact while a dialogue is made, and where it stands."""

    fact: Fact
    in_profile: bool = False
    in_memory: bool = False
    quoted: bool = False
    since: date | None = None
    older: Fact | None = None
    """A value that no longer holds and stands beside the new one."""


@dataclass
class Scene:
    """The state of one dialogue."""

    rng: random.Random
    values: Values
    persona: str
    today: date
    style: Style
    known: dict[str, Told] = field(default_factory=dict)
    restless: bool = False
    """Whether most facts have changed and stand beside an older value with its date: practice in telling dates apart."""
    asked: list[str] = field(default_factory=list)
    """Earlier questions, which come back as quoted memories."""

    @property
    def name(self) -> str:
        """The user's name, if it stands where every turn can see it."""
        told = self.known.get("name")
        return told.fact.value if told and (told.in_profile or told.since is None) else ""

    def past(self, *, least: int = 1, most: int = 0) -> date:
        """A day before today, `most` days at most; unless given, 500 and now and then some years."""
        most = most or (500 if self.rng.random() < 0.8 else 2500)
        return self.today - timedelta(days=self.rng.randint(least, most))


def made_name(rng: random.Random, values: Values) -> str:
    title = rng.choice(("", "", "", "Captain ", "Doctor ", "Miss ", "Old ", "Professor "))
    return title + values.proper(rng, [*lexicon.PETS, *lexicon.PEOPLE], made_share=0.5)


@cache
def _shipped() -> dict[str, Persona]:
    return {persona.name: persona for persona in load_library().values()}


def persona_of(scene: Scene, name: str) -> Persona:
    """A persona of that name; one in five of the steady ones is just as the app ships it."""
    rng = scene.rng
    shipped = _shipped()
    if name in shipped and rng.random() < 0.2:
        return shipped[name]
    prompts = dict(STEADY_PERSONAS).get(name)
    if prompts and rng.random() < 0.4:
        text = rng.choice(prompts)
    else:
        manner, noun = rng.sample(lexicon.PERSONA_MANNERS, 2), rng.choice(lexicon.PERSONA_NOUNS)
        text = rng.choice(
            (
                f"A {manner[0]} and {manner[1]} {noun}.",
                f"A {manner[0]}, {manner[1]} {noun}.",
                f"You are {manner[0]} and {manner[1]}.",
                f"A {manner[0]} {noun} who likes {rng.choice(lexicon.HOBBIES)}.",
                f"You speak like a {noun}. You are {manner[0]} and never {manner[1]}.",
                f"{manner[0].capitalize()} and {manner[1]}.",
                "",
            )
        )
    if rng.random() < 0.25:
        text += " " + rng.choice(
            (
                "You use short, clear sentences.",
                "You listen first and answer with care.",
                "You help the user to think.",
                "You never judge.",
                "You like order.",
                "You stay honest about what you do not know.",
            )
        )
    return Persona(name=name, description="", system_prompt=text.strip())


def with_examples(scene: Scene, persona: Persona) -> Persona:
    """Now and then an exchange or two in the manner of the dialogue's replies."""
    rng = scene.rng
    if rng.random() >= 0.12:
        return persona
    pairs = (talk.small_talk(rng, persona.name) for _ in range(rng.randint(1, 2)))
    examples = tuple(Exchange(user=said, assistant=render(reply, scene.style, rng)) for said, reply in pairs)
    return replace(persona, examples=examples)


PHRASES = (
    *("Ahoy", "Cheers", "Well", "Dear friend", "Listen", "Indeed", "So", "My dear", "Take care", "Over and out"),
    *("Yours truly", "Onward", "Peace", "Good luck", "Stay strong", "Aha", "Look", "Best wishes", "Amen", "Hurray"),
)


def phrase(rng: random.Random, values: Values) -> str:
    """Words to begin or end with."""
    return rng.choice(PHRASES) if rng.random() < 0.6 else values.made_up(rng).capitalize()


FLAVOURS = {
    "pirate": "Ahoy!",
    "sailor": "Ahoy!",
    "wizard": "By my beard!",
    "knight": "On my honour!",
    "butler": "Very well.",
    "robot": "Beep.",
    "owl": "Hoo hoo!",
    "detective": "Elementary!",
}
BRISK = ("brisk", "direct", "short, clear sentences", "straight to the point", "get to the point")


def manner_of(persona: Persona) -> Style:
    """How a persona speaks when no rule says otherwise."""
    text = persona.system_prompt.lower()
    flavour = next((words for noun, words in FLAVOURS.items() if noun in text), "")
    brisk = any(word in text for word in BRISK) and not flavour
    style = Style(length="short" if brisk else "normal", flavour=flavour)
    for rule in RULES:
        if set(rule.texts) & set(persona.style):
            style = rule.apply(style)
    return style


def draw_rules(scene: Scene) -> tuple[list[str], list[str], Style]:
    """Rules for the system text, rules for the block, and the style they make."""
    rng, style = scene.rng, scene.style
    count = rng.choices((0, 1, 2, 3, 4), (0.39, 0.35, 0.17, 0.07, 0.02))[0]
    chosen: list[Rule] = []
    for rule in rng.sample(RULES, len(RULES)):
        if len(chosen) < count and not any(_clash(rule, other) for other in chosen):
            chosen.append(rule)
    standing: list[str] = []
    topical: list[str] = []
    for rule in chosen:
        called = scene.name
        if rule.name == "call":
            called = scene.values.proper(rng, lexicon.PEOPLE)
        if rule.name in ("begin", "end"):
            called = phrase(rng, scene.values)
        if rule.name == "name" and "name" in scene.known:
            scene.known["name"].in_profile = True
            called = scene.name
        if rule.name == "name" and not called:
            continue
        style = rule.apply(style, called)
        text = rng.choice(rule.texts).format(v=called)
        (topical if rng.random() < 0.25 else standing).append(text)
    return standing, topical, style


def brief_rule(scene: Scene) -> tuple[list[str], list[str], Style]:
    """As `draw_rules`, with the rule of short answers alone."""
    rule = next(rule for rule in RULES if rule.name == "short")
    return [scene.rng.choice(rule.texts)], [], rule.apply(Style())


def _clash(one: Rule, other: Rule) -> bool:
    """Whether two rules speak about the same thing."""
    groups = (
        {"short", "long", "one", "two"},
        {"bullets", "numbered", "one"},
        {"bullets", "numbered", "two"},
        {"one", "two", "bullets", "numbered", "begin"},
        {"one", "two", "bullets", "numbered", "end"},
        {"end", "question"},
        {"end", "emoji"},
        {"formal", "warm", "plain"},
        {"emoji", "no_emoji"},
        {"name", "call"},
        {"formal", "emoji"},
    )
    return any(one.name in group and other.name in group for group in groups)


ASIDES = (
    *("The user is a woman.", "The user is a man.", "The user is non-binary.", "The user is a mother."),
    *("The user is a father.", "The user is married.", "The user is single.", "The user is divorced."),
    *("The user is Muslim.", "The user is Christian.", "The user is Jewish.", "The user is a Hindu."),
    *("The user is an atheist.", "The user is a Buddhist.", "The user is left-handed.", "The user is a twin."),
    *("The user is tall.", "The user is shy.", "The user is deaf.", "The user is gay.", "The user is a grandmother."),
    *("The user is a night owl.", "The user is an only child.", "The user is a teenager.", "The user is a widower."),
)
OF_OTHERS = (
    *("The user's {r} works as a {j}.", "The user's {r} is a {j}.", "The user's {r} lives in {c}."),
    *("The user's {r} plays the {i}.", "The user's {r} studies {s}.", "The user's {r} is {a} years old."),
    *("The user's {r} is allergic to {f}.", "The user's {r} likes {f}.", "The user's {r} speaks {l}."),
)


def aside(rng: random.Random, values: Values) -> str:
    """What is kept of who the user is, or of somebody in their life: it answers none of the questions."""
    if rng.random() < 0.4:
        return rng.choice(ASIDES)
    return rng.choice(OF_OTHERS).format(
        r=rng.choice(lexicon.RELATIONS),
        j=values.from_list(rng, lexicon.JOBS, made_share=0.2),
        c=values.proper(rng, lexicon.PLACES),
        i=values.from_list(rng, lexicon.INSTRUMENTS, made_share=0.2),
        s=values.from_list(rng, lexicon.SUBJECTS, made_share=0.2),
        a=rng.randint(1, 99),
        f=values.from_list(rng, lexicon.FOODS, made_share=0.2),
        l=values.from_list(rng, lexicon.LANGUAGES, made_share=0.2),
    )


def placed(scene: Scene, fact: Fact) -> Told:
    rng = scene.rng
    told = Told(fact=fact, since=scene.past())
    place = rng.random()
    told.in_profile = place < 0.45
    told.in_memory = 0.3 < place < 0.62
    told.quoted = place >= 0.62 or (told.in_profile and rng.random() < 0.25)
    if not fact.kind.has_days and rng.random() < (0.85 if scene.restless else 0.22):
        older = draw_fact(rng, scene.values, fact.kind)
        if older.value not in fact.value and fact.value not in older.value:
            told.older, told.in_memory = older, True
            if scene.restless:
                # The page about the user would give the answer away, and so would a value that stands more often.
                told.in_profile = told.in_profile and rng.random() < 0.3
                told.quoted = told.quoted and rng.random() < 0.3
                told.since = scene.past(most=60) if rng.random() < 0.5 else told.since
    return told


def told_in_passing(rng: random.Random, fact: Fact) -> str:
    """The fact in the user's words, as people type."""
    return noisy(fact.kind.tell(rng), rng).format(v=fact.value)


def quote(scene: Scene, text: str, day: date) -> str:
    return f'On {long_date(day)} the user wrote: "{text}"'


def lines_of(scene: Scene, told: Told) -> list[str]:
    """The memory lines that this fact brings to a block."""
    rng, fact, since = scene.rng, told.fact, told.since
    lines = []
    if told.in_memory:
        dated = f" (since {long_date(since)})" if since and not fact.kind.has_days and rng.random() < 0.93 else ""
        lines.append(fact.kept + dated)
    if told.quoted:
        lines.append(quote(scene, told_in_passing(rng, fact), since or scene.past()))
    if told.older and since:
        early = since - some_days(rng)
        form = rng.uniform(0.25, 0.9) if scene.restless else rng.random()
        if form < 0.4:
            lines.append(f"No longer true since {long_date(since)}: {told.older.kept}")
        elif form < 0.7:
            lines.append(f"{told.older.kept} (since {long_date(early)})")
        else:
            lines.append(quote(scene, told_in_passing(rng, told.older), early))
    return lines


def other_lines(scene: Scene, busy: bool) -> list[str]:
    """Memories that have nothing to do with the question, or only repeat it."""
    rng = scene.rng
    lines: list[str] = []
    if rng.random() < (0.9 if busy else 0.45):
        for _ in range(rng.randint(2, 6) if busy else rng.randint(1, 3)):
            luck = rng.random()
            if luck < 0.45 and scene.known:
                lines += lines_of(scene, rng.choice(list(scene.known.values())))[:2]
            elif luck < 0.7:
                said, _ = talk.small_talk(rng, scene.persona)
                lines.append(quote(scene, said, scene.past()))
            elif luck < 0.85:
                casual = talk.casual(rng, scene.values)
                if casual:
                    lines.append(quote(scene, casual[0], scene.past()))
            else:
                said, _ = talk.decline(rng, scene.values)
                lines.append(quote(scene, said, scene.past()))
    if scene.asked and rng.random() < 0.3:
        lines.append(quote(scene, rng.choice(scene.asked), scene.past(least=0, most=20)))
    return lines


def distractor_lines(scene: Scene) -> list[str]:
    """One to three memories, of other facts above all."""
    rng = scene.rng
    kept = [told for told in scene.known.values() if told.since]
    lines: list[str] = []
    for _ in range(rng.randint(1, 3)):
        if kept and rng.random() < 0.75:
            told = rng.choice(kept)
            dated = "" if told.fact.kind.has_days else f" (since {long_date(told.since or scene.today)})"
            lines += lines_of(scene, told)[:2] or [told.fact.kept + dated]
        else:
            lines.append(quote(scene, talk.small_talk(rng, scene.persona)[0], scene.past()))
    return lines


def summary_of(scene: Scene) -> str:
    """What was said earlier, as the app sums up without a model; facts that stand in it stand nowhere else."""
    rng = scene.rng
    said = [talk.small_talk(rng, scene.persona)[0] for _ in range(rng.randint(1, 3))]
    alone = [told for key, told in scene.known.items() if not key.endswith(" 2") and f"{key} 2" not in scene.known]
    for told in rng.sample(alone, min(len(alone), rng.randint(0, 3))):
        told.in_profile = told.in_memory = told.quoted = False
        told.since = told.older = None
        said.insert(rng.randint(0, len(said)), told_in_passing(rng, told.fact))
    return "\n".join(f"The user said: {text}" for text in said)


def noise_lines(scene: Scene) -> list[str]:
    if scene.known and scene.rng.random() < 0.3:
        return lines_of(scene, scene.rng.choice(list(scene.known.values())))
    return []
