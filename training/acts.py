"""What is said in a turn, one function an act: the user's words, the reply, and the memory lines the reply needs."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from assistant.prompt import long_date
from training import lexicon, phrases, remarks, skills, talk
from training.facts import (
    KINDS,
    OF_OTHERS,
    Fact,
    Kind,
    animal_kind,
    draw_fact,
    draw_kind,
    of_relative,
    relation_kind,
    sentence,
)
from training.replies import RULES, Reply, noisy
from training.scene import Scene, Told, lines_of, noise_lines, phrase, quote, told_in_passing

Turn = tuple[str, Reply, list[str]]
"""What the user says, what is answered, and the memory lines the answer needs."""
Acts = tuple[tuple[Callable[[Scene], Turn], float], ...]
"""What may come next, each with its weight."""

PLAIN_ACKNOWLEDGEMENTS = (
    *("Thank you for telling me.", "I will remember that.", "I have noted it.", "Thanks, I will keep that.", "Noted."),
    *("I see.", "How nice to hear!", "I will keep that in mind.", "That is good to know.", "All right.", "Understood."),
    *("I am glad you told me.", "Got it.", "Thanks for sharing that with me.", "I have written that down for you."),
)


def _plain_acknowledgement(rng: random.Random) -> Reply:
    plain = rng.choice(PLAIN_ACKNOWLEDGEMENTS)
    return Reply(core=(plain,), brief=plain, greets=True)


def told_turns(scene: Scene, turns: int) -> Iterator[Turn]:
    """A conversation in which facts are told first and asked for at the end, from its own turns alone."""
    rng = scene.rng
    asking = rng.randint(1, max(1, turns // 2))
    telling = rng.randint(1, max(1, min(3, turns - asking)))
    for _ in range(telling):
        text, reply, _lines = _tell(scene, new=True)
        if rng.random() < 0.4:
            # Else the value could always be copied from the reply, and what the user wrote need not be read.
            reply = _plain_acknowledgement(rng)
        yield text, reply, []
    for _ in range(turns - telling - asking):
        text, reply, _lines = rng.choices((_small_talk, _remark, _decline, _casual), (0.4, 0.3, 0.2, 0.1))[0](scene)
        yield text, reply, []
    for _ in range(asking):
        said = [t for t in scene.known.values() if t.since is None]
        yield _recall_of(scene, rng.choice(said)) if said and rng.random() < 0.8 else _unknown(scene)


def drill_turns(scene: Scene, turns: int) -> Iterator[Turn]:
    """Little but questions, half of them for what is not known; at times some facts are told first."""
    rng = scene.rng
    telling = rng.randint(1, max(1, turns // 3)) if rng.random() < 0.5 else 0
    for _ in range(telling):
        text, _reply, _lines = _tell(scene, new=True)
        yield text, _plain_acknowledgement(rng), []
    asked: set[str] = set()
    for _ in range(turns - telling):
        left = [told for name, told in scene.known.items() if name not in asked]
        if left and rng.random() < 0.55:
            told = rng.choice(left)
            asked.update(name for name, other in scene.known.items() if other.fact.kind.name == told.fact.kind.name)
            yield _recall_of(scene, told)
        else:
            yield rng.choices((_unknown, _small_talk, _remark, _decline), (0.82, 0.06, 0.06, 0.06))[0](scene)


def told_before(turns: int) -> int:
    """How many of the turns of `far_turns` come before what stands between."""
    return turns // 3


def far_turns(scene: Scene, turns: int) -> Iterator[Turn]:
    """Facts are told first; then they and those of the profile are asked for, with no memory of them at hand."""
    rng = scene.rng
    for _ in range(told_before(turns)):
        text, reply, _lines = _tell(scene, new=True)
        yield text, _plain_acknowledgement(rng) if rng.random() < 0.7 else reply, []
    left = [told for told in scene.known.values() if told.since is None or (told.in_profile and not told.older)]
    for _ in range(turns - told_before(turns)):
        if not left:
            return
        if rng.random() < 0.7:
            told = left.pop(rng.randrange(len(left)))
            left = [other for other in left if other.fact.kind.name != told.fact.kind.name]
            yield (*_recall_of(scene, told)[:2], [])
        else:
            yield _unknown(scene)


def dated_turns(scene: Scene, turns: int) -> Iterator[Turn]:
    """Facts that have changed, the dates of their memories telling which value holds; and dates to compare."""
    rng = scene.rng
    changed = [told for told in scene.known.values() if told.older]
    for _ in range(turns):
        if not changed or rng.random() < 0.4:
            yield (*skills.dates(rng), [])
        else:
            yield _recall_of(scene, rng.choice(changed))


def talk_turns(scene: Scene, turns: int) -> Iterator[Turn]:
    """Talk of all sorts that asks for no fact."""
    acts = (
        (_small_talk, 0.44),
        (_decline, 0.18),
        (_remark, 0.11),
        (_instruct, 0.05),
        (_advise, 0.14),
        (_skill, 0.03),
        (_suggest, 0.03),
        (_casual, 0.02),
    )
    for _ in range(turns):
        yield _drawn(scene, acts)


def lesson_turns(scene: Scene, turns: int) -> Iterator[Turn]:
    """Lists, plans and rewording of given words, and what to do or to eat, from what is known."""
    for _ in range(turns):
        yield _drawn(scene, ((_skill, 0.6), (_advise, 0.2), (_suggest, 0.2)))


def turn(scene: Scene, *, dense: bool) -> Turn:
    """One exchange of a conversation of all sorts; a dense one is mostly questions for facts."""
    acts: Acts = (
        (_recall, 0.27),
        (_unknown, 0.28),
        (_tell, 0.12),
        (_correct, 0.035),
        (_negate, 0.02),
        (_small_talk, 0.24),
        (_decline, 0.22),
        (_casual, 0.02),
        (_remark, 0.1),
        (_instruct, 0.03),
        (_about_me, 0.04),
        (_suggest, 0.02),
        (_advise, 0.025),
        (_since_when, 0.012),
        (_date, 0.01),
        (_two_things, 0.03),
        (_yes_or_no, 0.04),
        (_group, 0.03),
        (_who_is, 0.03),
        (_about_one, 0.02),
        (_said_about, 0.03),
        (_skill, 0.05),
    )
    if dense and scene.rng.random() < 0.6:
        acts = (
            (_recall, 0.45),
            (_unknown, 0.42),
            (_about_me, 0.03),
            (_yes_or_no, 0.04),
            (_group, 0.05),
            (_who_is, 0.06),
            (_about_one, 0.02),
        )
    return _drawn(scene, acts)


def _drawn(scene: Scene, acts: Acts) -> Turn:
    act = scene.rng.choices([a for a, _ in acts], [w for _, w in acts])[0]
    return act(scene)


def _recall(scene: Scene) -> Turn:
    if not scene.known:
        return _unknown(scene)
    return _recall_of(scene, scene.rng.choice(list(scene.known.values())))


def _recall_of(scene: Scene, told: Told) -> Turn:
    rng, fact = scene.rng, told.fact
    question = question_for(rng, fact.kind, fact.value)
    both = [t for t in scene.known.values() if t.fact.kind.name == fact.kind.name]
    value = " and ".join(t.fact.value for t in both)
    first = sentence(fact.kind.you[0].format(v=value))
    many = lexicon.MANY.get(fact.kind.name, "") if len(both) > 1 else ""
    if many:
        question = rng.choice(MANY_ASKED).format(many) if rng.random() < 0.6 else question
        first = f"Your {many} are called {value}."
    elif rng.random() < 0.2 and (word := _other_word(scene, fact.kind)):
        question = question_for(rng, word)
    if rng.random() < 0.12:
        first = sentence(
            f"{rng.choice(('you told me that', 'as far as I know,', 'I remember that'))} {first[0].lower()}{first[1:]}"
        )
    alone = sentence(value) if fact.kind.has_days else f"{value}."
    brief = alone if rng.random() < 0.25 else first
    core = [first]
    if rng.random() < 0.12 and told.since and told.in_memory and len(both) == 1:
        core.append(f"You told me on {long_date(told.since)}." if rng.random() < 0.5 else "I have it in my memory.")
    scene.asked.append(question)
    lines = [line for t in both for line in _needed(scene, t)]
    return noisy(question, rng), Reply(core=tuple(core), brief=brief, extras=_recall_extras(rng)), lines


MANY_ASKED = (
    *("What are my {} called?", "What are the names of my {}?", "Do you remember my {}?", "Who are my {}?"),
    *("my {}, what are they called?", "Do you know the names of my {}?", "Tell me what my {} are called.", "my {}?"),
    *("Which names did I give you for my {}?", "how are my {} called", "I have {}. What are their names?"),
    *("Can you name my {}?", "Name my {}.", "What do I call my {}?", "Did I tell you the names of my {}?"),
)


def _other_word(scene: Scene, kind: Kind) -> Kind | None:
    """The kind by another word for it, one that says nothing else in this dialogue; None where there is none."""
    words = [word for word in lexicon.OTHER_WORDS.get(kind.name, ()) if not _near(word, scene.known, but=kind.name)]
    if not words:
        return None
    make = animal_kind if kind.attribute.startswith("pet:") else relation_kind
    return make(scene.rng.choice(words))


OVER = (
    "What do I like better than {o}?",
    "What do I choose over {o}?",
    "Which drink would I take instead of {o}?",
    "What would I sooner have than {o}?",
    "{o} or something else, which do I prefer?",
    "not {o}, but what do I prefer?",
    "Instead of {o} I prefer what?",
    "I like what more than {o}?",
)


def _needed(scene: Scene, told: Told) -> list[str]:
    """The fact's memory lines; at times none, where the profile holds it."""
    if told.in_profile and scene.rng.random() < 0.2 and not told.older:
        return []
    return lines_of(scene, told)


