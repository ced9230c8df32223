"""Kinds of facts about a user: how each is kept, told, asked for and acknowledged. Knows sentences, not dialogues.

The sentences that are kept (`Kind.kept`) are those of the app's own extraction and profile.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from training import lexicon
from training.values import Values


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fact; `{v}` stands for the value in every form."""

    name: str
    kept: tuple[str, ...]
    """As the app keeps it: "The user's dog is called {v}."; the first is the usual form."""
    told: tuple[str, ...]
    asked: tuple[str, ...]
    you: tuple[str, ...]
    """What a reply says, without capital or full stop: "your dog is called {v}"."""
    what: str
    """What is missing when it is not known: "your dog's name"."""
    acks: tuple[str, ...] = ()
    """Comments of its own; a general acknowledgement always serves too."""
    draw: Callable[[random.Random, Values], str] = field(repr=False)
    weight: float = 1.0
    brief_is_value: bool = True
    """Whether the bare value is a full short answer."""


def _listed(words: list[str], made_share: float = 0.4) -> Callable[[random.Random, Values], str]:
    return lambda rng, values: values.from_list(rng, words, made_share=made_share).replace("ice-cream", "ice cream")


def _named(words: list[str], made_share: float = 0.6) -> Callable[[random.Random, Values], str]:
    return lambda rng, values: values.proper(rng, words, made_share=made_share)


def _day_of_year(rng: random.Random, values: Values) -> str:
    months = "January February March April May June July August September October November December"
    return f"{rng.randint(1, 28)} {rng.choice(months.split())}"


def animal_kind(animal: str) -> Kind:
    return Kind(
        name=animal,
        kept=(
            f"The user's {animal} is called {{v}}.",
            f"The user's {animal} is called {{v}}.",
            f"The user has a {animal} called {{v}}.",
            f"The user's {animal} is named {{v}}.",
        ),
        told=(
            f"My {animal} is called {{v}}.",
            f"my {animal}'s name is {{v}}",
            f"I have a {animal} called {{v}}.",
            f"I have a {animal} named {{v}}",
            f"We have a new {animal}, her name is {{v}}.",
            f"{{v}} is my {animal}.",
            f"I took my {animal} {{v}} to the vet.",
            f"We got a {animal} and called him {{v}}.",
            f"Did I tell you about my {animal} {{v}}?",
        ),
        asked=(
            f"What is my {animal} called?",
            f"What's my {animal}'s name?",
            f"What is the name of my {animal}?",
            f"Do you remember my {animal}'s name?",
            f"Do you know what my {animal} is called?",
            f"Who is my {animal}?",
            f"What did I call my {animal}?",
            f"How is my {animal} called?",
            f"Can you tell me my {animal}'s name?",
            f"Do you remember my {animal}?",
            f"I have a {animal}. What's its name?",
            f"my {animal} is called what?",
        ),
        you=(f"your {animal} is called {{v}}", f"your {animal}'s name is {{v}}"),
        what=f"your {animal}'s name",
        acks=(
            f"{{v}} is a lovely name for a {animal}.",
            f"{{v}} sounds like a wonderful {animal}.",
            "Say hello to {v} from me!",
            f"A {animal} called {{v}}, how nice!",
            "I would like to hear more about {v}.",
        ),
        draw=_named(lexicon.PETS),
        weight={"dog": 3.0, "cat": 2.0}.get(animal, 0.4),
    )


