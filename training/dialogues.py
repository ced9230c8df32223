"""Makes conversations in the app's own format: `assistant.prompt` builds every system text and block.

A dialogue is a made-up user with facts, a persona, rules and one to nine turns. Knows what is said when; the words
are in `facts`, `talk` and `replies`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from assistant.prompt import PromptMessage, block_text, long_date, system_text, user_text
from personas.persona import Exchange, Persona
from training import lexicon, talk
from training.facts import Fact, Kind, draw_fact, draw_facts, sentence
from training.replies import RULES, Reply, Rule, Style, noisy, render
from training.values import Values

GLOBAL_RULES = (Path(__file__).parent.parent / "assistant" / "prompts" / "global.txt").read_text(encoding="utf-8")

STEADY_PERSONAS = (
    ("Nova", ("A warm and curious companion.", "You are warm and curious. You like to hear about the user's day.")),
    ("Sage", ("A calm, thoughtful mentor.", "You are calm and thoughtful, and you choose your words with care.")),
    ("Max", ("Brisk and practical.", "You are brisk and practical. You come straight to the point.")),
    ("Professor Ada", ("A patient teacher.", "You are a patient teacher who explains things step by step.")),
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
    asked: list[str] = field(default_factory=list)
    """Earlier questions, which come back as quoted memories."""

    @property
    def name(self) -> str:
        """The user's name, if it stands where every turn can see it."""
        told = self.known.get("name")
        return told.fact.value if told and (told.in_profile or told.since is None) else ""

    def past(self, *, least: int = 1, most: int = 500) -> date:
        return self.today - timedelta(days=self.rng.randint(least, most))


def dialogue(
    rng: random.Random, values: Values, *, turns: int, facts: int, busy_blocks: bool = False, dense: bool = False
) -> list[PromptMessage]:
    """One conversation of `turns` exchanges about a user with up to `facts` facts.

    `busy_blocks`: more memory lines before each question, for long prompts. `dense`: questions above all, with few
    other memory lines: practice in looking up.
    """
    name = rng.choice(STEADY_PERSONAS)[0] if rng.random() < 0.6 else _made_name(rng, values)
    today = date(2024, 1, 1) + timedelta(days=rng.randint(0, 1700))
    scene = Scene(rng=rng, values=values, persona=name, today=today, style=Style())
    for fact in draw_facts(rng, values, facts):
        scene.known[fact.kind.name] = _placed(scene, fact)
    rules, topic_rules, scene.style = _draw_rules(scene)
    profile = [told.fact.kept for told in scene.known.values() if told.in_profile]
    persona = _persona(scene, name)
    system = system_text(
        persona,
        GLOBAL_RULES if rng.random() < 0.9 else "",
        rules=rules,
        profile=profile,
        summary=_summary(scene) if rng.random() < 0.06 else "",
    )
    messages = [PromptMessage(role="system", content=system)]
    for _ in range(turns):
        text, reply, lines = _turn(scene, dense=dense)
        if not dense or rng.random() < 0.2:
            lines += _other_lines(scene, busy_blocks)
        lines = list(dict.fromkeys(lines))
        rng.shuffle(lines)
        dated = None if rng.random() < 0.02 else today
        block = block_text(dated, lines, topic_rules if rng.random() < 0.97 else ())
        messages.append(PromptMessage(role="user", content=user_text(block, text)))
        messages.append(PromptMessage(role="assistant", content=render(reply, scene.style, rng)))
    return messages


def _made_name(rng: random.Random, values: Values) -> str:
    title = rng.choice(("", "", "", "Captain ", "Doctor ", "Miss ", "Old ", "Professor "))
    return title + values.proper(rng, [*lexicon.PETS, *lexicon.PEOPLE], made_share=0.5)


def _persona(scene: Scene, name: str) -> Persona:
    rng = scene.rng
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
    examples: tuple[Exchange, ...] = ()
    if rng.random() < 0.12:
        pairs = (talk.small_talk(rng, name) for _ in range(rng.randint(1, 2)))
        examples = tuple(Exchange(user=said, assistant=render(reply, scene.style, rng)) for said, reply in pairs)
    return Persona(name=name, description="", system_prompt=text.strip(), examples=examples)