BEFORE_QUESTIONS = (
    *(
        "Remind me, ",
        "Quick question: ",
        "Tell me, ",
        "One more thing: ",
        "So, ",
        "Please, ",
        "Let me ask you: ",
        "Sorry, ",
    ),
    *(
        "By the way, ",
        "Hm, ",
        "Let me see if you know. ",
        "Tell me again, ",
        "Help me out: ",
        "Be honest: ",
        "I ask myself ",
    ),
)
CLAUSES = (
    *(
        "Do you know {}?",
        "Can you tell me {}?",
        "Do you remember {}?",
        "I forgot {}.",
        "I'm not sure {}",
        "Please tell me {}",
    ),
    *(
        "I can't remember {}",
        "Let me know {}",
        "Could you remind me {}?",
        "I would like to know {}",
        "I no longer know {}",
    ),
    *(
        "Have I told you {}?",
        "You should know {}.",
        "Did I mention {}?",
        "Say {}.",
        "I have to write down {}, can you help?",
    ),
    *("Someone asked me {}. What do I say?", "Check {}", "Are you able to say {}?", "Let's see if you know {}"),
)
NAMED = (
    *(
        "Name {}",
        "Give me {}.",
        "{}?",
        "{} please",
        "I need {}",
        "I forgot {}.",
        "Do you have {}?",
        "Look up {}",
        "Recall {}.",
    ),
    *(
        "What about {}?",
        "Do you recall {}?",
        "Say {}",
        "I can't think of {}",
        "{} has slipped my mind",
        "Find {}",
        "Spell {}.",
    ),
    *(
        "Show me {}",
        "Repeat {}",
        "Help me with {}",
        "I want to hear {}",
        "Could you look up {}?",
        "Do you happen to have {}?",
    ),
    *("I wonder if you know {}", "It slipped my mind: {}?", "can you find {} in your memory", "I keep forgetting {}"),
    *(
        "I lost track of {}.",
        "Any idea what {} is?",
        "Which one is {}?",
        "what was {} again",
        "Tell me {}.",
        "{}, what is it?",
    ),
)


