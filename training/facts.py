"""Kinds of facts about a user: how each is kept, told, asked for and acknowledged. Knows sentences, not dialogues.

The sentences that are kept (`Kind.kept`) are those of the app's own extraction and profile.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from memory.dates import MONTHS
from training import lexicon, phrases
from training.values import Values


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fact; `{v}` stands for the value in every form."""

    name: str
    attribute: str = ""
    """As the app's extraction names it; empty where that takes nothing of the kind."""
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
    plural: bool = False
    """Whether a user may have several at once."""
    passing: str = ""
    """The key in `training.phrases` of messages that name one in passing."""
    has_days: bool = False
    """Whether its own day stands in it, as in plans: then none stands beside it."""

    def tell(self, rng: random.Random) -> str:
        """One way to tell it, `{v}` for the value."""
        if self.passing and rng.random() < 0.3:
            return phrases.in_passing(rng, self.passing, self.name)
        return phrases.surrounded(rng, rng.choice(self.told))

    def ask(self, rng: random.Random) -> str:
        """One way to ask for it."""
        return phrases.surrounded(rng, rng.choice(self.asked), asks=True)

    def bare(self, value: str) -> str:
        """The value as the app's extraction keeps it: of "tea over coffee", the tea."""
        return value.partition(" over ")[0]


def _listed(words: list[str], made_share: float = 0.4) -> Callable[[random.Random, Values], str]:
    return lambda rng, values: values.from_list(rng, words, made_share=made_share).replace("ice-cream", "ice cream")


def _named(words: list[str], made_share: float = 0.6) -> Callable[[random.Random, Values], str]:
    return lambda rng, values: values.proper(rng, words, made_share=made_share)


def _day_of_year(rng: random.Random, values: Values) -> str:
    return f"{rng.randint(1, 28)} {rng.choice(MONTHS)}"


def animal_kind(animal: str) -> Kind:
    return Kind(
        name=animal,
        attribute=f"pet:{animal}",
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
            f"My {animal} goes by the name of {{v}}.",
            f"our {animal} is named {{v}}",
            f"We have a {animal}, {{v}}.",
            f"Yesterday {{v}}, our {animal}, was ill.",
            f"I walked with my {animal} {{v}} this morning",
            f"I named my {animal} {{v}}.",
            f"This {animal} of mine is {{v}}.",
            f"{{v}} is our new {animal}!",
            f"I adopted a {animal} last week. Her name is {{v}}.",
            f"you should meet my {animal} {{v}}",
            f"I live with a {animal} called {{v}}",
            f"the {animal} is called {{v}}, by the way",
            *phrases.of("pet_told", animal),
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
            f"What name did I give my {animal}?",
            f"my {animal}'s name?",
            f"I can't recall my {animal}'s name.",
            f"Which name has my {animal}?",
            f"how did I name my {animal}",
            f"Tell me the name of my {animal}, please.",
            f"You know my {animal}, right? What is it called?",
            f"Did I tell you what my {animal} is called?",
            f"Say the name of my {animal}.",
            f"What do I call my {animal}?",
            *phrases.of("pet_asked", animal),
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
        passing="pet_passing",
        weight={"dog": 3.0, "cat": 2.0}.get(animal, 0.4),
    )