def _draw_rules(scene: Scene) -> tuple[list[str], list[str], Style]:
    """Rules for the system text, rules for the block, and the style they make."""
    rng, style = scene.rng, Style()
    count = rng.choices((0, 1, 2, 3), (0.42, 0.38, 0.16, 0.04))[0]
    chosen: list[Rule] = []
    for rule in rng.sample(RULES, len(RULES)):
        if len(chosen) < count and not any(_clash(rule, other) for other in chosen):
            chosen.append(rule)
    standing, topical = [], []
    for rule in chosen:
        called = scene.name
        if rule.name == "call":
            called = scene.values.proper(rng, lexicon.PEOPLE)
        if rule.name == "name" and "name" in scene.known:
            scene.known["name"].in_profile = True
            called = scene.name
        if rule.name == "name" and not called:
            continue
        style = rule.apply(style, called)
        text = rng.choice(rule.texts).format(v=called)
        (topical if rng.random() < 0.25 else standing).append(text)
    return standing, topical, style


def _clash(one: Rule, other: Rule) -> bool:
    """Whether two rules speak about the same thing."""
    groups = (
        {"short", "long", "one"},
        {"bullets", "numbered", "one"},
        {"formal", "warm", "plain"},
        {"emoji", "no_emoji"},
        {"name", "call"},
        {"formal", "emoji"},
    )
    return any(one.name in group and other.name in group for group in groups)


def _placed(scene: Scene, fact: Fact) -> Told:
    rng = scene.rng
    told = Told(fact=fact, since=scene.past())
    place = rng.random()
    told.in_profile = place < 0.68
    told.in_memory = 0.45 < place < 0.88
    told.quoted = place >= 0.88 or (told.in_profile and rng.random() < 0.25)
    if rng.random() < 0.2:
        older = draw_fact(rng, scene.values, fact.kind)
        if older.value not in fact.value and fact.value not in older.value:
            told.older, told.in_memory = older, True
    return told


def _quote(scene: Scene, text: str, day: date) -> str:
    return f'On {long_date(day)} the user wrote: "{text}"'


def _lines(scene: Scene, told: Told) -> list[str]:
    """The memory lines that this fact brings to a block."""
    rng, fact, since = scene.rng, told.fact, told.since
    lines = []
    if told.in_memory:
        dated = f" (since {long_date(since)})" if since and rng.random() < 0.93 else ""
        lines.append(fact.kept + dated)
    if told.quoted:
        told_text = noisy(rng.choice(fact.kind.told), rng).format(v=fact.value)
        lines.append(_quote(scene, told_text, since or scene.past()))
    if told.older and since:
        early = since - timedelta(days=rng.randint(5, 400))
        form = rng.random()
        if form < 0.5:
            lines.append(f"No longer true since {long_date(since)}: {told.older.kept}")
        elif form < 0.75:
            lines.append(f"{told.older.kept} (since {long_date(early)})")
        else:
            lines.append(_quote(scene, noisy(rng.choice(fact.kind.told), rng).format(v=told.older.value), early))
    return lines


def _other_lines(scene: Scene, busy: bool) -> list[str]:
    """Memories that have nothing to do with the question, or only repeat it."""
    rng = scene.rng
    lines: list[str] = []
    if rng.random() < (0.9 if busy else 0.45):
        for _ in range(rng.randint(2, 6) if busy else rng.randint(1, 3)):
            luck = rng.random()
            if luck < 0.45 and scene.known:
                lines += _lines(scene, rng.choice(list(scene.known.values())))[:2]
            elif luck < 0.7:
                said, _ = talk.small_talk(rng, scene.persona)
                lines.append(_quote(scene, said, scene.past()))
            elif luck < 0.85:
                casual = talk.casual(rng, scene.values)
                if casual:
                    lines.append(_quote(scene, casual[0], scene.past()))
            else:
                said, _ = talk.decline(rng, scene.values)
                lines.append(_quote(scene, said, scene.past()))
    if scene.asked and rng.random() < 0.3:
        lines.append(_quote(scene, rng.choice(scene.asked), scene.past(least=0, most=20)))
    return lines


def _summary(scene: Scene) -> str:
    said = [talk.small_talk(scene.rng, scene.persona)[0] for _ in range(scene.rng.randint(1, 3))]
    return "\n".join(f"- The user said: {text}" for text in said)


def _turn(scene: Scene, *, dense: bool) -> tuple[str, Reply, list[str]]:
    """What the user says, what is answered, and the memory lines the answer needs."""
    acts = (
        (_recall, 0.34),
        (_unknown, 0.12),
        (_tell, 0.14),
        (_correct, 0.035),
        (_negate, 0.02),
        (_small_talk, 0.17),
        (_decline, 0.115),
        (_casual, 0.03),
        (_instruct, 0.035),
        (_about_me, 0.05),
        (_suggest, 0.015),
        (_since_when, 0.012),
        (_date, 0.01),
        (_two_things, 0.03),
    )
    if dense and scene.rng.random() < 0.6:
        return scene.rng.choices((_recall, _unknown, _about_me), (0.76, 0.2, 0.04))[0](scene)
    act = scene.rng.choices([a for a, _ in acts], [w for _, w in acts])[0]
    return act(scene)