def question_for(rng: random.Random, kind: Kind, value: str = "") -> str:
    """A question for this kind of fact: of its own forms, or put together from what is asked for.

    Args:
        value: of a preference, "tea over coffee": the coffee may be named.
    """
    if kind.name == "preference" and value and rng.random() < 0.4:
        return rng.choice(OVER).format(o=value.partition(" over ")[2])
    mine = _asked_by_me(kind.what)
    is_named = kind.what.startswith(("your ", "the name of your "))
    luck = rng.random()
    if luck < 0.6:
        text = kind.ask(rng)
        if rng.random() < 0.1:
            text = rng.choice(BEFORE_QUESTIONS) + (text if text.startswith("I ") else text[0].lower() + text[1:])
        return text
    if is_named and luck < 0.82:
        if mine.endswith("'s name") and rng.random() < 0.4:
            mine = "the name of " + mine.removesuffix("'s name")
        text = rng.choice(NAMED).format(mine)
    elif is_named:
        owner = mine.removesuffix("'s name").removeprefix("the name of ")
        clause = f"what {owner} is called" if owner != mine and rng.random() < 0.7 else f"what {mine} is"
        text = rng.choice(CLAUSES).format(clause)
    else:
        text = rng.choice(CLAUSES).format(mine)
    return text[0].upper() + text[1:]


def _asked_by_me(what: str) -> str:
    """`where your sister lives` as the user says it: `where my sister lives`."""
    return what.replace("your", "my").replace("you are", "I am").replace("you were", "I was").replace("you", "I")


def _recall_extras(rng: random.Random) -> tuple[str, ...]:
    return (
        rng.choice(("I remember that well.", "You told me so.", "That is what you told me.", "I have that from you.")),
    )


def _unknown(scene: Scene) -> Turn:
    rng = scene.rng
    people = [t.fact.kind.name for t in scene.known.values() if t.fact.kind.attribute.startswith("person:")]
    for _ in range(30):
        kind = draw_kind(rng, common_share=0.75) or draw_fact(rng, scene.values).kind
        if people and rng.random() < 0.15:
            # The name is known, and this is not.
            kind = of_relative(rng.choice(OF_OTHERS), rng.choice(people))
        if kind.name not in scene.known and not _near(kind.name, scene.known):
            break
    else:
        return _small_talk(scene)
    question = question_for(rng, kind, kind.draw(rng, scene.values) if kind.name == "preference" else "")
    scene.asked.append(question)
    if rng.random() < 0.07:
        # A value that held once and holds no more: all that is known is that it is over.
        old = draw_fact(rng, scene.values, kind)
        ended = long_date(scene.past())
        first = sentence(f"I don't know {kind.what} now; what I knew ended on {ended}")
        reply = Reply(core=(first, "Please tell me what is right now."), brief=f"I don't know {kind.what} now.")
        return noisy(question, rng), reply, [f"No longer true since {ended}: {old.kept}"]
    first = rng.choice(
        (
            f"You haven't told me {kind.what} yet.",
            f"I don't know {kind.what} yet.",
            f"You haven't told me {kind.what}.",
            f"I don't know {kind.what}, because you haven't told me.",
            f"I'm sorry, I don't know {kind.what}.",
        )
    )
    second = rng.choice(
        (
            "If you tell me, I will remember it.",
            "Tell me, and I will keep it.",
            "You can tell me now, and I will remember.",
        )
    )
    lines = [quote(scene, noisy(question, rng), scene.past())] if rng.random() < 0.25 else []
    return noisy(question, rng), Reply(core=(first, second), brief=first, greets=True), lines


PARTNERS = {"wife", "husband", "partner", "girlfriend", "boyfriend"}
NEARLY: dict[str, set[str]] = {
    "job": {"employer"},
    "like": {"love", "hobby", "preference", "learning", "instrument", "favourite food", "favourite dish"},
    "love": {"like", "favourite food", "favourite dish"},
    "favourite food": {"like", "love", "favourite dish"},
    "favourite dish": {"like", "love", "favourite food"},
    "favourite drink": {"preference"},
    "hobby": {"like", "love", "instrument", "learning"},
    "dislike": {"allergy", "diet", "not-eaten", "not-drunk"},
    "diet": {"allergy", "not-eaten"},
    "not-eaten": {"allergy", "diet", "dislike"},
    "not-drunk": {"dislike"},
    "goal": {"learning"},
    "birthplace": {"origin"},
    "origin": {"birthplace"},
    "birth-year": {"age"},
    "age": {"birth-year"},
    "drives": {"car"},
    "car": {"drives"},
    "status": PARTNERS,
    "collection": {"hobby"},
    "studies": {"learning"},
    "language": {"learning"},
    **dict.fromkeys(PARTNERS, PARTNERS),
}
"""What answers a question for each kind well enough that not knowing would be a lie. All else must be told apart."""
for _one, _others in lexicon.OTHER_WORDS.items():
    for _other in _others:
        NEARLY[_one] = NEARLY.get(_one, set()) | {_other}
        NEARLY[_other] = NEARLY.get(_other, set()) | {_one}


