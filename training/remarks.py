"""Things that users say about their day, put together from parts, and replies that take up what was said.

Glad, sorry or plain: the reply fits the kind of remark and names its subject. Nothing here is kept as a fact.
"""

# ruff: noqa: SIM905

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from training import lexicon, phrases, talk
from training.replies import Reply
from training.values import Values

TIMES = (
    "today",
    "yesterday",
    "this morning",
    "last night",
    "again",
    "at last",
    "this week",
    "on Sunday",
    "just now",
    "finally",
)
PLACES = """museum|office|market|beach|library|station|supermarket|park|gym|cinema|garage|airport|lake|bakery|
church|theatre|mountains|pub|zoo|town hall|swimming pool|post office|forest|school|garden|kitchen|stadium"""
PLACE_LIST = [place.strip() for place in PLACES.replace("\n", "").split("|")]
MEALS = "rice soup cake bread toast pasta sauce curry stew pie eggs porridge pancakes fish".split()
BODY = "back head knee foot hand shoulder neck tooth stomach arm leg ankle wrist throat ear eye finger hip".split()
LOST = """keys wallet glasses umbrella gloves phone ticket passport scarf ring hat watch purse charger bag jacket""".split()
VEHICLES = "bus train plane tram ferry flight connection appointment".split()
GOOD = (
    "happy great fantastic wonderful proud relaxed excited rested grateful cheerful good fine better calm lucky".split()
)
BAD = """sad tired lonely nervous worried sick anxious stressed bored exhausted angry upset afraid dizzy unwell awful
terrible low hopeless jealous guilty restless confused disappointed""".split()
DOING = """cooking|waiting for the bus|cleaning the flat|reading a novel|sitting in the garden|on my way home|working late|
watching a film|having breakfast|doing the dishes|writing a letter|baking|packing|at my desk|in the bath|listening to
 the radio|drinking tea|folding laundry|painting the fence|on the train|out for a walk|stuck in a meeting"""
