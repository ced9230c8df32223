"""Small jobs on given text, which take copying and little else: lists, plans, rewording, shortening, summing up."""

# ruff: noqa: SIM905

from __future__ import annotations

import random
from datetime import date, timedelta

from assistant.prompt import long_date
from training import lexicon, talk
from training.replies import Reply, noisy
from training.values import Values

THINGS = """eggs milk bread soap candles batteries stamps tea rice apples honey paper towels flour butter salt pens tape
glue nails string matches shampoo toothpaste napkins cups plates bulbs seeds envelopes""".split()
CHORES = """clean the kitchen|water the plants|pay the rent|call the bank|wash the car|answer my emails|tidy my desk|
read two chapters|go to the gym|buy groceries|mow the lawn|pick up the parcel|feed the cat|write the report|fix the tap|
take a nap|do the laundry|iron my shirts|practise for an hour|visit the dentist|cook dinner|walk the dog|pack my bag|
book the train|sort the photos|return the books|have lunch with {n}|meet {n}|call {n}|write to {n}|visit {n}"""
CHORE_LIST = [chore.strip() for chore in CHORES.replace("\n", "").split("|")]
TIMES = ("Morning", "Noon", "Afternoon", "Evening", "Night")
WRAPS = (
    "Well, what I actually wanted to say is that {s}.",
    "I just wanted to let you know, in case you did not hear it yet, that {s}.",
    "To be honest, and I have thought about it for a long time, {s}.",
    "As I said before, and as you may remember from last time, {s}.",
    "So the thing is, more or less, that {s}.",
    "It may be worth saying at this point that {s}.",
)
PLAIN = (
    "the {o} is broken",
    "{n} will come at {h}",
    "the meeting is on {d}",
    "we need more {t}",
    "{n} has the key",
    "the shop in {c} is closed",
    "I will be late on {d}",
    "the {o} has arrived",
    "{n} wants to sell the {o}",
    "dinner is at {h}",
    "there is no {t} left",
    "the train to {c} leaves at {h}",
)
REQUESTS = (
    "send me the {o}",
    "call {n}",
    "bring the {t}",
    "meet me at {h}",
    "fix the {o}",
    "tell {n} about the {o}",
    "buy some {t}",
    "come to {c} on {d}",
    "show me the {t}",
    "open the {o}",
)
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def skill(rng: random.Random, values: Values) -> tuple[str, Reply]:
    """What the user asks for, and the reply."""
    act = rng.choices((_list, _plan, _shorten, _polite, _sum_up, _repeat), (3, 3, 2, 2, 2, 1))[0]
    return dates(rng) if rng.random() < 0.1 else act(rng, values)


def _words(rng: random.Random, values: Values) -> dict[str, str]:
    return {
        "n": values.proper(rng, lexicon.PEOPLE),
        "c": values.proper(rng, lexicon.PLACES),
        "o": rng.choice(talk.OBJECTS),
        "t": _thing(rng, values),
        "d": rng.choice(DAYS),
        "h": rng.choice(
            ("noon", f"{rng.randint(1, 12)}", f"half past {rng.randint(1, 12)}", f"{rng.randint(8, 22)}:30")
        ),
    }


def _thing(rng: random.Random, values: Values) -> str:
    thing = values.from_list(rng, THINGS, made_share=0.6)
    return f"{values.made_up(rng)} {thing}" if rng.random() < 0.15 else thing


def _chore(rng: random.Random, values: Values) -> str:
    """Something to do, as a verb or as a noun."""
    if rng.random() < 0.6:
        return rng.choice(CHORE_LIST).format(n=values.proper(rng, lexicon.PEOPLE))
    noun = rng.choice(
        ("{t}", "{t}", "{m} with {n}", "{t} with {n}", "{m} at {h}", "{m}", "{v} {n}", "{v} {t}", "{v} the {o}")
    )
    return noun.format(
        **_words(rng, values),
        m=rng.choice(("lunch", "dinner", "coffee", "gym", "work", "school", "tennis", "a walk", "homework", "a nap")),
        v=rng.choice(("call", "email", "text", "help", "see", "find", "clean", "move", "check", "paint", "phone")),
    )


def _joined(items: list[str], rng: random.Random) -> str:
    last = rng.choice((" and ", ", ", " and also ", ", and "))
    return ", ".join(items[:-1]) + last + items[-1]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _list(rng: random.Random, values: Values) -> tuple[str, Reply]:
    """Each item in the letters it was given in: a capital would be another token, and be written from memory."""
    drawn = rng.choices((_thing, _chore, lambda r, v: v.proper(r, lexicon.PEOPLE)), (6, 3, 1))[0]
    items = list(dict.fromkeys(drawn(rng, values) for _ in range(rng.randint(2, 7))))
    if len(items) < 2:
        return _list(rng, values)
    asked = rng.choice(
        (
            "Make a shopping list with {}",
            "Make a list of {}",
            "Write a list: {}",
            "Can you make a list of {}?",
            "I need {}. Make a list.",
            "list these for me: {}",
            "Put {} on a list please",
            "put these on a list: {}",
            "Could you list these, please: {}",
            "Shopping list: {}",
            "Make a packing list with {}.",
            "write me a packing list: {}",
            "Make a to-do list: {}",
            "write a to-do list for me: {}",
            "my to do list: {}",
            "I have to do these: {}. Write them as a list.",
            "Turn this into a list: {}",
            "Make bullet points of this: {}",
            "as a list please: {}",
            "I want to buy {}, write a list",
            "Guest list: {}",
        )
    ).format(_joined(items, rng))
    first = rng.choice(("Here is your list:", "Your list:", "Here you are:"))
    return asked, Reply(core=(first,), text="\n".join(f"- {item}" for item in items), greets=True)