def _near(kind: str, known: dict[str, Told], *, but: str = "") -> bool:
    """Whether something known, `but` aside, answers a question for `kind`, or nearly."""
    names = {name.removesuffix(" 2") for name in known} - {but}
    return bool(NEARLY.get(kind, set()) & names) or (bool(but) and kind in names)


def _tell(scene: Scene, *, new: bool = False) -> Turn:
    """`new`: rather what stands nowhere yet."""
    rng = scene.rng
    if rng.random() < 0.06 and (pair := _tell_two(scene)):
        return pair
    facts: list[Fact] = []
    for _ in range(rng.choices((1, 2, 3), (0.62, 0.3, 0.08))[0]):
        fact = draw_fact(rng, scene.values, draw_kind(rng, common_share=0.5))
        for _ in range(4 if new else 0):
            if fact.kind.name in scene.known:
                fact = draw_fact(rng, scene.values, draw_kind(rng, common_share=0.5))
        known = scene.known.get(fact.kind.name)
        if known:
            fact = known.fact
        if all(f.kind.name != fact.kind.name for f in facts):
            facts.append(fact)
    facts.sort(key=lambda f: f.kind.name != "name")
    said = [told_in_passing(rng, fact) for fact in facts]
    text = said[0]
    for more in said[1:]:
        joiner = rng.choice((". ", " and ", ", and "))
        text = (
            text.rstrip(".!?")
            + joiner
            + (more[0].lower() + more[1:] if "and" in joiner and not more.startswith("I") else more)
        )
    for fact in facts:
        if fact.kind.name not in scene.known:
            scene.known[fact.kind.name] = Told(fact=fact)
    core = []
    for i, fact in enumerate(facts):
        own = rng.random() < (0.75 if fact.kind.name == "name" or len(facts) > 1 else 0.55)
        if own and fact.kind.acks:
            core.append(sentence(rng.choice(fact.kind.acks).format(v=fact.value)))
        elif i == 0:
            core.append(_acknowledged(rng, [fact]))
        else:
            core.append(_acknowledged(rng, [fact], short=True))
    brief = _acknowledged(rng, facts[:2], short=True)
    if len(facts) == 1 and facts[0].kind.acks and rng.random() < 0.5:
        brief = core[0]
    extras = (
        rng.choice(
            ("I will remember that.", "I will keep that in mind.", "Thank you for telling me.", "I have noted it.")
        ),
    )
    return text, Reply(core=tuple(core), brief=brief, extras=extras, greets=True), noise_lines(scene)


TWO_TOLD = (
    *("I have two {k}, {a} and {b}.", "I have two {k} called {a} and {b}.", "We have two {k}: {a} and {b}"),
    *("My {k} are called {a} and {b}.", "my two {k} are {a} and {b}", "{a} and {b} are my {k}."),
    *("My {k}' names are {a} and {b}.", "my {k}, {a} and {b}, are with me", "I've got two {k} named {a} and {b}"),
    *("The names of my {k} are {a} and {b}.", "i have 2 {k} called {a} and {b}", "My {k} {a} and {b} are lovely."),
    *("{a} and {b}, those are my two {k}.", "Two {k} live with me, {a} and {b}.", "Did I mention my {k} {a} and {b}?"),
    *("I was out with my {k} {a} and {b} today.", "meet my {k}: {a} and {b}", "i got two {k}, {a} and {b}"),
)


def _tell_two(scene: Scene) -> Turn | None:
    """Two pets or people of one kind, by their names; None where that kind is known already."""
    rng, values = scene.rng, scene.values
    name, many = rng.choice(list(lexicon.MANY.items()))
    kind = next(kind for kind in KINDS if kind.name == name)
    one, other = (draw_fact(rng, values, kind) for _ in range(2))
    if name in scene.known or _near(name, scene.known) or one.value == other.value:
        return None
    scene.known[name], scene.known[f"{name} 2"] = Told(fact=one), Told(fact=other)
    both = f"{one.value} and {other.value}"
    text = noisy(rng.choice(TWO_TOLD).replace("{k}", many), rng).format(a=one.value, b=other.value)
    that = f"your {many} are called {both}"
    forms = (
        f"Thank you, I will remember that {that}.",
        f"I will keep in mind that {that}.",
        f"Good to know that {that}.",
        f"{both} are lovely names.",
        f"It is nice to hear about {both}.",
        f"I would like to hear more about {both}.",
    )
    extras = (rng.choice(("I will remember that.", "Thank you for telling me.", "I have noted both.")),)
    reply = Reply(core=(rng.choice(forms),), brief=f"Got it, {that}.", extras=extras, greets=True)
    return text, reply, noise_lines(scene)


def _acknowledged(rng: random.Random, facts: list[Fact], *, short: bool = False) -> str:
    that = " and ".join(f.kind.you[0].format(v=f.value) for f in facts)
    forms = (
        ("Got it, {}.", "Noted: {}.", "I see, {}.", "So {}.")
        if short
        else (
            "Thank you, I will remember that {}.",
            "I will keep in mind that {}.",
            "Good to know that {}.",
            "Got it: {}.",
        )
    )
    return rng.choice(forms).format(that)