def _recall(scene: Scene) -> tuple[str, Reply, list[str]]:
    if not scene.known:
        return _unknown(scene)
    rng = scene.rng
    told = rng.choice(list(scene.known.values()))
    fact = told.fact
    question = _question(rng, fact.kind)
    scene.asked.append(question)
    first = sentence(fact.kind.you[0].format(v=fact.value))
    if rng.random() < 0.12:
        first = sentence(
            f"{rng.choice(('you told me that', 'as far as I know,', 'I remember that'))} {first[0].lower()}{first[1:]}"
        )
    brief = f"{fact.value}." if rng.random() < 0.25 else first
    core = [first]
    if rng.random() < 0.12 and told.since and told.in_memory:
        core.append(f"You told me on {long_date(told.since)}." if rng.random() < 0.5 else "I have it in my memory.")
    lines = [] if told.in_profile and rng.random() < 0.2 and not told.older else _lines(scene, told)
    return noisy(question, rng), Reply(core=tuple(core), brief=brief, extras=_recall_extras(rng)), lines


INDIRECT = (
    "Could you look up {}?",
    "Do you happen to have {}?",
    "I need {}.",
    "Please give me {}",
    "I wonder if you know {}",
    "It slipped my mind: {}?",
    "Say {}.",
    "{}?",
    "can you find {} in your memory",
)


def _question(rng: random.Random, kind: Kind) -> str:
    """A question for this kind of fact, mostly of its own forms, at times a general one."""
    if rng.random() < 0.18 and kind.what.startswith(("your ", "the name of your ")):
        what = kind.what.replace("your ", "my ")
        text = rng.choice(INDIRECT).format(what)
        return text[0].upper() + text[1:]
    return rng.choice(kind.asked)


def _recall_extras(rng: random.Random) -> tuple[str, ...]:
    return (
        rng.choice(
            ("I remember that well.", "You told me so.", "I have kept that in mind.", "I wrote that down for you.")
        ),
    )


def _unknown(scene: Scene) -> tuple[str, Reply, list[str]]:
    rng = scene.rng
    for _ in range(30):
        kind = draw_fact(rng, scene.values).kind
        if kind.name not in scene.known and not _near(kind.name, scene.known):
            break
    else:
        return _small_talk(scene)
    question = _question(rng, kind)
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
    lines = [_quote(scene, noisy(question, rng), scene.past())] if rng.random() < 0.25 else []
    return noisy(question, rng), Reply(core=(first, second), brief=first, greets=True), lines


def _near(kind: str, known: dict[str, Told]) -> bool:
    """Kinds that answer each other's questions, so that not knowing would be a lie."""
    groups = (
        {"city", "origin"},
        {"job", "employer", "studies"},
        {"like", "love", "hobby", "preference", "learning"},
        {"like", "love", "hobby", "instrument", "favourite food", "favourite dish", "favourite drink", "preference"},
        {"dislike", "allergy", "diet"},
        {"language", "learning"},
        {"wife", "husband", "partner", "girlfriend", "boyfriend"},
    )
    return any(kind in group and group & set(known) for group in groups)


def _tell(scene: Scene) -> tuple[str, Reply, list[str]]:
    rng = scene.rng
    facts: list[Fact] = []
    for _ in range(rng.choices((1, 2, 3), (0.62, 0.3, 0.08))[0]):
        fact = draw_fact(rng, scene.values)
        known = scene.known.get(fact.kind.name)
        if known:
            fact = known.fact
        if all(f.kind.name != fact.kind.name for f in facts):
            facts.append(fact)
    facts.sort(key=lambda f: f.kind.name != "name")
    said = [noisy(rng.choice(f.kind.told), rng).format(v=f.value) for f in facts]
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
    return text, Reply(core=tuple(core), brief=brief, extras=extras, greets=True), _noise_lines(scene)


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


def _noise_lines(scene: Scene) -> list[str]:
    if scene.known and scene.rng.random() < 0.3:
        return _lines(scene, scene.rng.choice(list(scene.known.values())))
    return []


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


def _correct(scene: Scene) -> tuple[str, Reply, list[str]]:
    rng = scene.rng
    names = [n for n in CHANGEABLE if n in scene.known and not scene.known[n].older]
    if not names:
        return _tell(scene)
    told = scene.known[rng.choice(names)]
    old = told.fact
    new = draw_fact(rng, scene.values, old.kind)
    lines = _lines(scene, told)
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