def relation_kind(relation: str) -> Kind:
    return Kind(
        name=relation,
        attribute=f"person:{relation}",
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
            f"I talked to my {relation} {{v}} on the phone",
            f"{{v}}, my {relation}, is moving house.",
            f"My {relation} goes by {{v}}.",
            f"I visited {{v}} at the weekend, my {relation}",
            f"my {relation} is named {{v}}",
            f"Did I mention my {relation} {{v}}?",
            f"I have a {relation} named {{v}}.",
            f"Everyone calls my {relation} {{v}}.",
            f"I wrote to my {relation}, {{v}}.",
            f"{{v}} is what my {relation} is called",
            f"This morning my {relation} {{v}} called me.",
            f"I'm going on a trip with my {relation} {{v}}",
            *phrases.of("person_told", relation),
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
            f"Tell me my {relation}'s name.",
            f"my {relation}'s name?",
            f"I forgot the name of my {relation}.",
            f"Which name does my {relation} go by?",
            f"Say my {relation}'s name.",
            f"You know who my {relation} is?",
            f"What do people call my {relation}?",
            f"and what is my {relation} called?",
            f"Do you know what my {relation} is called?",
            f"Please tell me what my {relation}'s name is.",
            *phrases.of("person_asked", relation),
        ),
        you=(f"your {relation} is called {{v}}", f"your {relation}'s name is {{v}}"),
        what=f"your {relation}'s name",
        acks=("{v} is a nice name.", f"It is nice to hear about your {relation} {{v}}.", "I hope {v} is well."),
        draw=_named(lexicon.PEOPLE),
        passing="person_passing",
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
            "Can you say my {f} {t}?",
            "my {f} {t}?",
            "Name my {f} {t}.",
            "Which {t} do I like most?",
            "What {t} do I like best?",
        )
    ]
    return Kind(
        name=f"favourite {thing}",
        attribute=f"favourite:{thing}",
        kept=(f"The user's favourite {thing} is {{v}}.", f"The user's favorite {thing} is {{v}}."),
        told=(
            f"My favourite {thing} is {{v}}.",
            f"my favorite {thing} is {{v}}",
            f"{{v}} is my favourite {thing}.",
            f"I think my favourite {thing} is {{v}}",
            f"My favourite {thing} of all is {{v}}.",
            f"I'd say {{v}} is my favourite {thing}",
            f"The {thing} I like most is {{v}}.",
            f"{{v}}, that is my favourite {thing}.",
            f"my favorite {thing} will always be {{v}}",
            f"No {thing} is better than {{v}}, it is my favourite.",
            *phrases.of("favourite_told", thing),
        ),
        asked=(*asked, *phrases.of("favourite_asked", thing)),
        you=(f"your favourite {thing} is {{v}}",),
        what=f"your favourite {thing}",
        acks=("{v} is a good choice.", "I see why you like {v}.", "{v}, what a nice choice!"),
        draw=_listed(words) if words else _named(lexicon.SURNAMES, 0.9),
        weight=1.0 if thing == "colour" else 0.15,
    )


def possession_kind(thing: str) -> Kind:
    return Kind(
        name=thing,
        attribute=f"thing:{thing}",
        kept=(f"The user's {thing} is called {{v}}.",),
        told=(
            f"My {thing} is called {{v}}.",
            f"the name of my {thing} is {{v}}",
            f"I call my {thing} {{v}}.",
            f"My {thing}, {{v}}, is old.",
            f"We named the {thing} {{v}}.",
            *phrases.of("thing_told", thing),
        ),
        asked=(
            f"What is my {thing} called?",
            f"What's the name of my {thing}?",
            f"What is my {thing}'s name?",
            *phrases.of("thing_asked", thing),
        ),
        you=(f"your {thing} is called {{v}}",),
        what=f"the name of your {thing}",
        draw=_named(lexicon.PLACES, 0.8),
        weight=0.1,
    )


def _when(rng: random.Random, values: Values) -> str:
    """`on 3 December 2026`, `in July 2027`, `in 2027`, `from 9 to 12 May 2026`."""
    month, year, luck = rng.choice(MONTHS), rng.randint(2014, 2036), rng.random()
    if luck < 0.15:
        return f"in {month} {year}"
    if luck < 0.2:
        return f"in {year}"
    day = rng.randint(1, 24)
    return f"from {day} to {day + rng.randint(1, 4)} {month} {year}" if luck < 0.28 else f"on {day} {month} {year}"


def _number(least: int, most: int) -> Callable[[random.Random, Values], str]:
    return lambda rng, values: str(rng.randint(least, most))


def _height(rng: random.Random, values: Values) -> str:
    feet = f"{rng.choice((5, 6))} ft {rng.randint(1, 11)}"
    return rng.choice((f"{rng.randint(140, 205)} cm", f"1.{rng.randint(45, 99)} m", feet))


