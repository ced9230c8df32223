"""How a reply is put into words under style rules. Knows sentences and rules; knows no facts and no dialogues."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

EMOJI = ("😊", "🙂", "👍", "🎉", "🌟", "😀", "💛", "🌱")
OPENERS = ("Of course.", "Sure.", "Sure!", "Gladly.", "Yes, I know that.", "With pleasure.", "Good question!")
WARM_OPENERS = ("Oh, how lovely that you ask!", "I am so happy to help!", "Gladly, my friend!", "With all my heart!")
FORMAL_OPENERS = ("Certainly.", "Of course.", "By all means.")
RECALL_EXTRAS = (
    "I am happy to help with that.",
    "Tell me if anything has changed.",
    "You can always tell me more.",
    "You can ask me again at any time.",
    "I keep what you tell me on your own machine.",
    "If that is wrong, please correct me.",
    "It is good that you asked me.",
)
EXTRAS = (
    "I am happy to help where I can.",
    "You can always tell me more about yourself.",
    "I remember what you tell me.",
    "Everything stays on your own machine.",
    "Just write to me whenever you like.",
    "I am here if you need anything else.",
)
WARM_EXTRAS = ("I hope your day is a good one!", "It is always lovely to hear from you!", "Take good care of yourself!")
QUESTIONS = (
    "Is there anything else?",
    "What else would you like to know?",
    "Would you like to tell me more?",
    "How does that sound to you?",
    "Can I help you with something else?",
)
CONTRACTIONS = {
    "haven't": "have not",
    "don't": "do not",
    "can't": "cannot",
    "didn't": "did not",
    "isn't": "is not",
    "I'm": "I am",
    "I'll": "I will",
    "It's": "It is",
    "it's": "it is",
    "That's": "That is",
    "that's": "that is",
    "you're": "you are",
    "You're": "You are",
    "what's": "what is",
    "Hi!": "Good day.",
    "Hey!": "Good day.",
    "Hello!": "Good day.",
}


@dataclass(frozen=True, kw_only=True)
class Style:
    """What the rules ask of a reply. All of it can hold at once."""

    length: str = "normal"
    """short, normal, long, one (sentence) or two (sentences)."""
    bullets: bool = False
    numbered: bool = False
    manner: str = "plain"
    """plain, formal or warm."""
    emoji: bool = False
    exclamation: bool = True
    question: bool = False
    name: str = ""
    """What to call the user in every reply; empty: not at all."""
    begin: str = ""
    end: str = ""
    """Words that every reply begins or ends with."""
    flavour: str = ""
    """What the persona likes to begin with, unless a rule has it otherwise."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is to be said: sentences that must be there and sentences that may be."""

    core: tuple[str, ...]
    brief: str = ""
    """One sentence that is enough; the first of `core` if empty."""
    extras: tuple[str, ...] = ()
    greets: bool = False
    """Greetings, thanks and refusals, which need no opener such as "Of course."."""
    text: str = ""
    """Lines that stand as they are, whatever the rules: a list that was asked for, a sentence reworded."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule in the words of the prompt, in the words of a user, and what it does."""

    name: str
    texts: tuple[str, ...]
    typed: tuple[str, ...]
    promise: str
    """What a reply says when the user has typed it."""
    change: tuple[tuple[str, object], ...] = ()

    def apply(self, style: Style, name: str = "") -> Style:
        style = replace(style, **dict(self.change))  # type: ignore[arg-type]
        if self.name in ("begin", "end"):
            return replace(style, begin=name) if self.name == "begin" else replace(style, end=name)
        return replace(style, name=name) if self.name in ("name", "call") and name else style