def relation_kind(relation: str) -> Kind:
    return Kind(
        name=relation,
        kept=(
            f"The user's {relation} is called {{v}}.",
            f"The user's {relation} is called {{v}}.",
            f"The user has a {relation} called {{v}}.",
            f"The user's {relation}'s name is {{v}}.",
        ),
        told=(
            f"My {relation} is called {{v}}.",
            f"my {relation}'s name is {{v}}",
            f"I have a {relation}, {{v}}.",
            f"{{v}} is my {relation}.",
            f"My {relation} {{v}} came to see me today.",
            f"I had dinner with my {relation} {{v}}.",
            f"I'm meeting {{v}} later, that's my {relation}.",
        ),
        asked=(
            f"What is my {relation} called?",
            f"What's my {relation}'s name?",
            f"What is the name of my {relation}?",
            f"Do you remember my {relation}'s name?",
            f"Who is my {relation}?",
            f"Do you know my {relation}?",
            f"how is my {relation} called",
            f"Can you tell me the name of my {relation}?",
            f"What was my {relation}'s name again?",
        ),
        you=(f"your {relation} is called {{v}}", f"your {relation}'s name is {{v}}"),
        what=f"your {relation}'s name",
        acks=("{v} is a nice name.", f"It is nice to hear about your {relation} {{v}}.", "I hope {v} is well."),
        draw=_named(lexicon.PEOPLE),
        weight=0.45,
    )


def favourite_kind(thing: str) -> Kind:
    words = {
        "colour": lexicon.COLOURS,
        "food": lexicon.FOODS,
        "dish": lexicon.FOODS,
        "drink": lexicon.DRINKS,
        "sport": lexicon.HOBBIES,
        "subject": lexicon.SUBJECTS,
        "animal": lexicon.ANIMALS,
        "season": ["spring", "summer", "autumn", "winter"],
    }.get(thing)
    asked = [
        template.format(f=spelling, t=name)
        for spelling in ("favourite", "favorite")
        for name in ((thing, "color") if thing == "colour" else (thing,))
        for template in (
            "What is my {f} {t}?",
            "What's my {f} {t}?",
            "Do you know my {f} {t}?",
            "Which {t} is my {f}?",
            "Do you remember what my {f} {t} is?",
            "tell me my {f} {t}",
        )
    ]
    return Kind(
        name=f"favourite {thing}",
        kept=(f"The user's favourite {thing} is {{v}}.", f"The user's favorite {thing} is {{v}}."),
        told=(
            f"My favourite {thing} is {{v}}.",
            f"my favorite {thing} is {{v}}",
            f"{{v}} is my favourite {thing}.",
            f"I think my favourite {thing} is {{v}}",
        ),
        asked=tuple(asked),
        you=(f"your favourite {thing} is {{v}}",),
        what=f"your favourite {thing}",
        acks=("{v} is a good choice.", "I see why you like {v}.", "{v}, what a nice choice!"),
        draw=_listed(words) if words else _named(lexicon.SURNAMES, 0.9),
        weight=1.0 if thing == "colour" else 0.15,
    )


def possession_kind(thing: str) -> Kind:
    return Kind(
        name=thing,
        kept=(f"The user's {thing} is called {{v}}.",),
        told=(f"My {thing} is called {{v}}.", f"the name of my {thing} is {{v}}"),
        asked=(
            f"What is my {thing} called?",
            f"What's the name of my {thing}?",
            f"What is my {thing}'s name?",
        ),
        you=(f"your {thing} is called {{v}}",),
        what=f"the name of your {thing}",
        draw=_named(lexicon.PLACES, 0.8),
        weight=0.1,
    )