CHANGEABLE = {
    "city": (
        "I moved to {v}.",
        "I live in {v} now.",
        "I have moved to {v}",
        "Actually I live in {v}.",
        "I moved from {o} to {v}.",
    ),
    "job": ("I work as a {v} now.", "I changed my job, I'm a {v} now.", "I am no longer a {o}, I'm a {v}"),
    "employer": ("I work at {v} now.", "I left {o} and work for {v} now."),
    "name": ("My name is {v}, not {o}.", "Actually, my name is {v}.", "I changed my name to {v}."),
    "favourite colour": ("My favourite colour is {v} now.", "I like {v} more than {o} now, it is my favourite colour."),
    "dog": ("My dog is called {v}, not {o}.", "No, my dog's name is {v}."),
    "cat": ("My cat is called {v}, not {o}.", "No, my cat's name is {v}."),
    "age": ("I turned {v} today.", "I'm {v} now."),
    "birthday": ("No, my birthday is {v}.",),
    "instrument": ("I play the {v} now, not the {o}.",),
    "studies": ("I study {v} now.", "I switched from {o} to {v}."),
    "sister": ("My sister is called {v}, not {o}.",),
}


def _correct(scene: Scene) -> Turn:
    rng = scene.rng
    names = [n for n in CHANGEABLE if n in scene.known and not scene.known[n].older and f"{n} 2" not in scene.known]
    if not names:
        return _tell(scene)
    told = scene.known[rng.choice(names)]
    old = told.fact
    new = draw_fact(rng, scene.values, old.kind)
    lines = lines_of(scene, told)
    text = noisy(rng.choice(CHANGEABLE[old.kind.name]), rng).format(v=new.value, o=old.value)
    # What stood in the prompt stays there; what was said last counts from here on.
    scene.known[old.kind.name] = Told(fact=new, in_profile=told.in_profile)
    that = new.kind.you[0].format(v=new.value)
    first = rng.choice(
        (
            f"Thank you, I have changed that: {that}.",
            f"I see, {that} now.",
            f"Got it, from now on {that}.",
            f"I will remember that {that} now.",
        )
    )
    return text, Reply(core=(first,), brief=first, extras=("I will no longer use the old one.",), greets=True), lines


NEGATIONS = (
    ("I no longer eat {f}", "you no longer eat {f}", "f"),
    ("I don't eat {f} anymore", "you do not eat {f} anymore", "f"),
    ("I stopped {h}", "you stopped {h}", "h"),
    ("I don't like {f} anymore.", "you do not like {f} anymore", "f"),
    ("I am not a {j} anymore", "you are not a {j} anymore", "j"),
    ("I don't live in {c} anymore", "you no longer live in {c}", "c"),
    ("I no longer have a {a}", "you no longer have a {a}", "a"),
    ("I quit my job", "you left your job", ""),
    ("I don't drink {d}.", "you do not drink {d}", "d"),
    ("I'm not allergic to {f}", "you are not allergic to {f}", "f"),
    ("I'm not married", "you are not married", ""),
    ("I don't have any pets", "you have no pets", ""),
)


def _negate(scene: Scene) -> Turn:
    rng, values = scene.rng, scene.values
    said, that, _ = rng.choice(NEGATIONS)
    words = {
        "f": values.from_list(rng, lexicon.FOODS, made_share=0.3),
        "h": values.from_list(rng, lexicon.HOBBIES, made_share=0.2),
        "j": values.from_list(rng, lexicon.JOBS, made_share=0.2),
        "c": values.proper(rng, lexicon.PLACES),
        "a": rng.choice(lexicon.ANIMALS),
        "d": values.from_list(rng, lexicon.DRINKS, made_share=0.2),
    }
    that = that.format(**words)
    first = rng.choice(
        (f"I see, {that}.", f"Got it, {that}.", f"I will remember that {that}.", f"Thank you, so {that}.")
    )
    extras = ("I will keep that in mind.",)
    return (
        noisy(said, rng).format(**words),
        Reply(core=(first,), brief=first, extras=extras, greets=True),
        noise_lines(scene),
    )


def _small_talk(scene: Scene) -> Turn:
    rng = scene.rng
    text, reply = talk.small_talk(rng, scene.persona)
    name = scene.name
    if name and reply.core[0].startswith(("Hello!", "Hi!", "Good morning!", "Good night!")) and rng.random() < 0.5:
        word, rest = reply.core[0].split("!", 1)
        brief = reply.brief.replace(f"{word}!", f"{word}, {name}!", 1)
        reply = Reply(core=(f"{word}, {name}!{rest}", *reply.core[1:]), brief=brief, greets=True)
    return noisy(text, rng), reply, noise_lines(scene)


def _decline(scene: Scene) -> Turn:
    text, reply = talk.decline(scene.rng, scene.values)
    return noisy(text, scene.rng), reply, noise_lines(scene)


def _casual(scene: Scene) -> Turn:
    casual = talk.casual(scene.rng, scene.values)
    return (*casual, noise_lines(scene)) if casual else _small_talk(scene)


def _remark(scene: Scene) -> Turn:
    text, reply = remarks.remark(scene.rng, scene.values)
    return noisy(text, scene.rng), reply, noise_lines(scene)