RULES = (
    Rule(
        name="short",
        texts=(
            "Keep answers short.",
            "Keep answers short.",
            "Keep answers short.",
            "Be brief.",
            "Answer briefly.",
            "Keep it short.",
            "Short answers, please.",
            "Use few words.",
        ),
        typed=(
            "keep it short",
            "keep your answers short",
            "be brief",
            "answer more briefly",
            "your answers are too long",
        ),
        promise="I will keep it short",
        change=(("length", "short"),),
    ),
    Rule(
        name="long",
        texts=(
            "Give more detail.",
            "Give more detail.",
            "Answer at length.",
            "Give longer answers.",
            "Be detailed.",
            "Explain more.",
        ),
        typed=("give me more detail", "write longer answers", "say more", "your answers are too short"),
        promise="I will give more detail",
        change=(("length", "long"),),
    ),
    Rule(
        name="bullets",
        texts=("Answer in bullets.", "Answer in bullets.", "Use bullet points.", "Write lists with bullets."),
        typed=("answer in bullets", "use bullet points", "answer as a list with bullets", "use bullets"),
        promise="I will answer in bullets",
        change=(("bullets", True),),
    ),
    Rule(
        name="numbered",
        texts=("Use numbered lists.", "Answer in numbered points."),
        typed=("use numbered lists", "number your points"),
        promise="I will number my points",
        change=(("numbered", True),),
    ),
    Rule(
        name="one",
        texts=(
            "Answer in one sentence.",
            "Answer in one sentence.",
            "Use one sentence only.",
            "Reply with one sentence.",
        ),
        typed=("answer in one sentence", "one sentence only", "use only one sentence"),
        promise="I will use one sentence",
        change=(("length", "one"),),
    ),
    Rule(
        name="formal",
        texts=("Use a formal tone.", "Use a formal tone.", "Be formal.", "Write formally.", "Be polite and formal."),
        typed=("be more formal", "use a formal tone", "write formally"),
        promise="I will be formal",
        change=(("manner", "formal"), ("exclamation", False)),
    ),
    Rule(
        name="warm",
        texts=(
            "Use a warm, friendly tone.",
            "Use a warm, friendly tone.",
            "Be warm.",
            "Be friendly.",
            "Be kind and warm.",
            "Use a casual tone.",
            "Be less formal.",
        ),
        typed=("be more friendly", "use a warm tone", "be warmer", "be nice"),
        promise="I will be warm and friendly",
        change=(("manner", "warm"),),
    ),
    Rule(
        name="plain",
        texts=("Answer in plain words.", "Use plain words.", "Use simple words.", "Use a neutral tone."),
        typed=("use plain words", "use simple words", "talk normally"),
        promise="I will use plain words",
        change=(("manner", "plain"),),
    ),
    Rule(
        name="no_emoji",
        texts=("Do not use emoji.", "Do not use emoji.", "No emoji.", "Never use emoji."),
        typed=("no emoji", "stop using emoji", "never use emoji", "don't use emojis"),
        promise="I will not use emoji",
        change=(("emoji", False),),
    ),
    Rule(
        name="emoji",
        texts=("Use emoji.", "Use emoji.", "Use an emoji in every answer.", "Add emoji."),
        typed=("use emoji", "use emojis", "add some emoji"),
        promise="I will use emoji",
        change=(("emoji", True),),
    ),
    Rule(
        name="no_exclamation",
        texts=("Do not use exclamation marks.", "Do not use exclamation marks.", "No exclamation marks."),
        typed=("no exclamation marks", "don't use exclamation marks", "stop using exclamation marks"),
        promise="I will not use exclamation marks",
        change=(("exclamation", False),),
    ),
    Rule(
        name="question",
        texts=(
            "End with a question.",
            "End with a question.",
            "End every answer with a question.",
            "Ask me something back.",
        ),
        typed=("end with a question", "end your answers with a question", "ask me something back"),
        promise="I will end with a question",
        change=(("question", True),),
    ),
    Rule(
        name="name",
        texts=(
            "Address the user by name.",
            "Address the user by name.",
            "Use the user's name.",
            "Say the user's name.",
        ),
        typed=("use my name", "address me by name"),
        promise="I will use your name",
    ),
    Rule(
        name="call",
        texts=("Call the user {v}.", "Call the user {v}.", "Address the user as {v}."),
        typed=("call me {v}", "call me {v}", "please call me {v}"),
        promise="I will call you {v}",
    ),
    Rule(
        name="two",
        texts=("Answer in two sentences.", "Use two sentences.", "Reply with two sentences."),
        typed=("answer in two sentences", "use two sentences"),
        promise="I will use two sentences",
        change=(("length", "two"),),
    ),
    Rule(
        name="begin",
        texts=('Begin every answer with "{v}".', 'Start each answer with "{v}".', 'Begin with "{v}".'),
        typed=('begin every answer with "{v}"', 'start your answers with "{v}"'),
        promise='I will begin with "{v}"',
    ),
    Rule(
        name="end",
        texts=('End every answer with "{v}".', 'Close each answer with "{v}".', 'End with "{v}".'),
        typed=('end every answer with "{v}"', 'close your answers with "{v}"'),
        promise='I will end with "{v}"',
    ),
)


def _plainly(text: str) -> str:
    for short, long in CONTRACTIONS.items():
        text = text.replace(short, long)
    return text


def _with_name(text: str, name: str, rng: random.Random) -> str:
    """The sentence with the name of the user in it, before or after."""
    if name.lower() in text.lower():
        return text
    if text.endswith(":"):
        return f"{name}, {text[0].lower()}{text[1:]}"
    if text.startswith(("You ", "Your ", "I ")) and rng.random() < 0.5:
        rest = text if text.startswith("I ") else text[0].lower() + text[1:]
        return f"{name}, {rest}"
    return f"{text[:-1]}, {name}{text[-1]}" if text[-1] in ".!?" else f"{text}, {name}."