def _negate(scene: Scene) -> tuple[str, Reply, list[str]]:
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
        _noise_lines(scene),
    )


def _small_talk(scene: Scene) -> tuple[str, Reply, list[str]]:
    rng = scene.rng
    text, reply = talk.small_talk(rng, scene.persona)
    name = scene.name
    if name and reply.core[0].startswith(("Hello!", "Hi!", "Good morning!", "Good night!")) and rng.random() < 0.5:
        word, rest = reply.core[0].split("!", 1)
        brief = reply.brief.replace(f"{word}!", f"{word}, {name}!", 1)
        reply = Reply(core=(f"{word}, {name}!{rest}", *reply.core[1:]), brief=brief, greets=True)
    return noisy(text, rng), reply, _noise_lines(scene)


def _decline(scene: Scene) -> tuple[str, Reply, list[str]]:
    text, reply = talk.decline(scene.rng, scene.values)
    return noisy(text.replace("{", "").replace("}", ""), scene.rng), reply, _noise_lines(scene)


def _casual(scene: Scene) -> tuple[str, Reply, list[str]]:
    casual = talk.casual(scene.rng, scene.values)
    return (*casual, _noise_lines(scene)) if casual else _small_talk(scene)


def _instruct(scene: Scene) -> tuple[str, Reply, list[str]]:
    """An instruction that the user types: promised in the new manner, and kept from here on."""
    rng = scene.rng
    rule = rng.choice(RULES)
    called = scene.name
    if rule.name == "call":
        called = scene.values.proper(rng, lexicon.PEOPLE)
    if rule.name == "name" and not called:
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
    return text, Reply(core=(first,), brief=f"{promise}.", extras=extras, greets=True), _noise_lines(scene)


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


def _about_me(scene: Scene) -> tuple[str, Reply, list[str]]:
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
    lines = [line for told in chosen if not told.in_profile or rng.random() < 0.4 for line in _lines(scene, told)]
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


def _suggest(scene: Scene) -> tuple[str, Reply, list[str]]:
    """A simple suggestion made of what is known."""
    rng = scene.rng
    foods = [n for n in ("love", "like", "favourite food", "favourite dish") if n in scene.known]
    if "allergy" not in scene.known and not foods:
        return _recall(scene)
    core, lines = [], []
    if foods:
        told = scene.known[rng.choice(foods)]
        core.append(f"How about {told.fact.value}, since you like it?")
        lines += _lines(scene, told)
    if "allergy" in scene.known:
        told = scene.known["allergy"]
        core.append(f"Take care to avoid {told.fact.value}, because you are allergic to it.")
        lines += _lines(scene, told)
    question = rng.choice(
        (
            "What should I cook tonight?",
            "What should I eat?",
            "What could I have for dinner?",
            "Any idea for lunch?",
            "What shall I cook?",
        )
    )
    return noisy(question, rng), Reply(core=tuple(core), brief=core[0], greets=True), lines


def _since_when(scene: Scene) -> tuple[str, Reply, list[str]]:
    rng = scene.rng
    dated = [t for t in scene.known.values() if t.since and t.in_memory and not t.older]
    if not dated:
        return _recall(scene)
    told = rng.choice(dated)
    assert told.since is not None
    that = told.fact.kind.you[0].format(v=told.fact.value)
    line = f"{told.fact.kept} (since {long_date(told.since)})"
    question = rng.choice(
        (
            f"Since when do you know {told.fact.kind.what}?",
            f"When did I tell you {told.fact.kind.what}?",
            f"How long have you known {told.fact.kind.what}?",
        )
    )
    first = f"Since {long_date(told.since)} I know that {that}."
    return noisy(question, rng), Reply(core=(first,), brief=f"Since {long_date(told.since)}.", greets=True), [line]


def _date(scene: Scene) -> tuple[str, Reply, list[str]]:
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


def _two_things(scene: Scene) -> tuple[str, Reply, list[str]]:
    """A fact and something else in one message: both are answered."""
    rng = scene.rng
    told, first, lines = _tell(scene)
    asked, second, more = rng.choices((_recall, _small_talk, _decline, _unknown), (0.4, 0.3, 0.15, 0.15))[0](scene)
    text = told.rstrip(".!?") + ". " + asked[0].upper() + asked[1:]
    core = (first.brief or first.core[0], second.core[0])
    brief = f"{core[0].rstrip('.!')}, and {_lower(core[1])}" if rng.random() < 0.5 else core[1]
    return text, Reply(core=core, brief=brief, greets=True), lines + more