def _instruct(scene: Scene) -> Turn:
    """An instruction that the user types: promised in the new manner, and kept from here on."""
    rng = scene.rng
    rule = rng.choice(RULES)
    called = scene.name
    if rule.name == "call":
        called = scene.values.proper(rng, lexicon.PEOPLE)
    if rule.name in ("begin", "end"):
        called = phrase(rng, scene.values)
    if rule.name == "name" and not called:
        return _small_talk(scene)
    if rule.name in ("begin", "end", "two") and (
        scene.style.bullets or scene.style.numbered or scene.style.length == "one"
    ):
        return _small_talk(scene)
    if rule.name in ("bullets", "numbered") and scene.style.length == "one":
        return _small_talk(scene)
    if rule.name == "one" and (scene.style.bullets or scene.style.numbered):
        return _small_talk(scene)
    typed = rng.choice(rule.typed)
    form = rng.choice(
        (
            "From now on {}",
            "from now on, {}.",
            "{}",
            "Please {}",
            "{} please",
            "Could you {}?",
            "Can you {}",
            "always {}",
        )
    )
    if typed.startswith(("your", "no ", "stop", "don't", "never", "please", "one")):
        form = rng.choice(("{}", "{}.", "{}, please"))
    text = noisy(form.format(typed).replace("{v}", "\0"), rng).replace("\0", called)
    scene.style = rule.apply(scene.style, called)
    if rule.name == "bullets":
        scene.style = replace(scene.style, numbered=False)
    if rule.name == "numbered":
        scene.style = replace(scene.style, bullets=False)
    promise = rule.promise.format(v=called)
    first = rng.choice(
        (f"All right, {_lower(promise)} from now on.", f"{promise} from now on.", f"Of course, {_lower(promise)}.")
    )
    extras = ("You can change that under Learning at any time.", "Tell me if you want it another way.")
    return text, Reply(core=(first,), brief=f"{promise}.", extras=extras, greets=True), noise_lines(scene)


def _lower(text: str) -> str:
    return text if text.startswith(("I ", "I'")) else text[0].lower() + text[1:]


ABOUT_ME = (
    "What do you know about me?",
    "Tell me what you know about me",
    "What have I told you about myself?",
    "Do you know anything about me?",
    "what do you remember about me",
    "Describe me",
    "Tell me about me",
    "What do you know of me?",
    "Who am I to you?",
)


def _about_me(scene: Scene) -> Turn:
    rng = scene.rng
    question = rng.choice(ABOUT_ME)
    scene.asked.append(question)
    if not scene.known:
        first = rng.choice(("I don't know anything about you yet.", "You haven't told me anything about you yet."))
        reply = Reply(core=(first, "Tell me something, and I will remember it."), brief=first, greets=True)
        return noisy(question, rng), reply, []
    chosen = [told for told in scene.known.values() if told.in_profile or told.since is None][:4]
    if len(chosen) < 3:
        chosen += [told for told in scene.known.values() if told not in chosen][:2]
    lines = [line for told in chosen if not told.in_profile or rng.random() < 0.4 for line in lines_of(scene, told)]
    parts = [told.fact.kind.you[0].format(v=told.fact.value) for told in chosen]
    joined = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
    brief = sentence(" and ".join(parts[:2]))
    if scene.style.bullets or scene.style.numbered:
        core = tuple(sentence(part) for part in parts)
    elif rng.random() < 0.5 or scene.style.length == "one":
        core = (f"I know that {joined}.",)
    else:
        core = tuple(sentence(part) for part in parts)
    return (
        noisy(question, rng),
        Reply(core=core, brief=brief, extras=("That is what you told me.",), greets=True),
        lines,
    )


def _suggest(scene: Scene) -> Turn:
    """A simple suggestion made of what is known."""
    rng = scene.rng
    foods = [n for n in ("love", "like", "favourite food", "favourite dish") if n in scene.known]
    core, lines = [], []
    if foods:
        told = scene.known[rng.choice(foods)]
        core.append(f"How about {told.fact.value}, since you like it?")
        lines += lines_of(scene, told)
    if "allergy" in scene.known:
        told = scene.known["allergy"]
        core.append(f"Take care to avoid {told.fact.value}, because you are allergic to it.")
        lines += lines_of(scene, told)
    question = rng.choice(
        (
            "What should I cook tonight?",
            "What should I eat?",
            "What could I have for dinner?",
            "Any idea for lunch?",
            "What shall I cook?",
        )
    )
    if not core:
        return noisy(question, rng), _nothing_to_go_by("what you like to eat"), lines
    return noisy(question, rng), Reply(core=tuple(core), brief=core[0], greets=True), lines


def _nothing_to_go_by(what: str) -> Reply:
    first = f"I don't know yet {what}."
    return Reply(core=(first, "If you tell me, I can suggest something."), brief=first, greets=True)


ADVICE = (
    ("hobby", "You could spend some time on {v}, since it is your hobby."),
    ("instrument", "You could play the {v} for a while."),
    ("learning", "You could practise {v}, since you are learning it."),
    ("dog", "You could take {v} for a walk."),
    ("cat", "You could play with {v} for a while."),
    ("love", "You could treat yourself to {v}, since you love it."),
    ("like", "You could enjoy some {v}, since you like it."),
    ("city", "You could take a walk in {v}."),
    ("sister", "You could call your sister {v}."),
    ("brother", "You could call your brother {v}."),
    ("friend", "You could meet your friend {v}."),
    ("mother", "You could call your mother {v}."),
)


FOR_ANYBODY = (
    ("Do one thing that you enjoy.", "A short walk goes well with it."),
    ("Pick the most important thing, and do that first.", "After that, take a break."),
    ("Write down three things that you would like to do.", "Then begin with the easiest."),
    ("Call somebody whom you have not heard of for a while.", "It does both of you good."),
    ("Put the phone away for an hour, and do something slowly.", "Reading or cooking would do."),
    ("Go outside for a while, whatever the weather.", "Fresh air helps with most things."),
)
"""Advice to somebody of whom nothing is known that would tell more."""