def _plan(rng: random.Random, values: Values) -> tuple[str, Reply]:
    chores = list(dict.fromkeys(_chore(rng, values) for _ in range(rng.randint(2, 5))))
    if len(chores) < 2:
        return _plan(rng, values)
    asked = rng.choice(
        (
            "Plan my day: {}",
            "Help me plan my day. I want to {}.",
            "Help me plan my day: {}",
            "Tomorrow I have to {}. Can you make a plan?",
            "Make a plan for today: {}",
            "Make me a plan, please: {}",
            "plan tomorrow for me: {}",
            "I need to {}. In which order?",
            "Sort my tasks for today: {}",
            "plan my day with {}",
            "I must {} today, plan it please",
            "There is {} to do today. Can you plan it?",
        )
    ).format(_joined(chores, rng))
    first = rng.choice(("Here is a plan:", "Your plan:", "This could be your day:"))
    text = "\n".join(f"- {time}: {chore}" for time, chore in zip(TIMES, chores, strict=False))
    return asked, Reply(core=(first,), text=text, greets=True)


DATES = (
    ("Which is later, {a} or {b}?", True),
    ("Which of these comes later: {a}, {b}?", True),
    ("{a} or {b}, which is later", True),
    ("what's the later date, {a} or {b}?", True),
    ("Which date is more recent, {a} or {b}?", True),
    ("Which is the newer one, {a} or {b}?", True),
    ("Which is earlier, {a} or {b}?", False),
    ("Which comes first, {a} or {b}?", False),
    ("which date was before the other, {a} or {b}", False),
    ("What is the older date, {a} or {b}?", False),
)


def some_days(rng: random.Random) -> timedelta:
    """Two days to five years, a few days as often as some years."""
    return timedelta(days=round(10 ** rng.uniform(0.3, 3.3)))


def dates(rng: random.Random) -> tuple[str, Reply]:
    """Which of two dates is the later or the earlier one."""
    early = date(2014, 1, 1) + timedelta(days=rng.randint(0, 8000))
    late = early + some_days(rng)
    form, later = rng.choice(DATES)
    asked = [long_date(early), long_date(late)]
    rng.shuffle(asked)
    first = f"{long_date(late if later else early)} is {'later' if later else 'earlier'}."
    return form.format(a=asked[0], b=asked[1]), Reply(core=(first,), brief=first, greets=True)


def _shorten(rng: random.Random, values: Values) -> tuple[str, Reply]:
    plain = rng.choice(PLAIN).format(**_words(rng, values))
    long = rng.choice(WRAPS).format(s=plain)
    asked = rng.choice(
        (
            "Shorten this: {}",
            "Make this shorter: {}",
            "Say this in fewer words: {}",
            "Can you shorten this? {}",
            "Cut this down: {}",
        )
    ).format(long)
    return asked, _verbatim(rng, _capital(plain) + ".")


def _polite(rng: random.Random, values: Values) -> tuple[str, Reply]:
    request = rng.choice(REQUESTS).format(**_words(rng, values))
    asked = rng.choice(
        (
            "Make this more polite: {}",
            "Rewrite this politely: {}",
            "How do I say this nicely: {}",
            "Say this politely: {}",
            "Rephrase this in a polite way: {}",
        )
    ).format(rng.choice((request, _capital(request) + ".", request + "!")))
    return asked, _verbatim(rng, rng.choice(("Could you please {}?", "Would you please {}?")).format(request))


def _sum_up(rng: random.Random, values: Values) -> tuple[str, Reply]:
    """Of a few plain sentences, the two that say something; the rest is talk."""
    words = [_words(rng, values) for _ in range(2)]
    said = [_capital(form.format(**w)) + "." for form, w in zip(rng.sample(PLAIN, 2), words, strict=True)]
    padding = rng.sample(
        (
            "It was a long week.",
            "Nobody knows why.",
            "We talked about it for an hour.",
            "That is how it goes.",
            "Everyone was there.",
            "It took a while.",
            "The weather was fine.",
            "There was coffee too.",
        ),
        rng.randint(1, 3),
    )
    text = list(said)
    for sentence in padding:
        text.insert(rng.randint(1, len(text)), sentence)
    asked = rng.choice(
        (
            "Summarise this: {}",
            "Sum this up: {}",
            "Summarize: {}",
            "What does this say in short? {}",
            "Give me the main points: {}",
            "tl;dr of this: {}",
        )
    ).format(" ".join(text))
    return asked, Reply(core=("In short:",), text="\n".join(f"- {sentence}" for sentence in said), greets=True)


def _repeat(rng: random.Random, values: Values) -> tuple[str, Reply]:
    said = rng.choice(
        (
            _capital(rng.choice(PLAIN).format(**_words(rng, values))),
            values.made_up(rng),
            values.proper(rng, lexicon.PLACES),
        )
    )
    asked = rng.choice(("Repeat after me: {}", "Say {}", "Please repeat: {}", "Write this back to me: {}")).format(said)
    return asked, Reply(core=(), text=_capital(said), greets=True)


def _verbatim(rng: random.Random, text: str) -> Reply:
    return Reply(
        core=(rng.choice(("Here you are:", "You could write:", "Shorter:" if text.endswith(".") else "Politely:")),),
        text=text,
        greets=True,
    )


def noisy_skill(rng: random.Random, values: Values) -> tuple[str, Reply]:
    """`skill`, its request now and then typed in lower case at the start."""
    asked, reply = skill(rng, values)
    before, colon, after = asked.partition(": ")
    if colon and rng.random() < 0.5:
        return noisy(before, rng).rstrip("?!.") + colon + after, reply
    return asked, reply