def of_relative(sort: str, relation: str) -> Kind:
    """What is known of somebody in the user's life: `lives`, `works`, `aged`, `born` or `allergic`."""
    holds, what, draw = {
        "lives": ("lives in {v}", "where your {k} lives", _named(lexicon.PLACES)),
        "works": ("works as a {v}", "what your {k} does for a living", _listed(lexicon.JOBS)),
        "aged": ("is {v} years old", "how old your {k} is", _number(1, 99)),
        "born": ("has a birthday on {v}", "when your {k}'s birthday is", _day_of_year),
        "allergic": ("is allergic to {v}", "what your {k} is allergic to", _listed(lexicon.FOODS)),
    }[sort]
    return Kind(
        name=f"{relation} {sort}",
        kept=(f"The user's {relation} {holds}.",),
        told=phrases.kind(sort, "told", relation),
        asked=phrases.kind(sort, "asked", relation),
        you=(f"your {relation} {holds}",),
        what=what.replace("{k}", relation),
        draw=draw,
    )


def event_kind(event: str) -> Kind:
    """When something is that the user has ahead."""
    return Kind(
        name=f"event {event}",
        kept=(phrases.with_articles(f"The user has a {event} {{v}}."), f"The user's {event} is {{v}}."),
        told=phrases.kind("event", "told", event),
        asked=phrases.kind("event", "asked", event),
        you=(f"your {event} is {{v}}",),
        what=f"when your {event} is",
        acks=(f"I will keep your {event} {{v}} in mind.", f"I hope that your {event} {{v}} goes well."),
        draw=_when,
        has_days=True,
    )


def trip_kind(rng: random.Random, values: Values) -> Kind:
    """A journey to come or one that is over: where, or when."""
    if rng.random() < 0.25:
        place = values.proper(rng, lexicon.PLACES)
        return Kind(
            name="been",
            kept=(f"The user was in {place} {{v}}.",),
            told=phrases.kind("been", "told", place),
            asked=phrases.kind("been", "asked", place),
            you=(f"you were in {place} {{v}}",),
            what=f"when you were in {place}",
            draw=_when,
            has_days=True,
        )
    if rng.random() < 0.5:
        when = _when(rng, values)
        sort, kept, draw, what = "trip_where", f"going to {{v}} {when}", _named(lexicon.PLACES), "where you are going"
    else:
        when = values.proper(rng, lexicon.PLACES)
        sort, kept, draw, what = "trip_when", f"going to {when} {{v}}", _when, f"when you are going to {when}"
    return Kind(
        name="event trip",
        kept=(f"The user is {kept}.",),
        told=phrases.kind(sort, "told", when),
        asked=phrases.kind(sort, "asked", when),
        you=(f"you are {kept}",),
        what=what,
        acks=("Have a good trip.", "That sounds like a lovely trip."),
        draw=draw,
        has_days=True,
    )