def _advise(scene: Scene) -> Turn:
    """What to do with free time, from what is known of the user."""
    rng = scene.rng
    fitting = [(scene.known[name], form) for name, form in ADVICE if name in scene.known]
    chosen = rng.sample(fitting, min(len(fitting), rng.choice((1, 1, 2))))
    core = tuple(form.format(v=told.fact.value) for told, form in chosen)
    lines = [line for told, _ in chosen for line in _needed(scene, told)]
    question = rng.choice(
        (
            "What should I do today?",
            "What could I do this weekend?",
            "I have a free evening, any ideas?",
            "How can I relax?",
            "I'm bored, what should I do?",
            "Give me an idea for this afternoon.",
            "What would be good for me now?",
            "How should I spend my Sunday?",
            "I have an hour to fill. What should I do?",
            "Any tips for my day off?",
            "What shall I do tonight?",
            "Any ideas for this evening?",
            "What could I do with my day?",
            "Help me plan my afternoon",
            "Can you help me to plan the weekend?",
            "I don't know what to do today",
            "Could you plan my evening with me?",
            "what should i do now",
            "Give me an idea for my day",
            "Help me fill my free time, please",
        )
    )
    if not fitting:
        if rng.random() < 0.6:
            core = rng.choice(FOR_ANYBODY)
            return noisy(question, rng), Reply(core=core, brief=core[0], greets=True), []
        return noisy(question, rng), _nothing_to_go_by("what you like to do"), []
    return noisy(question, rng), Reply(core=core, brief=core[0], greets=True), lines


def _asked_of(kind: Kind, value: str) -> str:
    """A question that names a value: is it the right one?"""
    plain = {
        "name": "Is my name {v}?",
        "city": "Do I live in {v}?",
        "origin": "Am I from {v}?",
        "job": "Am I a {v}?",
        "employer": "Do I work at {v}?",
        "allergy": "Am I allergic to {v}?",
        "like": "Do I like {v}?",
        "love": "Do I love {v}?",
        "instrument": "Do I play the {v}?",
        "studies": "Do I study {v}?",
        "language": "Do I speak {v}?",
        "birthday": "Is my birthday on {v}?",
        "age": "Am I {v} years old?",
        "status": "Am I {v}?",
        "drives": "Do I drive a {v}?",
        "collection": "Do I collect {v}?",
        "not-eaten": "Do I avoid {v}?",
        "birthplace": "Was I born in {v}?",
    }.get(kind.name, "")
    if kind.name.startswith("favourite "):
        plain = f"Is {{v}} my {kind.name}?"
    elif kind.attribute.startswith(("pet:", "person:", "thing:")):
        plain = f"Is my {kind.name} called {{v}}?"
    elif kind.name.endswith(OF_OTHERS):
        form = {"lives": "Does my {} live in {{v}}?", "works": "Does my {} work as a {{v}}?"}
        form |= {"aged": "Is my {} {{v}} years old?", "allergic": "Is my {} allergic to {{v}}?"}
        who, _, sort = kind.name.rpartition(" ")
        plain = form.get(sort, "Is my {}'s birthday on {{v}}?").format(who)
    elif kind.name.startswith("event ") and kind.name != "event trip":
        plain = f"Is my {kind.name.removeprefix('event ')} {{v}}?"
    return plain.format(v=value)


def _yes_or_no(scene: Scene) -> Turn:
    rng = scene.rng
    fitting = [
        t
        for k, t in scene.known.items()
        if _asked_of(t.fact.kind, "x") and f"{k.removesuffix(' 2')} 2" not in scene.known
    ]
    if not fitting:
        return _unknown(scene)
    told = rng.choice(fitting)
    fact, right = told.fact, rng.random() < 0.5
    value = fact.value if right else draw_fact(rng, scene.values, fact.kind).value
    right = value == fact.value
    that = fact.kind.you[0].format(v=fact.value)
    first = f"{'Yes' if right else 'No'}, {that}."
    return (
        noisy(_asked_of(fact.kind, "{v}"), rng).format(v=value),
        Reply(core=(first,), brief=first),
        _needed(scene, told),
    )


GROUPS = (
    ("pets_asked", "pet:", "any pets"),
    ("people_asked", "person:", "anyone in your life"),
    ("plans_asked", "event ", "any plans"),
    ("favourites_asked", "favourite:", "any favourites"),
)
"""The phrases that ask, how the kinds asked for begin, and what is missing where there are none."""


def _told_of(scene: Scene, sort: str) -> list[Told]:
    """What is known of the kinds that begin so."""
    kinds = ((told, told.fact.kind) for told in scene.known.values())
    return [told for told, kind in kinds if kind.attribute.startswith(sort) or kind.name.startswith(sort)]


def _group(scene: Scene) -> Turn:
    """All that is known of one sort: pets, people, favourites."""
    rng = scene.rng
    asked, sort, none = rng.choice(GROUPS)
    told = _told_of(scene, sort)
    if not told and rng.random() < 0.7:
        # Else most would be asked for where there is nothing to tell.
        asked, sort, none = rng.choice([group for group in GROUPS if _told_of(scene, group[1])] or GROUPS)
        told = _told_of(scene, sort)
    question = noisy(phrases.chosen(rng, rng.choice(phrases.listed(asked))), rng)
    if not told:
        first = f"You haven't told me about {none} yet."
        return question, Reply(core=(first, "If you tell me, I will remember it."), brief=first, greets=True), []
    told = told[:4]
    parts = [t.fact.kind.you[0].format(v=t.fact.value) for t in told]
    first = sentence(parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1])
    lines = [line for t in told for line in _needed(scene, t)]
    return question, Reply(core=(first,), brief=first), lines


