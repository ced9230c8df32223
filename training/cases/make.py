"""Writes the case files: `python -m training.cases.make`. Seeded, so the files can be remade byte for byte.

Knows the question forms and values of the measurement. Never imports the generator of the training text:
what is asked here is worded by hand, apart from it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from assistant.prompt import block_text, long_date, system_text, user_text
from personas.persona import Persona
from training.cases import heldout

HERE = Path(__file__).parent
PER_ROW = 500
TODAY = date(2026, 11, 21)
EXTRACTION_TASK = (files("assistant") / "prompts" / "extract.txt").read_text(encoding="utf-8")
GLOBAL_RULES = "Answer from what you know about the user. If you do not know, say so."
PERSONAS = (
    Persona(name="Nova", description="", system_prompt="A warm, curious companion who likes to hear about your day."),
    Persona(name="Sage", description="", system_prompt="A calm, thoughtful mentor. You take your time and stay kind."),
    Persona(name="Max", description="", system_prompt="Brisk and practical. You get to the point."),
    Persona(name="Professor Ada", description="", system_prompt="A patient teacher who explains things step by step."),
    Persona(name="Captain Biscuit", description="", system_prompt="An old sailor with a soft heart."),
)
DO_NOT_KNOW = (
    *("haven't told", "have not told", "don't know", "do not know", "haven't mentioned", "have not mentioned"),
    *("not sure", "didn't tell", "did not tell", "haven't said", "no memory", "not in my memory", "don't have"),
    *("haven't shared", "nothing about", "you told me nothing"),
)
DECLINES = ("small built-in model",)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fact: how it is stated, told and asked for. `{v}` is the value."""

    name: str
    attribute: str
    """As the app's own extraction names it."""
    values: Sequence[str]
    fact: str
    told: tuple[str, ...]
    asked: tuple[str, ...]


def _relation(word: str) -> Kind:
    return Kind(
        name=word,
        attribute=f"person:{word}",
        values=heldout.PEOPLE,
        fact=f"The user's {word} is called {{v}}.",
        told=(
            f"my {word} is called {{v}}, by the way",
            f"My {word} {{v}} is visiting this weekend.",
            f"I had a long phone call with {{v}}, my {word}",
            f"{{v}} is the name of my {word}.",
            f"Today my {word} {{v}} made me laugh.",
        ),
        asked=(
            f"Remind me, what's my {word}'s name?",
            f"do you still know the name of my {word}",
            f"Name my {word}.",
            f"I am blanking on my {word}'s name, what is it?",
            f"how do i call my {word}",
        ),
    )


def _pet(word: str) -> Kind:
    return Kind(
        name=word,
        attribute=f"pet:{word}",
        values=heldout.PETS,
        fact=f"The user's {word} is called {{v}}.",
        told=(
            f"We just got a {word} and named it {{v}}!",
            f"I have to feed {{v}}, that's my {word}.",
            f"my {word} answers to the name {{v}}",
            f"At home {{v}}, my {word}, waits for me.",
            f"This is about my {word}, who is called {{v}}.",
        ),
        asked=(
            f"What is my {word} called?",
            f"I forgot what I named my {word}, can you help?",
            f"and my {word}? what's the name",
            f"Which name does my {word} have?",
            f"please say my {word}'s name",
        ),
    )