_PLAIN = (
    *(
        Kind(
            name="drives" if key == "car" else key,
            kept=(f"The user {kept}.",),
            told=phrases.kind(key, "told"),
            asked=phrases.kind(key, "asked"),
            you=(f"you {you}",),
            what=what,
            acks=acks,
            draw=draw,
            plural=key in ("not-eaten", "not-drunk", "goal", "collection"),
        )
        for key, kept, you, what, acks, draw in (
            ("car", "drives a {v}", "drive a {v}", "what you drive", (), _named(lexicon.CARS, 0.3)),
            ("collection", "collects {v}", "collect {v}", "what you collect", (), _listed(lexicon.COLLECTIONS)),
            ("height", "is {v} tall", "are {v} tall", "how tall you are", (), _height),
            ("not-eaten", "does not eat {v}", "do not eat {v}", "what you do not eat", (), _listed(lexicon.FOODS)),
            (
                "not-drunk",
                "does not drink {v}",
                "do not drink {v}",
                "what you do not drink",
                (),
                _listed(lexicon.DRINKS),
            ),
            (
                "goal",
                "wants to {v}",
                "want to {v}",
                "what your goal is",
                ("Good luck with that.",),
                _listed(lexicon.GOALS, 0),
            ),
            ("status", "is {v}", "are {v}", "whether you are married", (), _listed(lexicon.STATUSES, 0)),
            ("birth-year", "was born in {v}", "were born in {v}", "which year you were born", (), _number(1925, 2014)),
            ("birthplace", "was born in {v}", "were born in {v}", "where you were born", (), _named(lexicon.PLACES)),
        )
    ),
    Kind(
        name="name",
        attribute="name",
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
            "I go by {v}.",
            "{v} is my name.",
            "This is {v}.",
            "{v} here!",
            "You are talking to {v}.",
            "Hey there, {v} speaking",
            "Just call me {v}, that's my name",
            "I was named {v}.",
            "My friends know me as {v}.",
            "they call me {v}",
            "Good morning, I'm {v}",
            "Hi! {v} here, how are you?",
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
            "Say my name.",
            "And my name?",
            "What name do I have?",
            "You know my name, don't you?",
            "How am I called?",
            "do u know my name",
            "Who is talking to you?",
            "Remember who I am?",
            "what was my name again",
            "Which name did I give you?",
            "Could you tell me my name?",
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
        attribute="city",
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
            "My apartment is in {v}.",
            "I've been living in {v} since spring",
            "I settled in {v}.",
            "{v} is where I live.",
            "I am at home in {v}",
            "We bought a house in {v}.",
            "I rent a room in {v}",
            "Greetings from {v}, my home.",
            "I live near the station in {v}.",
            "I reside in {v}.",
            "my place is in {v}",
            "Since last year I live in {v}.",
            "These days {v} is my home.",
            "I've been in {v} for ten years now",
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
            "Where do I have my home?",
            "In which city is my home?",
            "my city?",
            "Tell me where I live.",
            "Which place do I live in?",
            "What's the name of my town?",
            "where is it that I live",
            "Do you know my city?",
            "Where is my flat?",
            "Say where I live.",
            "Which town am I living in?",
            "Could you tell me where I live?",
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
        attribute="origin",
        kept=("The user is from {v}.", "The user comes from {v}."),
        told=(
            "I'm from {v}.",
            "I come from {v}.",
            "I was born in {v}",
            "I grew up in {v}.",
            "originally I'm from {v}",
            "My home country is {v}.",
            "{v} is where I come from.",
            "I was raised in {v}",
            "I am originally from {v}.",
            "My family is from {v}, and so am I",
        ),
        asked=(
            "Where am I from?",
            "Where do I come from?",
            "Do you know where I come from?",
            "What is my origin?",
            "Which town am I from?",
            "Where was I born?",
            "Tell me where I am from.",
            "Where did I grow up?",
            "where was i from again",
            "Which place do I come from?",
        ),
        you=("you are from {v}", "you come from {v}"),
        what="where you are from",
        acks=("{v} must be an interesting place.",),
        draw=_named(lexicon.PLACES),
        weight=1.0,
    ),
    Kind(
        name="job",
        attribute="job",
        kept=("The user works as a {v}.", "The user is a {v}."),
        told=(
            "I work as a {v}.",
            "I'm a {v}.",
            "My job is {v}",
            "I am a {v} by trade.",
            "I've been a {v} for ten years.",
            "I got a new job as a {v}.",
            "I'm employed as a {v}.",
            "My profession: {v}",
            "I found work as a {v}.",
            "Being a {v} is my job.",
            "I earn my living as a {v}",
            "After school I became a {v}.",
            "I'm a trained {v}.",
            "I make money as a {v}",
            "As a {v} I get up early.",
            "I started working as a {v}.",
            "{v} is my profession",
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
            "Which job do I have?",
            "What kind of work do I do?",
            "My job, what is it?",
            "What am I by profession?",
            "Tell me what my job is.",
            "What work do I do?",
            "do you know what i work as",
            "How do I make my living?",
        ),
        you=("you work as a {v}", "your job is {v}"),
        what="what your job is",
        acks=("Working as a {v} sounds interesting.", "A {v}, that is good work!", "I admire that."),
        draw=_listed(lexicon.JOBS),
        weight=2.0,
    ),
    Kind(
        name="employer",
        attribute="employer",
        kept=("The user works at {v}.", "The user works for {v}."),
        told=(
            "I work at {v}.",
            "I work for {v}",
            "I started at {v} this week.",
            "My employer is {v}.",
            "I have a job at {v}",
            "{v} pays my salary.",
            "I am employed by {v}.",
        ),
        asked=(
            "Where do I work?",
            "Who do I work for?",
            "What company do I work for?",
            "Which company do I work at?",
            "Which company pays me?",
            "Who is my employer?",
            "Tell me where I work.",
            "what firm do i work for",
        ),
        you=("you work at {v}", "you work for {v}"),
        what="where you work",
        acks=("I hope the work at {v} is good.",),
        draw=_named(lexicon.SURNAMES, 0.8),
        weight=0.8,
    ),
    Kind(
        name="allergy",
        plural=True,
        attribute="allergy",
        kept=("The user is allergic to {v}.", "The user has an allergy to {v}."),
        told=(
            "I'm allergic to {v}.",
            "I am allergic to {v}",
            "I have an allergy to {v}.",
            "{v} makes me sick, I'm allergic.",
            "Please remember that I'm allergic to {v}.",
            "I get a rash from {v}, it's an allergy.",
            "I have to avoid {v}, I'm allergic",
            "No {v} for me, I am allergic.",
            "my allergy: {v}",
            "I've been allergic to {v} since I was a child.",
            "I found out that I'm allergic to {v}",
            "Keep {v} away from me, I'm allergic to it.",
            "I suffer from an allergy to {v}",
            "Watch out, {v} is what I'm allergic to.",
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
            "Which allergies do I have?",
            "What can I not eat?",
            "My allergy, what was it?",
            "Tell me what I'm allergic to.",
            "What makes me sick?",
            "Do I have an allergy?",
            "what should I not eat again",
            "To what am I allergic?",
        ),
        you=("you are allergic to {v}", "you have an allergy to {v}"),
        what="what you are allergic to",
        acks=("That is important, I will keep your allergy to {v} in mind.", "Then take care with {v}."),
        draw=_listed(lexicon.ALLERGENS),
        weight=1.5,
    ),
    Kind(
        name="like",
        plural=True,
        attribute="like",
        kept=("The user likes {v}.",),
        told=(
            "I like {v}.",
            "I enjoy {v}",
            "I really like {v}.",
            "I'm a fan of {v}",
            "{v} is something I like.",
            "I'm fond of {v}",
            "I like {v} a lot.",
            "I do like {v}",
            "Some {v} always makes me happy, I like it.",
        ),
        asked=(
            "What do I like?",
            "What do I enjoy?",
            "Do you know what I like?",
            "What is it that I like?",
            "Tell me something I like.",
            "What was it that I like?",
            "Which things do I like?",
        ),
        you=("you like {v}", "you enjoy {v}"),
        what="what you like",
        acks=("{v} sounds nice.", "I am glad you enjoy {v}."),
        draw=_listed([*lexicon.FOODS, *lexicon.HOBBIES]),
        weight=0.8,
    ),
    Kind(
        name="love",
        plural=True,
        attribute="like",
        kept=("The user loves {v}.",),
        told=(
            "I love {v}.",
            "I absolutely love {v}!",
            "i love {v}",
            "{v} is the best, I love it.",
            "I'm in love with {v}",
            "I love eating {v}",
            "Give me {v} any day, I love it!",
            "I really love {v}.",
            "There is nothing I love more than {v}",
        ),
        asked=(
            "What do I love?",
            "Do you know what I love?",
            "What food do I love?",
            "What is it that I love?",
            "Which food do I love most?",
            "Tell me what I love.",
            "What do I love to eat?",
            "Which dish is the one I love?",
            "what was it I love",
        ),
        you=("you love {v}",),
        what="what you love",
        acks=("{v} sounds delightful.", "It is good to love something like {v}."),
        draw=_listed([*lexicon.FOODS, *lexicon.HOBBIES]),
        weight=0.8,
    ),
    Kind(
        name="dislike",
        plural=True,
        attribute="dislike",
        kept=("The user does not like {v}.", "The user hates {v}."),
        told=(
            "I don't like {v}.",
            "I hate {v}",
            "I can't stand {v}.",
            "{v} is not for me, I don't like it.",
            "I dislike {v}.",
            "I really don't like {v}",
            "ugh, I hate {v}",
        ),
        asked=(
            "What do I not like?",
            "What don't I like?",
            "What do I hate?",
            "What do I dislike?",
            "Tell me what I don't like.",
            "Which thing do I hate?",
            "what can't I stand",
        ),
        you=("you do not like {v}", "you don't like {v}"),
        what="what you do not like",
        acks=("Then no {v} for you.",),
        draw=_listed([*lexicon.FOODS, *lexicon.HOBBIES]),
        weight=0.6,
    ),
    Kind(
        name="hobby",
        plural=True,
        attribute="hobby",
        kept=("The user's hobby is {v}.", "The user enjoys {v}."),
        told=(
            "My hobby is {v}.",
            "In my free time I do {v}",
            "At the weekend I love to go {v}.",
            "{v} is my hobby.",
            "I spend my weekends with {v}",
            "I took up {v} as a hobby.",
            "As a hobby I like {v}",
        ),
        asked=(
            "What is my hobby?",
            "What's my hobby?",
            "What do I do in my free time?",
            "Do you know my hobby?",
            "Tell me my hobby.",
            "How do I spend my weekends?",
            "which hobby do I have",
        ),
        you=("your hobby is {v}", "you enjoy {v}"),
        what="your hobby",
        acks=("{v} is a fine hobby.", "I hope you have much time for {v}."),
        draw=_listed(lexicon.HOBBIES),
        weight=0.8,
    ),
    Kind(
        name="instrument",
        plural=True,
        attribute="hobby",
        kept=("The user plays the {v}.",),
        told=(
            "I play the {v}.",
            "I'm learning the {v}",
            "I have played the {v} since I was ten.",
            "I own a {v} and play it often",
            "I've been learning to play the {v}.",
            "The {v} is the instrument I play.",
            "I play {v}",
            "Every night I play the {v}.",
            "I play the {v} with friends",
            "In our orchestra I play the {v}.",
        ),
        asked=(
            "What instrument do I play?",
            "Which instrument do I play?",
            "What do I play?",
            "Do I play an instrument?",
            "Tell me my instrument.",
            "What kind of instrument do I play?",
            "My instrument is what?",
            "Which instrument is mine?",
            "what do i make music with",
        ),
        you=("you play the {v}",),
        what="which instrument you play",
        acks=("The {v} is a beautiful instrument.", "I would love to hear you play the {v}."),
        draw=_listed(lexicon.INSTRUMENTS),
        weight=0.7,
    ),
    Kind(
        name="studies",
        attribute="study",
        kept=("The user studies {v}.",),
        told=(
            "I study {v}.",
            "I'm studying {v} at university",
            "I am a student of {v}.",
            "I'm doing a degree in {v}.",
            "I am studying {v} right now",
            "My subject at university is {v}.",
            "I enrolled in {v}",
            "I'm in my second year of {v}.",
        ),
        asked=(
            "What do I study?",
            "What am I studying?",
            "What subject do I study?",
            "What is my field of study?",
            "Tell me what I study.",
            "Which degree am I doing?",
            "My subject, what is it?",
            "what do i study at university",
        ),
        you=("you study {v}",),
        what="what you study",
        acks=("{v} is a rich subject.", "Good luck with {v}."),
        draw=_listed(lexicon.SUBJECTS),
        weight=0.7,
    ),
    Kind(
        name="language",
        plural=True,
        attribute="language",
        kept=("The user speaks {v}.",),
        told=(
            "I speak {v}.",
            "I'm learning {v}",
            "My mother tongue is {v}.",
            "We speak {v} at our house",
            "{v} is a language I speak.",
            "I can speak {v}.",
            "I speak fluent {v}",
            "I was brought up with {v}, I speak it well.",
            "With my mother I speak {v}.",
        ),
        asked=(
            "What language do I speak?",
            "Which language do I speak?",
            "What languages do I speak?",
            "Tell me which language I speak.",
            "What do I speak at home?",
            "Which languages can I speak?",
            "My language is what?",
        ),
        you=("you speak {v}",),
        what="which language you speak",
        acks=("{v} is a beautiful language.",),
        draw=lambda rng, values: values.from_list(rng, lexicon.LANGUAGES, made_share=0.4).capitalize(),
        weight=0.7,
    ),
    Kind(
        name="birthday",
        attribute="birthday",
        kept=("The user's birthday is {v}.", "The user's birthday is on {v}."),
        told=(
            "My birthday is {v}.",
            "my birthday is on {v}",
            "I was born on {v}.",
            "I celebrate my birthday on {v}.",
            "{v} is my birthday",
            "On {v} it is my birthday.",
        ),
        asked=(
            "When is my birthday?",
            "What is my birthday?",
            "Do you know my birthday?",
            "When was I born?",
            "On what day is my birthday?",
            "Which day was I born on?",
            "when do i celebrate my birthday",
        ),
        you=("your birthday is {v}", "your birthday is on {v}"),
        what="when your birthday is",
        acks=("I will think of you on {v}!",),
        draw=_day_of_year,
        weight=0.8,
    ),
    Kind(
        name="age",
        attribute="age",
        kept=("The user is {v} years old.",),
        told=(
            "I'm {v} years old.",
            "I am {v}",
            "I just turned {v}.",
            "I'm {v} now.",
            "At {v} I feel old",
            "I turned {v} last week.",
            "my age is {v}",
        ),
        asked=(
            "How old am I?",
            "What is my age?",
            "Do you know my age?",
            "whats my age",
            "Tell me my age.",
            "what age am I",
            "How many years old am I?",
        ),
        you=("you are {v} years old",),
        what="how old you are",
        acks=("{v} is a good age.",),
        draw=lambda rng, values: str(rng.randint(14, 96)),
        weight=0.8,
    ),
    Kind(
        name="preference",
        attribute="preference",
        kept=("The user prefers {v}.",),
        told=(
            "I prefer {v}.",
            "I like {v}, I always prefer that.",
            "I'd rather have {v}.",
            "When I can choose, I prefer {v}.",
            "i always choose {v}",
        ),
        asked=(
            "What do I prefer?",
            "Which do I prefer?",
            "Which drink do I like better?",
            "What do I like better?",
            "Tell me what I prefer.",
            "Which of the two do I prefer?",
            "what would I rather have",
            "What did I say I prefer?",
        ),
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
        attribute="diet",
        kept=("The user is {v}.",),
        told=(
            "I'm {v}.",
            "I am {v}, by the way.",
            "I eat {v}.",
            "I have been {v} for years.",
            "I'm strictly {v}",
        ),
        asked=(
            "What is my diet?",
            "Do you know how I eat?",
            "What diet do I follow?",
            "How do I eat?",
            "Tell me my diet.",
        ),
        you=("you are {v}",),
        what="what your diet is",
        acks=("I will remember that you are {v}.",),
        draw=lambda rng, values: rng.choice(("vegetarian", "vegan", "pescatarian", "gluten-free", "diabetic")),
        weight=0.4,
    ),
    Kind(
        name="learning",
        attribute="learning",
        kept=("The user is learning {v}.",),
        told=(
            "I'm learning {v}.",
            "I started to learn {v} this month.",
            "I've begun to learn {v}.",
            "I am taking lessons in {v}",
            "These days I'm learning {v}",
        ),
        asked=(
            "What am I learning?",
            "Which thing am I learning?",
            "Do you know what I am learning?",
            "What did I start to learn?",
            "Tell me what I'm learning.",
        ),
        you=("you are learning {v}",),
        what="what you are learning",
        acks=("Good luck with {v}.", "{v} takes patience, well done."),
        draw=_listed([*lexicon.HOBBIES, *lexicon.SUBJECTS]),
        weight=0.4,
    ),
)