DOING_LIST = [doing.strip() for doing in DOING.replace("\n", "").split("|")]
WINS = """exam|match|race|interview|bet|game|driving test|competition|audition|prize|raffle|argument|final""".split("|")
DONE = """essay|project|report|book|painting|garden|thesis|puzzle|course|translation|novel|quilt|shed|homework""".split(
    "|"
)
SORRY = (
    "I am sorry to hear that.",
    "That is a pity.",
    "That sounds hard.",
    "Oh no, I am sorry.",
    "That must be annoying.",
)
GLAD = ("How nice!", "That is wonderful!", "I am glad to hear that!", "Lovely!", "Good for you!", "Well done!")
PLAIN = ("I see.", "Thank you for telling me.", "That sounds interesting.", "Good to know.", "Ah, I see.")


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Ways of saying one sort of thing, the mood of the answer, and what can follow.

    Slots: `{o}` an object, `{b}` part of the body, `{v}` a means of travel, `{m}` a meal, `{w}` a thing to win, `{d}` a
    thing to finish, `{g}` and `{f}` a good and a bad feeling, `{p}` a place nearby, `{i}` what one is doing, `{r}` a
    relation, `{t}` a town.
    """

    mood: tuple[str, ...]
    said: tuple[str, ...]
    more: tuple[str, ...]
    weight: float = 1.0
    timed: bool = True
    """Whether a time may follow, or an opener such as "Guess what" come before."""


_PARTED = (
    Remark(
        mood=GLAD,
        said=(
            *(
                "I bought a {o}",
                "We got a new {o}",
                "I have a new {o}",
                "My friend gave me a {o}",
                "I made a {o} myself",
            ),
            *("I treated myself to a new {o}", "The new {o} arrived in the post", "I found an old {o} at the market"),
        ),
        more=("I hope you enjoy the {o}.", "What do you like about the {o}?", "Tell me more about the {o}."),
        weight=1.3,
    ),
    Remark(
        mood=SORRY,
        said=(
            *(
                "I lost my {o}",
                "I broke my {o}",
                "I forgot my {o}",
                "I dropped my {o}",
                "I left my {o} behind",
                "the {o} is gone",
            ),
            *("I can't find my {o}", "My {o} is broken", "Someone stole my {o}", "My {o} stopped working"),
        ),
        more=("I am sorry about your {o}.", "I hope it turns out well.", "I hope that can be put right soon."),
        weight=1.3,
    ),
    Remark(
        mood=SORRY,
        said=(
            "My {b} hurts",
            "I hurt my {b}",
            "I broke my {b}",
            "I have a pain in my {b}",
            "My {b} is sore",
            "I twisted my {b}",
        ),
        more=(
            "I hope your {b} gets better soon.",
            "Please take care of yourself.",
            "If it stays bad, a doctor can help.",
        ),
    ),
    Remark(
        mood=SORRY,
        said=("I missed my {v}", "The {v} was late", "My {v} was cancelled", "I almost missed the {v}", "no {v} came"),
        more=("I hope you still got there.", "I hope the next {v} is on time.", "What did you do then?"),
        weight=0.7,
    ),
    Remark(
        mood=SORRY,
        said=("I burnt my {m}", "The {m} was awful", "I spilled the {m}", "The {m} went wrong", "there is no {m} left"),
        more=("The next {m} will be better.", "That happens to the best cooks.", "What will you eat now?"),
        weight=0.6,
    ),
    Remark(
        mood=GLAD,
        said=(
            "I cooked {m}",
            "My {m} turned out well",
            "I had {m} for lunch",
            "we made {m} together",
            "The {m} was delicious",
        ),
        more=("I hope the {m} was good.", "Who did you share it with?", "Enjoy your {m}!"),
        weight=0.6,
    ),
    Remark(
        mood=GLAD,
        said=(
            "I won the {w}",
            "I passed the {w}",
            "We won our {w}",
            "I finished my {d}",
            "My {d} is done",
            "the {d} is finished",
        ),
        more=("You can be proud of that.", "How will you celebrate?", "That took some work, I am sure."),
    ),
    Remark(
        mood=SORRY,
        said=("I failed the {w}", "We lost the {w}", "My {w} went badly", "I am stuck with my {d}"),
        more=("There will be another chance.", "You tried, and that counts.", "What would help you now?"),
        weight=0.6,
    ),
    Remark(
        mood=GLAD,
        said=(
            *("I feel {g}", "I am {g}", "I'm so {g}", "I am quite {g}", "feeling {g}", "I've been {g} all day"),
            *("I feel {g} today", "I am {g} this morning", "I feel really {g} tonight", "today I feel {g}"),
            *("I've felt {g} since yesterday", "I feel {g} at last"),
        ),
        more=("What made you feel so {g}?", "Enjoy it!", "I hope it lasts."),
    ),
    Remark(
        mood=SORRY,
        said=(
            *("I feel {f}", "I am {f}", "I'm so {f}", "I am rather {f}", "feeling {f}", "I've been {f} all day"),
            *("I feel {f} today", "I am {f} this morning", "I feel really {f} tonight", "today I feel {f}"),
            *("I've felt {f} since yesterday", "I feel so {f} lately", "I feel a bit {f}", "Why do I feel so {f}?"),
            *("I'm feeling {f} again", "I feel {f} and I don't know why", "I get {f} in the evenings"),
        ),
        more=("Would you like to tell me about it?", "I hope it gets better soon.", "Be kind to yourself today."),
        weight=2.2,
    ),
    Remark(
        mood=PLAIN,
        said=(
            *(
                "I went to the {p}",
                "I'm going to the {p}",
                "I was at the {p}",
                "We are at the {p}",
                "I walked to the {p}",
            ),
            *("I have to go to the {p}", "I spent an hour at the {p}"),
        ),
        more=("How was it at the {p}?", "I hope you have a good time at the {p}.", "What is the {p} like?"),
        weight=1.4,
    ),
    Remark(
        mood=SORRY,
        said=("The {p} was closed", "The {p} was full", "I could not get into the {p}"),
        more=("Maybe the {p} is open tomorrow.", "What did you do instead?"),
        weight=0.4,
    ),
    Remark(
        mood=PLAIN,
        said=("I'm {i}", "I am {i}", "I was {i}", "still {i}", "I have been {i} for an hour", "I like {i}"),
        more=("How is it going?", "I hope it goes well.", "Tell me how it turns out."),
        weight=1.2,
    ),
    Remark(
        mood=GLAD,
        said=(
            *(
                "The sun is out",
                "It is a beautiful day",
                "It's warm and sunny",
                "What a lovely evening",
                "The sky is so blue",
            ),
            *("Spring is here", "the first snow is falling"),
        ),
        more=("I hope you can spend some time outside.", "Enjoy it!", "That lifts the mood."),
        weight=0.5,
    ),
    Remark(
        mood=SORRY,
        said=(
            "It is pouring",
            "It's freezing",
            "The storm was terrible",
            "It has rained all day",
            "It's foggy",
            "it is too hot",
        ),
        more=("Stay safe and comfortable.", "I hope it gets better soon.", "A quiet day inside can be nice too."),
        weight=0.5,
    ),
    Remark(
        mood=SORRY,
        said=(
            *("My {r} was unfair", "I argued with my {r}", "My {r} is ill", "My {r} forgot about me", "I miss my {r}"),
            *("my {r} is angry with me", "My {r} left", "my {r} does not talk to me", "I miss home"),
        ),
        more=("Would you like to tell me more?", "I hope that gets better.", "That can weigh on you."),
    ),
    Remark(
        mood=GLAD,
        said=(
            *(
                "My {r} visits me",
                "I met my {r}",
                "My {r} is getting married",
                "My {r} cooked for me",
                "my {r} called me",
            ),
            *("I had coffee with my {r}", "My {r} helped me a lot"),
        ),
        more=(
            "I hope you have a good time with your {r}.",
            "How is your {r}?",
            "It is good to have people around you.",
        ),
    ),
    Remark(
        mood=PLAIN,
        said=(
            *("I'm planning a trip to {t}", "I want to go to the {p}", "I have the day off", "We have guests tonight"),
            *(
                "I have a meeting later",
                "I might visit {t}",
                "I start a new course",
                "I have an exam soon",
                "we are packing",
            ),
        ),
        more=("What are you looking forward to?", "I hope it goes well.", "Tell me afterwards how it was."),
    ),
)
REMARKS = (
    *_PARTED,
    *(
        Remark(
            mood=tuple(sort["mood"]),
            said=tuple(sort["said"]),
            more=tuple(sort["more"]),
            weight=sort["weight"] / 2,
            timed=sort.get("timed", False),
        )
        for sort in phrases.remarks()
    ),
)
WEIGHTS = [sort.weight for sort in REMARKS]


def _object(rng: random.Random, values: Values) -> str:
    return rng.choice((rng.choice(talk.OBJECTS), rng.choice(LOST), rng.choice(values.dictionary).lower()))


def remark(rng: random.Random, values: Values) -> tuple[str, Reply]:
    """Something about the user's day, and a reply."""
    sort = rng.choices(REMARKS, WEIGHTS)[0]
    slots = {
        "o": _object(rng, values),
        "b": rng.choice(BODY),
        "v": rng.choice(VEHICLES),
        "m": rng.choice(MEALS),
        "w": rng.choice(WINS),
        "d": rng.choice(DONE),
        "g": rng.choice(GOOD),
        "f": rng.choice(BAD),
        "p": rng.choice(PLACE_LIST),
        "i": rng.choice(DOING_LIST),
        "r": rng.choice(lexicon.RELATIONS),
        "t": values.proper(rng, lexicon.PLACES),
    }
    said = rng.choice(sort.said).format(**slots)
    first = rng.choice(sort.mood)
    # What takes up a word takes up one that was said.
    fitting = [m for m in sort.more if all(slots[slot] in said for slot in re.findall(r"{(.)}", m))]
    second = rng.choice(fitting).format(**slots)
    if sort.timed and rng.random() < 0.35:
        said += " " + rng.choice(TIMES)
    if re.match(r"(could|can|do|does|how|what's|why|who|where|will|would|is|are|may|have you|got)\b", said.lower()):
        said += rng.choice(("?", "?", ""))
    elif said[-1] not in ".!?":
        said += rng.choice((".", ".", "", "!", "..."))
    if sort.timed and rng.random() < 0.12:
        opened = rng.choice(("Guess what, ", "You know, ", "Oh, ", "Hey, ", "So, ", "Sigh, "))
        said = opened + (said if said.startswith(("I ", "I'")) else said[0].lower() + said[1:])
    core = (second,) if rng.random() < 0.25 else (first, second)
    return said, Reply(core=core, brief=rng.choice((first, second)), greets=True)