KINDS = (
    Kind(
        name="name",
        attribute="name",
        values=heldout.PEOPLE,
        fact="The user's name is {v}.",
        told=(
            "Good evening, {v} here.",
            "By the way, my name's {v}",
            "It's {v} again.",
            "The name is {v}.",
            "everyone knows me as {v}",
        ),
        asked=(
            "Quick test: what is my name?",
            "can you tell me my own name",
            "Do you know what I'm called?",
            "My name, please?",
            "under which name do you know me",
        ),
    ),
    Kind(
        name="city",
        attribute="city",
        values=heldout.PLACES,
        fact="The user lives in {v}.",
        told=(
            "My flat in {v} is finally furnished",
            "I've lived in {v} for three years now.",
            "Home is {v} for me.",
            "we have our house in {v}",
            "I'm settled in {v}.",
        ),
        asked=(
            "Which town is my home in?",
            "where do i live again?",
            "Tell me the place where I live.",
            "In what place is my home?",
            "what's the city i call home",
        ),
    ),
    *(_pet(word) for word in ("dog", "cat", "parrot", "rabbit")),
    *(_relation(word) for word in ("sister", "brother", "mother", "daughter", "boss", "wife")),
    Kind(
        name="job",
        attribute="job",
        values=heldout.JOBS,
        fact="The user works as a {v}.",
        told=(
            "I earn my money as a {v}",
            "I work as a {v} and it's exhausting.",
            "By profession I am a {v}.",
            "they hired me as a {v}",
            "I make my living as a {v}.",
        ),
        asked=(
            "What do I do for a living?",
            "whats my job",
            "Can you say what my profession is?",
            "My occupation is what?",
            "as what do i work",
        ),
    ),
    Kind(
        name="allergy",
        attribute="allergy",
        values=heldout.ALLERGENS,
        fact="The user is allergic to {v}.",
        told=(
            "Careful, I'm allergic to {v}!",
            "I can't eat that, I am allergic to {v}.",
            "My doctor says I'm allergic to {v}",
            "i have a bad allergy to {v}",
            "Because I am allergic to {v}, I check every label.",
        ),
        asked=(
            "Which allergy do I have?",
            "what am i allergic to",
            "Is there something I must not eat?",
            "Against what am I allergic?",
            "remind me of my allergy",
        ),
    ),
    Kind(
        name="food",
        attribute="like",
        values=heldout.FOODS,
        fact="The user loves {v}.",
        told=(
            "I could eat {v} every day, I love it",
            "I love {v} so much",
            "If there is one dish I love, it is {v}.",
            "nothing beats {v}, I love it",
        ),
        asked=(
            "Which dish do I love?",
            "Do you recall what food I love?",
            "what do i love eating",
            "Name the food that I love.",
        ),
    ),
    Kind(
        name="instrument",
        attribute="hobby",
        values=heldout.INSTRUMENTS,
        fact="The user plays the {v}.",
        told=(
            "I practise the {v} every evening.",
            "I play the {v} in a small band",
            "On Sundays I play the {v}.",
            "i have been playing the {v} for years",
        ),
        asked=(
            "Which instrument do I play?",
            "what instrument was it that i play?",
            "Name the instrument I play.",
            "On what instrument do I make music?",
        ),
    ),
    Kind(
        name="colour",
        attribute="favourite:colour",
        values=heldout.COLOURS,
        fact="The user's favourite colour is {v}.",
        told=(
            "My favourite colour is {v}",
            "I painted it {v}, my favourite colour.",
            "Of all colours, {v} is my favourite.",
            "my favourite colour has always been {v}",
        ),
        asked=(
            "What's my favorite color?",
            "Which colour do I like best?",
            "my favourite colour, which one is it",
            "Name the colour I like most.",
        ),
    ),
    Kind(
        name="subject",
        attribute="study",
        values=heldout.SUBJECTS,
        fact="The user studies {v}.",
        told=(
            "I study {v} at university.",
            "I'm a student of {v}",
            "At the moment I study {v}.",
            "my degree will be in {v}, I study it full time",
        ),
        asked=(
            "What am I studying?",
            "which subject do i study?",
            "What field am I a student of?",
            "what is it that i study",
        ),
    ),
    Kind(
        name="language",
        attribute="language",
        values=heldout.LANGUAGES,
        fact="The user speaks {v}.",
        told=(
            "I speak {v} with my grandparents",
            "At home we talk {v}.",
            "My family and I speak {v}.",
            "i grew up speaking {v}",
        ),
        asked=(
            "Which language do I speak at home?",
            "what language can i speak",
            "In what tongue do I speak?",
            "Name a language I speak.",
        ),
    ),
    Kind(
        name="drink",
        attribute="preference",
        values=heldout.DRINKS,
        fact="The user prefers {v} over water.",
        told=(
            "I prefer {v} over water.",
            "give me {v} over water any day, I prefer it",
            "Between the two I prefer {v} over water.",
            "i always prefer {v} over water",
        ),
        asked=(
            "What do I prefer over water?",
            "which drink do i prefer",
            "What would I rather have than water?",
            "name the drink I prefer",
        ),
    ),
    Kind(
        name="origin",
        attribute="origin",
        values=heldout.PLACES,
        fact="The user is from {v}.",
        told=(
            "I am from {v} originally",
            "I come from {v}.",
            "My roots are in {v}, I am from there.",
            "i was born and raised in {v}",
        ),
        asked=(
            "Where am I from?",
            "what place do i come from?",
            "Which place am I from originally?",
            "Name the town I come from.",
        ),
    ),
)
SMALL_TALK = (
    ("Hello there", "Hello! How can I help you today?"),
    ("how are you doing", "I am doing well, thank you. How are you?"),
    ("It rained all morning.", "That sounds wet. I hope it clears up soon."),
    ("I just finished lunch", "I hope it was good."),
    ("thanks", "You are welcome."),
    ("What a long day.", "I hope you can rest a little now."),
    ("The train was late again", "That is annoying. I hope you still arrived in time."),
    ("I might go for a walk later", "A walk sounds nice."),
    ("My tea got cold", "A fresh cup may help."),
    ("the neighbours are having a party", "I hope you still get some sleep."),
    ("I found an old photograph today.", "How nice. I hope it brought back good memories."),
    ("can't find my glasses", "I hope they turn up soon."),
)
OTHER_LINES = (
    'On 9 November 2026 the user wrote: "The bus was late again."',
    'On 12 October 2026 the user wrote: "I slept badly."',
    'On 2 November 2026 the user wrote: "What should I do this weekend?"',
    'On 18 November 2026 the user wrote: "Thanks, that helps."',
    'On 30 September 2026 the user wrote: "I had a long meeting today."',
)
BEYOND = (
    *("Write a poem about {n}.", "Can you write me a short story with {n}?", "Explain how {n} works."),
    *("What is the history of {n}?", "write python code that counts {n}", "Translate '{n}' into Swahili."),
    *("Who invented {n}?", "give me the latest news on {n}", "What's the weather in {n} tomorrow?"),
    *("How many people know about {n}?", "Summarise the theory of {n} for an exam.", "Compose a song for {n}"),
    *("Why is {n} so important in science?", "Draft a business plan for {n}", "What does {n} cost these days?"),
)
BEYOND_NOUNS = (
    *("acid rain", "the violin makers of Cremona", "hot air balloons", "plate tectonics", "cuneiform", "octopuses"),
    *("the Panama canal", "semiconductors", "migrating birds", "the Black Death", "solar panels", "typewriters"),
    *("fermentation", "the human ear", "suspension bridges", "auroras", "counterpoint", "sundials"),
    *("volcanoes", "the printing press", "quantum tunnelling", "penguins", "the Ottoman empire", "glaciers"),
    *("photosynthesis", "submarines", "the stock exchange", "velcro", "black holes", "lighthouses", "vaccines"),
    *("medieval castles", "neural networks", "monsoon rains"),
)
BEYOND_ALONE = (
    *("What is 4817 times 392?", "How tall is Mount Kilimanjaro?", "Who won the world cup in 1974?"),
    *("What's the capital of Burkina Faso?", "solve x^2 - 5x + 6 = 0", "Write an essay on ethics."),
    *("Give me a regex for email addresses", "Who is the president of Peru?", "When did the Berlin wall fall?"),
    *("Can you book a flight for me?", "Set an alarm for six", "Play some jazz", "Search the web for cheap laptops"),
    *(
        "Write a cover letter for a bank",
        "What is the boiling point of lead?",
        "Debug this: for i in range(10) print(i)",
    ),
    *("Explain relativity to a child", "Name all the moons of Saturn", "How does a diesel engine work?"),
    *("Tell me who painted the Night Watch", "Send an email to my landlord", "What happened in 1848?"),
    *("Which medicine helps against migraine?", "Is it legal to park here at night?", "Do my homework on cells"),
    *("Write a haiku", "what is the square root of 5329", "How far away is the moon?"),
)
ORDINARY = (
    *("How are you today?", "Who are you?", "What can you do?", "Hello!", "Good morning!", "I had a rough day."),
    *("What is my dog called?", "Where do I live?", "What do you know about me?", "I am so tired."),
    *("I'm going to the cinema tonight.", "Thank you for your help.", "My sister visits me tomorrow."),
    *(
        "Do you like music?",
        "I bought a new bike.",
        "What should I cook tonight?",
        "Tell me a joke.",
        "What is my job?",
    ),
    *("I passed my exam!", "I cannot sleep.", "Nice to see you.", "What's my name?", "Goodbye for now!"),
    *(
        "My back hurts a little.",
        "Can you keep a secret?",
        "I burnt the rice.",
        "We won the match!",
        "I feel great today.",
    ),
    *(
        "What food do I love?",
        "I lost my umbrella.",
        "Are you a human being?",
        "Are you there?",
        "The garden is in bloom.",
    ),
    *("My boss was unfair today.", "I have a day off tomorrow.", "What is my favourite film?", "I'm a bit nervous."),
    *("Help me relax.", "It is so hot in here.", "What's my sister's name?", "I watched an old film yesterday."),
    *(
        "Where do you keep my data?",
        "I baked a cake.",
        "Do you remember me?",
        "I miss my friends.",
        "That was helpful.",
    ),
    *("What do I do for work?", "I forgot my lunch at home.", "Nobody called me today.", "What do you think of me?"),
)