def render(reply: Reply, style: Style, rng: random.Random) -> str:
    """The reply in words. Every rule of `style` is obeyed."""
    if reply.text:
        return _around(reply, style, rng)
    formal, warm = style.manner == "formal", style.manner == "warm"
    questions = list(QUESTIONS)
    if style.length == "two":
        sentences = [*reply.core, *reply.extras, rng.choice(EXTRAS if reply.greets else RECALL_EXTRAS)][:2]
    elif style.length in ("short", "one"):
        sentences = [reply.brief or reply.core[0]]
        if style.length == "short" and warm and rng.random() < 0.5:
            sentences.append("Gladly!")
        if formal and rng.random() < 0.6:
            sentences[0] = sentences[0] if style.length == "one" else f"Certainly. {sentences[0]}"
    else:
        opener = ""
        if not reply.greets and (formal or warm or style.length == "long" or rng.random() < 0.3):
            openers = FORMAL_OPENERS if formal else WARM_OPENERS if warm else OPENERS
            opener = rng.choice(openers)
        extras = [*reply.extras] if reply.extras and rng.random() < 0.8 else []
        pool = EXTRAS if reply.greets else RECALL_EXTRAS
        extras += rng.sample(pool, len(pool))
        if warm:
            extras.insert(0, rng.choice(WARM_EXTRAS))
        if style.flavour and not (formal or warm):
            opener = style.flavour
        sentences = [*([opener] if opener else []), *reply.core]
        wanted = 1 if rng.random() < (0.85 if len(reply.core) == 1 else 0.2) else 0
        if warm or style.bullets or style.numbered:
            wanted = max(wanted, 1)
        if style.length == "long":
            while len(" ".join(sentences).split()) < 26:
                sentences.append(extras.pop(0))
        else:
            sentences += extras[:wanted]
    if style.question and not sentences[-1].endswith("?"):
        if style.length == "one":
            sentences[-1] = sentences[-1][:-1] + ", is there anything else?"
        elif style.length == "two":
            sentences[-1] = rng.choice(questions)
        else:
            if len(sentences) > 2 and style.length != "long":
                sentences.pop()
            sentences.append(rng.choice(questions))
    if style.name:
        sentences[0] = _with_name(sentences[0], style.name, rng)
    if formal:
        sentences = [_plainly(s) for s in sentences]
    if not style.exclamation or formal:
        sentences = [s.replace("!", ".") for s in sentences]
    if style.emoji:
        if style.question:
            sentences[0] += " " + rng.choice(EMOJI)
        else:
            sentences[-1] += " " + rng.choice(EMOJI)
    if style.numbered and len(sentences) > 1:
        return "\n".join(f"{i}. {s}" for i, s in enumerate(sentences, 1))
    if style.bullets or style.numbered:
        return "\n".join(f"- {s}" for s in sentences)
    return " ".join(
        [*([f"{style.begin}."] if style.begin else []), *sentences, *([f"{style.end}."] if style.end else [])]
    )


def _around(reply: Reply, style: Style, rng: random.Random) -> str:
    """Lines that stand as they are, with a word before them and what the rules want around them."""
    before = [] if style.length in ("short", "one") else list(reply.core[:1])
    if style.name:
        before = [_with_name(before[0].rstrip(":") + ":", style.name, rng)] if before else [f"{style.name}:"]
    if style.begin:
        before.insert(0, f"{style.begin}.")
    after = [rng.choice(EMOJI)] if style.emoji else []
    if style.question:
        after.append(rng.choice(QUESTIONS))
    if style.end:
        after.append(f"{style.end}.")
    text = reply.text.replace("\n- ", "\n").removeprefix("- ") if style.numbered else reply.text
    if style.numbered and "\n" in text:
        text = "\n".join(f"{i}. {line}" for i, line in enumerate(text.split("\n"), 1))
    return "\n".join(part for part in (" ".join(before), text, " ".join(after)) if part)


def noisy(text: str, rng: random.Random) -> str:
    """As people type: lower case, no full stop, a letter wrong. Never inside `{v}`."""
    luck = rng.random()
    if luck < 0.3:
        text = re.sub(r"^[A-Z]", lambda m: m.group().lower(), text)
    elif luck < 0.4:
        text = text.lower().replace("{V}", "{v}")
    if rng.random() < 0.35:
        text = text.rstrip(".?!") or text
    if rng.random() < 0.05:
        spots = [
            i for i in range(1, len(text) - 1) if text[i : i + 2].isalpha() and "{" not in text[max(0, i - 3) : i + 4]
        ]
        if spots:
            i = rng.choice(spots)
            text = text[:i] + (text[i + 1] + text[i] if rng.random() < 0.5 else "") + text[i + 2 :]
    if rng.random() < 0.06:
        text = rng.choice(("ok, ", "so, ", "hey, ", "well, ", "please ", "and ")) + text
    if rng.random() < 0.04:
        text += rng.choice((" please", " thanks", "??", "!", " :)"))
    return text