PLAIN_KINDS = (
    Kind(
        name="name",
        kept=("The user's name is {v}.", "The user is called {v}."),
        told=(
            "My name is {v}.",
            "Hi, my name is {v}.",
            "I'm {v}.",
            "I am {v}, nice to meet you.",
            "Hello, I'm {v}",
            "my name's {v}",
            "You can call me {v}.",
            "People call me {v}.",
            "Hey, it's {v}.",
        ),
        asked=(
            "What is my name?",
            "What's my name?",
            "Do you remember my name?",
            "Do you know my name?",
            "Who am I?",
            "What am I called?",
            "whats my name",
            "Can you say my name?",
            "Tell me my name.",
            "Do you know who I am?",
            "what do people call me?",
        ),
        you=("your name is {v}", "you are {v}", "you are called {v}"),
        what="your name",
        acks=(
            "Nice to meet you, {v}!",
            "Hello {v}, it is good to meet you!",
            "Welcome, {v}!",
            "Pleased to meet you, {v}.",
        ),
        draw=_named(lexicon.PEOPLE),
        weight=4.0,
    ),
    Kind(
        name="city",
        kept=("The user lives in {v}.",),
        told=(
            "I live in {v}.",
            "I'm living in {v} now",
            "My home is in {v}.",
            "I moved to {v}.",
            "I just moved to {v}.",
            "I live in {v} with my family.",
            "we moved to {v} last year",
            "Our house is in {v}.",
            "I have a small flat in {v}.",
        ),
        asked=(
            "Where do I live?",
            "Which city do I live in?",
            "What city do I live in?",
            "Where is my home?",
            "Do you know where I live?",
            "Do you remember where I live?",
            "where am i living",
            "In which town do I live?",
            "What is my home town?",
            "Where's my house?",
            "Where do I live now?",
        ),
        you=("you live in {v}", "your home is in {v}"),
        what="where you live",
        acks=(
            "{v} must be an interesting place.",
            "I hope you like it in {v}.",
            "I would like to hear more about {v}.",
        ),
        draw=_named(lexicon.PLACES),
        weight=4.0,
    ),
    Kind(
        name="origin",
        kept=("The user is from {v}.", "The user comes from {v}."),
        told=("I'm from {v}.", "I come from {v}.", "I was born in {v}", "I grew up in {v}.", "originally I'm from {v}"),
        asked=("Where am I from?", "Where do I come from?", "Do you know where I come from?", "What is my origin?"),
        you=("you are from {v}", "you come from {v}"),
        what="where you are from",
        acks=("{v} must be an interesting place.",),
        draw=_named(lexicon.PLACES),
        weight=1.0,
    ),
    Kind(
        name="job",
        kept=("The user works as a {v}.", "The user is a {v}."),
        told=(
            "I work as a {v}.",
            "I'm a {v}.",
            "My job is {v}",
            "I am a {v} by trade.",
            "I've been a {v} for ten years.",
            "I got a new job as a {v}.",
        ),
        asked=(
            "What is my job?",
            "What's my job?",
            "What do I do for work?",
            "What do I work as?",
            "Do you remember my job?",
            "What is my profession?",
            "what do i do",
            "How do I earn my money?",
            "What is my work?",
        ),
        you=("you work as a {v}", "your job is {v}"),
        what="what your job is",
        acks=("Working as a {v} sounds interesting.", "A {v}, that is good work!", "I admire that."),
        draw=_listed(lexicon.JOBS),
        weight=2.0,
    ),
    Kind(
        name="employer",
        kept=("The user works at {v}.", "The user works for {v}."),
        told=("I work at {v}.", "I work for {v}", "I started at {v} this week."),
        asked=("Where do I work?", "Who do I work for?", "What company do I work for?", "Which company do I work at?"),
        you=("you work at {v}", "you work for {v}"),
        what="where you work",
        acks=("I hope the work at {v} is good.",),
        draw=_named(lexicon.SURNAMES, 0.8),
        weight=0.8,
    ),
    Kind(
        name="allergy",
        kept=("The user is allergic to {v}.", "The user has an allergy to {v}."),
        told=(
            "I'm allergic to {v}.",
            "I am allergic to {v}",
            "I have an allergy to {v}.",
            "{v} makes me sick, I'm allergic.",
            "Please remember that I'm allergic to {v}.",
        ),
        asked=(
            "What am I allergic to?",
            "Do I have any allergies?",
            "What are my allergies?",
            "Do you know my allergies?",
            "What should I avoid?",
            "Which food is bad for me?",
            "what can't I eat?",
            "Is there something I should not eat?",
        ),
        you=("you are allergic to {v}", "you have an allergy to {v}"),
        what="what you are allergic to",
        acks=("That is important, I will keep your allergy to {v} in mind.", "Then take care with {v}."),
        draw=_listed(lexicon.ALLERGENS),
        weight=1.5,
    ),
    Kind(
        name="like",
        kept=("The user likes {v}.",),
        told=("I like {v}.", "I enjoy {v}", "I really like {v}.", "I'm a fan of {v}"),
        asked=("What do I like?", "What do I enjoy?", "Do you know what I like?", "What is it that I like?"),
        you=("you like {v}", "you enjoy {v}"),
        what="what you like",
        acks=("{v} sounds nice.", "I am glad you enjoy {v}."),
        draw=_listed([*lexicon.FOODS, *lexicon.HOBBIES]),
        weight=0.8,
    ),
    Kind(
        name="love",
        kept=("The user loves {v}.",),
        told=("I love {v}.", "I absolutely love {v}!", "i love {v}"),
        asked=(
            "What do I love?",
            "Do you know what I love?",
            "What food do I love?",
            "What is it that I love?",
            "Which food do I love most?",
        ),
        you=("you love {v}",),
        what="what you love",
        acks=("{v} sounds delightful.", "It is good to love something like {v}."),
        draw=_listed([*lexicon.FOODS, *lexicon.HOBBIES]),
        weight=0.8,
    ),
    Kind(
        name="dislike",
        kept=("The user does not like {v}.", "The user hates {v}."),
        told=("I don't like {v}.", "I hate {v}", "I can't stand {v}."),
        asked=("What do I not like?", "What don't I like?", "What do I hate?", "What do I dislike?"),
        you=("you do not like {v}", "you don't like {v}"),
        what="what you do not like",
        acks=("Then no {v} for you.",),
        draw=_listed([*lexicon.FOODS, *lexicon.HOBBIES]),
        weight=0.6,
    ),
    Kind(
        name="hobby",
        kept=("The user's hobby is {v}.", "The user enjoys {v}."),
        told=("My hobby is {v}.", "In my free time I do {v}", "At the weekend I love to go {v}."),
        asked=("What is my hobby?", "What's my hobby?", "What do I do in my free time?", "Do you know my hobby?"),
        you=("your hobby is {v}", "you enjoy {v}"),
        what="your hobby",
        acks=("{v} is a fine hobby.", "I hope you have much time for {v}."),
        draw=_listed(lexicon.HOBBIES),
        weight=0.8,
    ),
    Kind(
        name="instrument",
        kept=("The user plays the {v}.",),
        told=("I play the {v}.", "I'm learning the {v}", "I have played the {v} since I was ten."),
        asked=(
            "What instrument do I play?",
            "Which instrument do I play?",
            "What do I play?",
            "Do I play an instrument?",
        ),
        you=("you play the {v}",),
        what="which instrument you play",
        acks=("The {v} is a beautiful instrument.", "I would love to hear you play the {v}."),
        draw=_listed(lexicon.INSTRUMENTS),
        weight=0.7,
    ),
    Kind(
        name="studies",
        kept=("The user studies {v}.",),
        told=("I study {v}.", "I'm studying {v} at university", "I am a student of {v}."),
        asked=("What do I study?", "What am I studying?", "What subject do I study?", "What is my field of study?"),
        you=("you study {v}",),
        what="what you study",
        acks=("{v} is a rich subject.", "Good luck with {v}."),
        draw=_listed(lexicon.SUBJECTS),
        weight=0.7,
    ),
    Kind(
        name="language",
        kept=("The user speaks {v}.",),
        told=("I speak {v}.", "I'm learning {v}", "My mother tongue is {v}."),
        asked=("What language do I speak?", "Which language do I speak?", "What languages do I speak?"),
        you=("you speak {v}",),
        what="which language you speak",
        acks=("{v} is a beautiful language.",),
        draw=lambda rng, values: values.from_list(rng, lexicon.LANGUAGES, made_share=0.4).capitalize(),
        weight=0.7,
    ),
    Kind(
        name="birthday",
        kept=("The user's birthday is {v}.", "The user's birthday is on {v}."),
        told=("My birthday is {v}.", "my birthday is on {v}", "I was born on {v}."),
        asked=("When is my birthday?", "What is my birthday?", "Do you know my birthday?", "When was I born?"),
        you=("your birthday is {v}", "your birthday is on {v}"),
        what="when your birthday is",
        acks=("I will think of you on {v}!",),
        draw=_day_of_year,
        weight=0.8,
    ),
    Kind(
        name="age",
        kept=("The user is {v} years old.",),
        told=("I'm {v} years old.", "I am {v}", "I just turned {v}."),
        asked=("How old am I?", "What is my age?", "Do you know my age?", "whats my age"),
        you=("you are {v} years old",),
        what="how old you are",
        acks=("{v} is a good age.",),
        draw=lambda rng, values: str(rng.randint(14, 96)),
        weight=0.8,
    ),
    Kind(
        name="preference",
        kept=("The user prefers {v}.",),
        told=("I prefer {v}.",),
        asked=("What do I prefer?", "Which do I prefer?", "Which drink do I like better?", "What do I like better?"),
        you=("you prefer {v}",),
        what="what you prefer",
        acks=("I will remember that.",),
        draw=lambda rng, values: " over ".join(
            values.from_list(rng, lexicon.DRINKS if rng.random() < 0.7 else lexicon.FOODS) for _ in range(2)
        ),
        weight=0.9,
    ),
    Kind(
        name="diet",
        kept=("The user is {v}.",),
        told=("I'm {v}.", "I am {v}, by the way."),
        asked=("What is my diet?", "Do you know how I eat?", "What diet do I follow?"),
        you=("you are {v}",),
        what="what your diet is",
        acks=("I will remember that you are {v}.",),
        draw=lambda rng, values: rng.choice(("vegetarian", "vegan", "pescatarian", "gluten-free", "diabetic")),
        weight=0.4,
    ),
    Kind(
        name="learning",
        kept=("The user is learning {v}.",),
        told=("I'm learning {v}.", "I started to learn {v} this month."),
        asked=("What am I learning?", "Which thing am I learning?", "Do you know what I am learning?"),
        you=("you are learning {v}",),
        what="what you are learning",
        acks=("Good luck with {v}.", "{v} takes patience, well done."),
        draw=_listed([*lexicon.HOBBIES, *lexicon.SUBJECTS]),
        weight=0.4,
    ),
)