def _persona(rng: random.Random) -> Persona:
    return rng.choice(PERSONAS)


def _day(rng: random.Random, *, first: int = 1, last: int = 300) -> date:
    return TODAY - timedelta(days=rng.randint(first, last))


def _facts(rng: random.Random, *, without: str, count: int) -> list[tuple[Kind, str]]:
    """Distractor facts of other kinds, each with a value of its own."""
    hidden = {without, "origin"} if without == "city" else {without, "city"} if without == "origin" else {without}
    kinds = rng.sample([k for k in KINDS if k.name not in hidden], min(count, len(KINDS) - len(hidden)))
    return [(kind, rng.choice(list(kind.values))) for kind in kinds]


def _case(ability: str, index: int, messages: list[tuple[str, str]], **checks: Any) -> dict[str, Any]:
    return {
        "id": f"{ability}-{index:03d}",
        "ability": ability,
        "messages": [{"role": role, "content": content} for role, content in messages],
        **checks,
    }


def recall_prompt(rng: random.Random) -> Iterator[dict[str, Any]]:
    """One fact among twelve: in the profile, in a memory line, quoted, or in several of these."""
    for index in range(PER_ROW):
        kind = KINDS[index % len(KINDS)]
        value = rng.choice(list(kind.values))
        others = [(k, v) for k, v in _facts(rng, without=kind.name, count=11) if v != value]
        place = ("profile", "memory", "both", "quoted")[index // len(KINDS) % 4]
        profile = [k.fact.format(v=v) for k, v in others]
        memories = [
            f"{k.fact.format(v=v)} (since {long_date(_day(rng))})" for k, v in rng.sample(others, len(others) // 3)
        ]
        memories += rng.sample(OTHER_LINES, rng.randint(0, 2))
        fact = kind.fact.format(v=value)
        if place in ("profile", "both"):
            profile.insert(rng.randint(0, len(profile)), fact)
        if place in ("memory", "both"):
            memories.insert(rng.randint(0, len(memories)), f"{fact} (since {long_date(_day(rng))})")
        if place == "quoted":
            quote = rng.choice(kind.told).format(v=value)
            memories.insert(rng.randint(0, len(memories)), f'On {long_date(_day(rng))} the user wrote: "{quote}"')
        messages = [
            ("system", system_text(_persona(rng), GLOBAL_RULES, profile=profile)),
            ("user", user_text(block_text(TODAY, memories), rng.choice(kind.asked))),
        ]
        yield _case("recall_prompt", index, messages, must=[value], kind=kind.name, place=place)


def recall_history(rng: random.Random) -> Iterator[dict[str, Any]]:
    """A fact that was told six turns ago, in every second case fewer, and stands nowhere else."""
    for index in range(PER_ROW):
        kind = KINDS[index % len(KINDS)]
        value = rng.choice(list(kind.values))
        others = [(k, v) for k, v in _facts(rng, without=kind.name, count=rng.randint(0, 6)) if v != value]
        messages = [
            ("system", system_text(_persona(rng), GLOBAL_RULES, profile=[k.fact.format(v=v) for k, v in others])),
            ("user", user_text(block_text(TODAY), rng.choice(kind.told).format(v=value))),
            ("assistant", rng.choice(("Thank you for telling me.", "Good to know.", "I will keep that in mind."))),
        ]
        for said, reply in rng.sample(SMALL_TALK, 5 if index % 2 else rng.randint(0, 4)):
            messages += [("user", user_text(block_text(TODAY), said)), ("assistant", reply)]
        messages.append(("user", user_text(block_text(TODAY), rng.choice(kind.asked))))
        yield _case("recall_history", index, messages, must=[value], kind=kind.name)


def abstain(rng: random.Random) -> Iterator[dict[str, Any]]:
    """The fact asked for stands nowhere; others do, and so does the question itself, now and then."""
    for index in range(PER_ROW):
        kind = KINDS[index % len(KINDS)]
        others = _facts(rng, without=kind.name, count=rng.randint(0, 8))
        memories = [f"{k.fact.format(v=v)} (since {long_date(_day(rng))})" for k, v in others[: len(others) // 2]]
        memories += rng.sample(OTHER_LINES, rng.randint(0, 2))
        question = rng.choice(kind.asked)
        if index % 5 == 0:
            memories.append(f'On {long_date(_day(rng))} the user wrote: "{question}"')
        messages = [
            ("system", system_text(_persona(rng), GLOBAL_RULES, profile=[k.fact.format(v=v) for k, v in others])),
            ("user", user_text(block_text(TODAY, memories), question)),
        ]
        must_not = sorted({v for _, v in others})
        yield _case("abstain", index, messages, must_any=list(DO_NOT_KNOW), must_not=must_not, kind=kind.name)


def newest(rng: random.Random) -> Iterator[dict[str, Any]]:
    """Two values for the same thing: the newest counts, and one marked `No longer true` does not."""
    for index in range(PER_ROW):
        kind = KINDS[index % len(KINDS)]
        new, old = rng.sample(sorted(kind.values), 2)
        recent, early = _day(rng, last=60), _day(rng, first=70)
        others = [(k, v) for k, v in _facts(rng, without=kind.name, count=rng.randint(1, 6)) if v not in (new, old)]
        fact_new, fact_old = kind.fact.format(v=new), kind.fact.format(v=old)
        form = ("closed", "dated", "quoted")[index // len(KINDS) % 3]
        if form == "closed":
            pair = [f"{fact_new} (since {long_date(recent)})", f"No longer true since {long_date(recent)}: {fact_old}"]
        elif form == "dated":
            pair = [f"{fact_new} (since {long_date(recent)})", f"{fact_old} (since {long_date(early)})"]
        else:
            said = rng.choice(kind.told).format(v=old)
            pair = [f"{fact_new} (since {long_date(recent)})", f'On {long_date(early)} the user wrote: "{said}"']
        rng.shuffle(pair)
        profile = [k.fact.format(v=v) for k, v in others]
        if form == "closed":
            profile.append(fact_new)
        messages = [
            ("system", system_text(_persona(rng), GLOBAL_RULES, profile=profile)),
            ("user", user_text(block_text(TODAY, [*pair, *rng.sample(OTHER_LINES, 1)]), rng.choice(kind.asked))),
        ]
        yield _case("newest", index, messages, must=[new], must_not=[old], kind=kind.name, form=form)


RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "short": ("Keep answers short.", {"max_words": 14}),
    "long": ("Give more detail.", {"min_words": 22}),
    "bullets": ("Answer in bullets.", {"bullets": True}),
    "one_sentence": ("Answer in one sentence.", {"sentences": 1}),
    "no_emoji": ("Do not use emoji.", {"emoji": False}),
    "emoji": ("Use emoji.", {"emoji": True}),
    "no_exclamation": ("Do not use exclamation marks.", {"exclamation": False}),
    "question": ("End with a question.", {"ends_with": "?"}),
    "name": ("Address the user by name.", {"name": True}),
    "call": ("Call the user {v}.", {"name": True}),
    "formal": ("Use a formal tone.", {"formal": True}),
}
"""How each rule stands in the prompt, and the check by program."""
PAIRS = (
    *(("short", "emoji"), ("short", "name"), ("bullets", "emoji"), ("bullets", "no_exclamation"), ("long", "call")),
    *(("formal", "question"), ("long", "emoji"), ("one_sentence", "call"), ("question", "name"), ("short", "formal")),
)


def _style_case(rng: random.Random, ability: str, index: int, rules: Sequence[str], question: str) -> dict[str, Any]:
    name, pet, city = rng.choice(heldout.PEOPLE), rng.choice(heldout.PETS), rng.choice(heldout.PLACES)
    profile = [f"The user's name is {name}.", f"The user's dog is called {pet}.", f"The user lives in {city}."]
    profile += ["The user works as a nurse.", "The user loves pancakes."]
    called = rng.choice(heldout.PEOPLE)
    check: dict[str, Any] = {}
    for rule in rules:
        check |= RULES[rule][1]
        if rule in ("name", "call"):
            check["holds"] = called if rule == "call" else name
    check.pop("name", None)
    texts = [RULES[rule][0].format(v=called) for rule in rules]
    as_rules, as_topic = (texts, []) if index % 4 else ([], texts)
    messages = [
        ("system", system_text(_persona(rng), GLOBAL_RULES, rules=as_rules, profile=profile)),
        ("user", user_text(block_text(TODAY, (), as_topic), question)),
    ]
    return _case(ability, index, messages, check=check, rule="+".join(rules))


def style(rng: random.Random) -> Iterator[dict[str, Any]]:
    """One rule, an ordinary message, a check by program."""
    index = 0
    for question in ORDINARY:
        for rule in RULES:
            yield _style_case(rng, "style", index, (rule,), question)
            index += 1


def style_pairs(rng: random.Random) -> Iterator[dict[str, Any]]:
    """Two rules at once."""
    index = 0
    for question in ORDINARY:
        for pair in PAIRS:
            yield _style_case(rng, "style_pairs", index, pair, question)
            index += 1


def decline(rng: random.Random) -> Iterator[dict[str, Any]]:
    """Requests that the model cannot serve, with facts in the prompt that are no answer."""
    asked = [form.format(n=noun) for form in BEYOND for noun in BEYOND_NOUNS]
    asked = list(BEYOND_ALONE) + rng.sample(asked, PER_ROW - len(BEYOND_ALONE))
    for index, text in enumerate(asked):
        others = _facts(rng, without="", count=rng.randint(0, 6))
        messages = [
            ("system", system_text(_persona(rng), GLOBAL_RULES, profile=[k.fact.format(v=v) for k, v in others])),
            ("user", user_text(block_text(TODAY), text)),
        ]
        yield _case("decline", index, messages, must_any=list(DECLINES))


RELATIVES = ("sister", "brother", "mother", "daughter", "boss", "wife", "uncle", "cousin")
EVENTS = (
    *("root canal", "piano recital", "citizenship test", "thesis defence", "chess tournament", "MRI scan"),
    *("wine tasting", "dress fitting", "bike service", "pottery class"),
)
CARS = ("Opel", "Lancia", "Bentley", "Chevrolet", "Daihatsu", "Alfa Romeo", "Isuzu", "Lotus")
COLLECTED = ("barometers", "marbles", "matchboxes", "lanterns", "beetles", "samovars", "corkscrews", "tin soldiers")
GOALS = (
    *("learn to juggle", "restore an old canoe", "hike the Camino", "open a bakery", "build a kayak"),
    *("publish a cookbook", "swim the Channel", "learn sign language"),
)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Another sort of fact that the app keeps. `{k}` is whose it is or what, `{v}` the value, `{w}` a second one."""

    name: str
    facts: tuple[str, ...]
    asked: tuple[str, ...]
    values: Sequence[str]
    of: Sequence[str] = ("",)
    also: Sequence[str] = ()
    """Values for `{w}`, which the reply has to name too."""
    answer: str = "{v}"
    """What must be in the reply."""
    has_days: bool = False
    """A plan or an event, whose own day stands in its line."""


KEPT = (
    Kept(
        name="lives",
        facts=("The user's {k} lives in {v}.",),
        of=RELATIVES,
        values=heldout.PLACES,
        asked=("Say which town my {k} has a flat in.", "where's my {k}'s home", "Which place does my {k} call home?"),
    ),
    Kept(
        name="works",
        facts=("The user's {k} works as a {v}.",),
        of=RELATIVES,
        values=[job for job in heldout.JOBS if job[0] not in "aeiou"],
        asked=("What sort of work pays my {k}'s rent?", "my {k} works as what exactly", "Which job has my {k}?"),
    ),
    Kept(
        name="aged",
        facts=("The user's {k} is {v} years old.",),
        of=RELATIVES,
        values=("17", "23", "36", "41", "58", "64", "79"),
        asked=(
            "How many candles go on my {k}'s cake?",
            "the age of my {k}, please tell",
            "How old did I say my {k} was?",
        ),
    ),
    Kept(
        name="born",
        facts=("The user's {k} has a birthday on {v}.",),
        of=RELATIVES,
        values=("3 May", "11 June", "19 August", "27 October", "8 January", "30 March"),
        asked=(
            "On which day do I have to congratulate my {k}?",
            "my {k}'s birthday, when is it?",
            "which date is my {k}'s big day",
        ),
    ),
    Kept(
        name="allergic",
        facts=("The user's {k} is allergic to {v}.",),
        of=RELATIVES,
        values=heldout.ALLERGENS,
        asked=(
            "Which allergy has my {k}?",
            "what must my {k} not eat because of an allergy",
            "My {k} has an allergy. To what?",
        ),
    ),
    Kept(
        name="event",
        facts=("The user has a {k} {v}.",),
        of=EVENTS,
        values=(
            "on 3 December 2026",
            "on 17 January 2027",
            "in March 2027",
            "on 29 November 2026",
            "from 4 to 6 May 2027",
        ),
        asked=("When do I have the {k}?", "which date is my {k} on", "My {k}, when was that going to be?"),
        has_days=True,
    ),
    Kept(
        name="trip when",
        facts=("The user is going to {k} {v}.",),
        of=heldout.PLACES,
        values=("on 3 December 2026", "on 17 January 2027", "in March 2027", "on 29 November 2026"),
        asked=("When do I set off for {k}?", "what's the date of my journey to {k}", "My trip to {k} is when?"),
        has_days=True,
    ),
    Kept(
        name="trip where",
        facts=("The user is going to {v} on 9 December 2026.", "The user is going to {v} in April 2027."),
        values=heldout.PLACES,
        asked=(
            "Which town will I travel to?",
            "what town have i packed my bags for",
            "What's the destination of my trip?",
        ),
        has_days=True,
    ),
    Kept(
        name="been",
        facts=("The user was in {k} {v}.",),
        of=heldout.PLACES,
        values=("on 3 October 2026", "in July 2025", "on 17 August 2026"),
        asked=(
            "When did I last see {k}?",
            "in what month or on what day was i in {k}",
            "My days in {k}, when were they?",
        ),
        has_days=True,
    ),
    Kept(
        name="car",
        facts=("The user drives a {v}.",),
        values=CARS,
        asked=("Which car is mine?", "what's the make of my car", "What kind of car am I driving?"),
    ),
    Kept(
        name="collection",
        facts=("The user collects {v}.",),
        values=COLLECTED,
        asked=("My shelves are full of what?", "which things am i collecting", "I am a collector of what?"),
    ),
    Kept(
        name="height",
        facts=("The user is {v} tall.",),
        values=("158 cm", "167 cm", "183 cm", "191 cm", "1.76 m"),
        asked=(
            "How far is it from my feet to my head?",
            "a doctor asks how tall I am, what do I say",
            "How many centimetres or metres do I measure?",
        ),
    ),
    Kept(
        name="not-eaten",
        facts=("The user does not eat {v}.",),
        values=heldout.FOODS,
        asked=("Which dish do I never eat?", "what food should nobody serve me", "Name what I don't eat."),
    ),
    Kept(
        name="not-drunk",
        facts=("The user does not drink {v}.",),
        values=heldout.DRINKS,
        asked=("Which drink do I leave alone?", "what should you never offer me to drink", "Name what I don't drink."),
    ),
    Kept(
        name="goal",
        facts=("The user wants to {v}.",),
        values=GOALS,
        asked=("What do I dream of doing?", "which goal did i tell you of", "What is it that I want to do one day?"),
    ),
    Kept(
        name="who",
        facts=("The user's {v} is called {k}.",),
        of=heldout.PEOPLE,
        values=RELATIVES,
        asked=("{k}, who is that?", "who's {k} to me", "What is {k} to me?"),
    ),
    Kept(
        name="two pets",
        facts=("The user's {k} is called {v}.", "The user's {k} is called {w}."),
        of=("cat", "dog", "rabbit", "parrot"),
        values=heldout.PETS[:15],
        also=heldout.PETS[15:],
        asked=("By which names do my {k}s go?", "name both my {k}s", "My two {k}s, what are they called?"),
    ),
    Kept(
        name="other word",
        facts=("The user's {k} is called {v}.",),
        of=("goldfish/fish", "parrot/bird", "mother/mum", "father/dad", "grandmother/grandma", "kitten/cat"),
        values=heldout.PETS,
        asked=("What is my {k} called?", "my {k}'s name, do you have it?", "Which name has my {k}?"),
    ),
    Kept(
        name="plans",
        facts=("The user has a {k} on 9 December 2026.",),
        of=EVENTS,
        values=("9 December 2026",),
        answer="{k}",
        asked=("Is there something in my calendar?", "what's ahead of me", "Which plans did I tell you about?"),
        has_days=True,
    ),
    Kept(
        name="birthplace",
        facts=("The user was born in {v}.",),
        values=heldout.PLACES,
        asked=(
            "Which town stands in my passport as place of birth?",
            "in what place did my life begin",
            "My birthplace is where?",
        ),
    ),
)


def recall_kept(rng: random.Random) -> Iterator[dict[str, Any]]:
    """What the app keeps besides: plans, others' facts, two of a kind. In one case of five it is not known."""
    for index in range(PER_ROW):
        kept = KEPT[index % len(KEPT)]
        unknown = index // len(KEPT) % 5 == 4 and kept.name not in ("two pets", "plans")
        of, value = rng.choice(list(kept.of)), rng.choice(list(kept.values))
        second = rng.choice(list(kept.also)) if kept.also else ""
        told, _, asked = of.partition("/")
        forms = kept.facts if kept.also else (rng.choice(kept.facts),)
        facts = [] if unknown else [form.format(k=told, v=value, w=second) for form in forms]
        taken = {"origin", "city", "allergy", "food", "drink", "colour", told, asked or told, value}
        others = [(k, v) for k, v in _facts(rng, without="", count=6) if k.name not in taken and v != value]
        profile = [k.fact.format(v=v) for k, v in others]
        memories = [f"{k.fact.format(v=v)} (since {long_date(_day(rng))})" for k, v in others[:2]]
        memories += rng.sample(OTHER_LINES, rng.randint(0, 2))
        for fact in facts:
            line = fact if kept.has_days else f"{fact} (since {long_date(_day(rng))})"
            where = memories if index % 2 else profile
            where.insert(rng.randint(0, len(where)), line if index % 2 else fact)
        messages = [
            ("system", system_text(_persona(rng), GLOBAL_RULES, profile=profile)),
            ("user", user_text(block_text(TODAY, memories), rng.choice(kept.asked).format(k=asked or told))),
        ]
        wanted = {"must_any": list(DO_NOT_KNOW)} if unknown else {"must": [kept.answer.format(k=told, v=value)]}
        if second and not unknown:
            wanted["must"].append(second)
        yield _case("recall_kept", index, messages, **wanted, kind=kept.name)


OPENINGS = (
    *("hey", "Hi! I'm new here.", "what is this", "Who made you?", "Are you ChatGPT?", "I feel lonely today"),
    *("Tell me something nice.", "can you remember things?", "My name is Oluchi and I live in Ghent.", "good night"),
    *("I hate mondays", "What did I tell you yesterday?", "You are funny", "are you a real person?", "help"),
    *("I have two cats, Nettle and Kipper.", "I love rainy days", "Do you speak German?", "forget that", "hmm"),
    *("What's new?", "I'm 41 years old and I play the oboe", "lol", "How do you work?", "where is my data stored?"),
    *("My birthday is on 7 May", "What time is it?", "What day is it today?", "I don't eat meat", "ok thanks bye"),
    *(
        "I'm planning a trip",
        "Should I buy a car?",
        "recommend me a film",
        "I got a new job as a welder!",
        "you there?",
    ),
    *("What's the meaning of life?", "My grandmother died", "I'm so happy today!", "how old are you", "no"),
    *("please answer in bullet points from now on", "call me Tadhg", "be more formal please", "what can you do for me"),
    *("I moved from Pecs to Gyor last week", "I'm hungry", "What's my name?", "Sing me a song", "asdfgh"),
    *("Can you keep a secret?", "I am learning Welsh", "I broke my leg", "Give me advice for a job interview", "yes"),
    *(
        "Which model are you?",
        "Why are you so slow?",
        "Can you help me plan my day?",
        "I like you",
        "tell me about yourself",
    ),
    "Happy new year!",
)


NOTHING_SAID = (
    *("What is my {k} called?", "Do you know anything about {v}?", "If I had a {k}, I would call it {v}."),
    *("Imagine I lived in {v}.", 'My friend said: "I live in {v}."', "Who was {v}?", "Is {v} nice in summer?"),
    *("I am so tired today.", "thank you, that was helpful", "What should I cook tonight?", "tell me a joke please"),
    *("Maybe I will move to {v} one day.", "Could you explain how tides work?", "It rained all morning."),
    *("I wish my {k} were called {v}.", "Did you see the match?", "ok", "I'm running late for a meeting"),
)


def extract(rng: random.Random) -> Iterator[dict[str, Any]]:
    """What a message says about the user, as the app's extraction asks for it: one fact, two, or none at all."""
    for index in range(PER_ROW):
        kind = KINDS[index % len(KINDS)]
        value = rng.choice(list(kind.values))
        facts = [{"attribute": kind.attribute, "value": value}]
        text = rng.choice(kind.told).format(v=value)
        form = ("one", "one", "one", "two", "none")[index // len(KINDS) % 5]
        if form == "two":
            other, second = _facts(rng, without=kind.name, count=1)[0]
            more = rng.choice(other.told).format(v=second)
            joined = ". " if text[-1] not in ".!?" else " "
            text, facts = text + joined + more, [*facts, {"attribute": other.attribute, "value": second}]
        if form == "none":
            text, facts = rng.choice(NOTHING_SAID).format(k=rng.choice(("dog", "cat", "parrot")), v=value), []
        messages = [("system", EXTRACTION_TASK), ("user", text)]
        yield _case("extract", index, messages, facts=facts, form=form)


def openings(rng: random.Random) -> Iterator[dict[str, Any]]:
    """Sixty things a stranger may type; nothing is demanded of the replies but that they do not loop."""
    for index, text in enumerate(OPENINGS):
        messages = [("system", system_text(PERSONAS[0], GLOBAL_RULES)), ("user", user_text(block_text(TODAY), text))]
        yield _case("openings", index, messages, check={"loops": False})


ROWS: tuple[Callable[[random.Random], Iterator[dict[str, Any]]], ...] = (
    *(recall_prompt, recall_history, abstain, newest, style, style_pairs, decline, openings, extract, recall_kept),
)


def write(folder: Path = HERE) -> None:
    """Write one file of JSON lines per ability into `folder`."""
    for number, row in enumerate(ROWS):
        lines = (json.dumps(case, ensure_ascii=False) for case in row(random.Random(number)))
        (folder / f"{row.__name__}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