def _who_is(scene: Scene) -> Turn:
    """A pet or a person by name: whose name it is."""
    rng = scene.rng
    named = [t for t in scene.known.values() if t.fact.kind.attribute.startswith(("pet:", "person:"))]
    if not named:
        return _recall(scene)
    forms = phrases.listed("who_is_known" if rng.random() < 0.2 else "who_is")
    question = noisy(phrases.chosen(rng, rng.choice(forms)), rng)
    if rng.random() < 0.2:
        stranger = scene.values.proper(rng, [*lexicon.PEOPLE, *lexicon.PETS], made_share=0.5)
        if all(stranger.lower() not in t.fact.value.lower() for t in scene.known.values()):
            first = rng.choice((f"You haven't told me about {stranger} yet.", f"I don't know who {stranger} is."))
            second = "If you tell me, I will remember it."
            return question.format(v=stranger), Reply(core=(first, second), brief=first, greets=True), []
    told = rng.choice(named)
    name, value = told.fact.kind.name, told.fact.value
    # The name in its own letters: a capital that it was not given would be another token.
    first = rng.choice((f"{value} is your {name}.", f"{value} is your {name}.", f"Your {name} is called {value}."))
    reply = Reply(core=(first,), brief=first, extras=_recall_extras(rng))
    return question.format(v=value), reply, _needed(scene, told)


def _about_one(scene: Scene) -> Turn:
    """All that is known of one person or pet."""
    rng = scene.rng
    told = [t for t in scene.known.values() if t.fact.kind.attribute.startswith(("pet:", "person:"))]
    told += [t for t in scene.known.values() if t.fact.kind.name.endswith(OF_OTHERS)]
    if not told:
        return _unknown(scene)
    word = rng.choice(told).fact.kind.name.partition(" ")[0]
    told = [t for t in told if t.fact.kind.name.partition(" ")[0] == word]
    parts = [t.fact.kind.you[0].format(v=t.fact.value) for t in told]
    parts = [parts[0], *(re.sub(rf"^your {re.escape(word)} ", "", part) for part in parts[1:])]
    first = sentence(parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1])
    question = noisy(phrases.chosen(rng, rng.choice(phrases.of("about_one", word))), rng)
    lines = [line for t in told for line in _needed(scene, t)]
    return question, Reply(core=(first,), brief=first, extras=_recall_extras(rng)), lines


COMMON = frozenset(
    """about after again also always because been before being could does doing down every from going good have having
    here into just know like made make many more most much never really should since some something still than that
    their them then there these they thing things think this those time today very want were what when where which
    while will with would your you're didn't don't i'm it's that's""".split()  # noqa: SIM905
)


def _said_about(scene: Scene) -> Turn:
    """What the user wrote about something, by a quoted memory; or that there is none."""
    rng = scene.rng
    said = talk.small_talk(rng, scene.persona)[0]
    if rng.random() < 0.7 and (casual := talk.casual(rng, scene.values)):
        said = casual[0]
    topics = [w for w in re.findall(r"[a-z']{4,}", said) if w not in COMMON]
    if not topics:
        return _recall(scene)
    topic, day = rng.choice(topics), scene.past()
    question = rng.choice(
        (
            f"What did I say about {topic}?",
            f"What did I tell you about {topic}?",
            f"Did I ever mention {topic}?",
            f"What was it I wrote about {topic}?",
            f"Have I talked about {topic}?",
            f"when did I talk about {topic}",
            f"Do you remember what I said about {topic}?",
        )
    )
    if rng.random() < 0.25:
        first = f"I find nothing about {topic} in what you told me."
        return question, Reply(core=(first, "If you tell me, I will remember it."), brief=first, greets=True), []
    first = f'On {long_date(day)} you wrote: "{said}"'
    return noisy(question, rng), Reply(core=(), brief=first, text=first, greets=True), [quote(scene, said, day)]


def _skill(scene: Scene) -> Turn:
    return (*skills.noisy_skill(scene.rng, scene.values), noise_lines(scene))


def _since_when(scene: Scene) -> Turn:
    rng = scene.rng
    kept = [t for k, t in scene.known.items() if t.since and t.in_memory and not k.endswith(" 2")]
    dated = [t for t in kept if not t.older and not t.fact.kind.has_days]
    if not dated:
        return _recall(scene)
    told = rng.choice(dated)
    assert told.since is not None
    that, what = told.fact.kind.you[0].format(v=told.fact.value), _asked_by_me(told.fact.kind.what)
    line = f"{told.fact.kept} (since {long_date(told.since)})"
    question = rng.choice(
        (
            f"Since when do you know {what}?",
            f"When did I tell you {what}?",
            f"How long have you known {what}?",
        )
    )
    first = f"Since {long_date(told.since)} I know that {that}."
    return noisy(question, rng), Reply(core=(first,), brief=f"Since {long_date(told.since)}.", greets=True), [line]


def _date(scene: Scene) -> Turn:
    rng = scene.rng
    question = rng.choice(
        (
            "What day is it?",
            "What is the date?",
            "What's the date today?",
            "Which date is today?",
            "What is today's date?",
        )
    )
    first = f"Today is {long_date(scene.today)}."
    return noisy(question, rng), Reply(core=(first,), brief=first, greets=True), []


def _two_things(scene: Scene) -> Turn:
    """A fact and something else in one message: both are answered."""
    rng = scene.rng
    told, first, lines = _tell(scene)
    asked, second, more = rng.choices((_recall, _small_talk, _decline, _unknown), (0.4, 0.3, 0.15, 0.15))[0](scene)
    text = told.rstrip(".!?") + ". " + asked[0].upper() + asked[1:]
    core = (first.brief or first.core[0], second.core[0])
    brief = f"{core[0].rstrip('.!')}, and {_lower(core[1])}" if rng.random() < 0.5 else core[1]
    return text, Reply(core=core, brief=brief, greets=True), lines + more