PLAIN_KINDS = tuple(
    replace(k, told=(*k.told, *phrases.plain(k.name, "told")), asked=(*k.asked, *phrases.plain(k.name, "asked")))
    for k in _PLAIN
)
KINDS = (
    *PLAIN_KINDS,
    *(animal_kind(animal) for animal in lexicon.ANIMALS),
    *(relation_kind(relation) for relation in lexicon.RELATIONS),
    *(favourite_kind(thing) for thing in lexicon.FAVOURITES),
    *(possession_kind(thing) for thing in dict.fromkeys(lexicon.POSSESSIONS)),
)
WEIGHTS = [kind.weight for kind in KINDS]
LIKE_KINDS = tuple(
    kinds
    for make in ("person:", "pet:", "favourite:")
    if (kinds := [kind for kind in KINDS if kind.attribute.startswith(make)])
)
COMMON_KINDS = (
    *PLAIN_KINDS,
    *(kind for kind in KINDS if kind.name in ("favourite colour", "favourite food", "wife", "boss", "sister")),
)
"""What people tell and ask most. Relatives and pets are so many kinds that by weight alone these come seldom."""
NAMELESS_SHARE = 0.4
"""Share of users whose name stands nowhere: else it would stand in nearly every prompt, and nobody would have to tell it."""
OTHERS_SHARE = 0.4
"""Share of facts, but for the common ones, that are plans or about somebody in the user's life."""
ODD_SHARE = 0.15
"""Share of facts about any word at all, so that looking up is learnt rather than a list of kinds."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    kind: Kind
    value: str
    kept: str
    """The sentence as the app keeps it."""


OF_OTHERS = ("lives", "works", "aged", "born", "allergic")


def _drawn_kind(rng: random.Random, values: Values) -> Kind:
    """A plan of the user, or what is known of somebody in their life."""
    luck = rng.random()
    if luck < 0.55:
        return of_relative(rng.choice(OF_OTHERS), rng.choice(lexicon.RELATIONS))
    return event_kind(rng.choice(lexicon.EVENTS)) if luck < 0.8 else trip_kind(rng, values)


def draw_fact(rng: random.Random, values: Values, kind: Kind | None = None, value: str | None = None) -> Fact:
    if kind is None and rng.random() < OTHERS_SHARE:
        kind = _drawn_kind(rng, values)
    if kind is None and rng.random() < ODD_SHARE:
        word = rng.choice(values.dictionary).lower()
        kind = rng.choice((animal_kind, relation_kind, possession_kind, favourite_kind))(word)
    kind = kind or rng.choices(KINDS, WEIGHTS)[0]
    value = value or kind.draw(rng, values)
    form = kind.kept[0] if rng.random() < 0.85 else rng.choice(kind.kept)
    return Fact(kind=kind, value=value, kept=form.format(v=value))


def draw_kind(rng: random.Random, *, common_share: float) -> Kind | None:
    """One of the common kinds, each as likely as the other; else None, for `draw_fact` to draw by weight."""
    return rng.choice(COMMON_KINDS) if rng.random() < common_share else None


def draw_facts(rng: random.Random, values: Values, count: int) -> dict[str, Fact]:
    """`count` facts at most, by the name of their kind; now and then a second of one kind, "allergy 2".

    In two draws of five most facts are of one make, several relatives or several pets, told apart by one word only.
    """
    facts: dict[str, Fact] = {}
    nameless = rng.random() < NAMELESS_SHARE
    alike = rng.choice(LIKE_KINDS) if rng.random() < 0.4 else None
    for _ in range(3 * count):
        if len(facts) >= count:
            break
        kind = rng.choice(alike) if alike and rng.random() < 0.7 else draw_kind(rng, common_share=0.5)
        fact = draw_fact(rng, values, kind)
        name = fact.kind.name
        if nameless and name == "name":
            continue
        facts.setdefault(name, fact)
        if rng.random() < (0.25 if fact.kind.plural else 0.1 if name in lexicon.MANY else 0):
            second = draw_fact(rng, values, fact.kind)
            if second.value != facts[name].value:
                facts.setdefault(f"{name} 2", second)
    return facts


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