KINDS = (
    *PLAIN_KINDS,
    *(animal_kind(animal) for animal in lexicon.ANIMALS),
    *(relation_kind(relation) for relation in lexicon.RELATIONS),
    *(favourite_kind(thing) for thing in lexicon.FAVOURITES),
    *(possession_kind(thing) for thing in dict.fromkeys(lexicon.POSSESSIONS)),
)
WEIGHTS = [kind.weight for kind in KINDS]
ODD_SHARE = 0.15
"""Share of facts about any word at all, so that looking up is learnt rather than a list of kinds."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    kind: Kind
    value: str
    kept: str
    """The sentence as the app keeps it."""


def draw_fact(rng: random.Random, values: Values, kind: Kind | None = None, value: str | None = None) -> Fact:
    if kind is None and rng.random() < ODD_SHARE:
        word = rng.choice(values.dictionary).lower()
        kind = rng.choice((animal_kind, relation_kind, possession_kind, favourite_kind))(word)
    kind = kind or rng.choices(KINDS, WEIGHTS)[0]
    value = value or kind.draw(rng, values)
    form = kind.kept[0] if rng.random() < 0.85 else rng.choice(kind.kept)
    return Fact(kind=kind, value=value, kept=form.format(v=value))


def draw_facts(rng: random.Random, values: Values, count: int) -> list[Fact]:
    """`count` facts at most, of different kinds."""
    facts: dict[str, Fact] = {}
    for _ in range(count):
        fact = draw_fact(rng, values)
        facts.setdefault(fact.kind.name, fact)
    return list(facts.values())


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
