"""Guesses from how someone writes how they may want to be answered, on the axes of `audience`. Pure: messages in, guesses out.

Counts messages that hold plain signs, such as "briefly", "could you please" or the terms of a trade. Who the user is counts
for nothing: no name, gender, age, religion or origin is among the signs, and neither are spelling, grammar or how long
messages are. Knows English only. A guess is only ever offered, because how someone writes is not yet how they want to be
answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.audience import AXES, Axis
from assistant.own_words import own_text

FIRST = 60
"""Messages that are looked at: a guess is for someone new."""
MIN_MESSAGES = 8
MIN_SIGNS = 4
MIN_CONVERSATIONS = 3
"""Over which the signs must be spread: one errand says little."""
MIN_SHARE = 0.25
"""Of the messages that must hold the sign."""
MAX_AGAINST = 0.25
"""The most messages with the opposite sign, as a share of those with the sign."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message of the user, and the conversation it belongs to."""

    conversation_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Guess:
    axis: Axis
    choice: str
    """A key of `AXES[axis]`."""
    because: str
    """What was counted, in words."""

    @property
    def rule(self) -> str:
        return AXES[self.axis][self.choice]


@dataclass(frozen=True, kw_only=True)
class _Sign:
    axis: Axis
    choice: str
    words: str
    """What such a message does: "7 of your first 12 messages …"."""
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    """A message that holds this does not count."""


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w)(?:{part})(?!\w)" for part in parts), re.IGNORECASE)


_CONTRACTED = re.compile(r"\w['’](?:t|m|re|ve|ll|d|s)\b|\b(?:gonna|wanna|gotta|dunno|thx|pls|plz)\b", re.IGNORECASE)
_EASYGOING = re.compile(
    r"(?<!\w)(?:hey+|hi there|lol|ha(?:ha)+|yay|awesome|thanks so much)(?!\w)"
    r"|!|[:;]-?[)D]|[\U0001f600-\U0001f64f]",
    re.IGNORECASE,
)
_ASKS_PLAINLY = _pattern(
    r"in (?:simple|plain|easy) (?:words|terms|english|language)",
    r"(?:explain|tell me).{0,30} like i(?:'|’)?m (?:five|5|new)",
    r"(?:i am|i'm|i’m|im) (?:a (?:complete |total )?beginner|(?:quite |very |totally |completely )?new to)",
    r"what (?:does|do) .{1,40} mean",
    r"(?:never|not) (?:done|used|tried) (?:this|that|it|one) before",
    r"(?:without|no) (?:the )?jargon",
    r"for (?:a )?(?:beginners?|dummies)",
    r"the basics",
)
_TERMS = _pattern(
    # Of computing, statistics, engineering, medicine, law and money: a few words each that one does not use by chance.
    r"API|SQL|JSON|YAML|TLS|TCP|DNS|regex|async|mutex|kernel|compiler|schema|latency|throughput|deadlocks?|idempotent"
    r"|refactor\w*|namespaces?|middleware|endpoints?|payloads?|stack ?traces?|garbage collector|index scan|container image",
    r"regressions?|variance|covariates?|p-values?|confidence intervals?|priors?|posteriors?|likelihood ratio"
    r"|gradients?|eigen\w+|heteroscedastic\w*|overfitting|cross-validation|logits?|Bayesian",
    r"torque|tolerances?|impedance|capacitors?|op-?amps?|PWM|duty cycle|load-bearing|shear stress",
    r"contraindicat\w+|titrat\w+|differential diagnosis|half-life|comorbid\w+|in vitro|placebo arm",
    r"estoppel|indemnit\w+|force majeure|EBITDA|amorti[sz]ation|yield curve|accruals?|hedg(?:e|ing) ratio",
    r"\w+_\w+\(?\)?|[a-z]+\w*\.\w+\(\)|--[a-z][\w-]+",
)
_SIGNS = (
    _Sign(
        axis="detail",
        choice="short",
        words="ask for a short answer (“briefly”, “in one line”)",
        pattern=_pattern(
            r"briefly|tl;?dr",
            r"in (?:short|brief|a nutshell|a few words|one (?:line|sentence|word))",
            r"(?:short|quick|brief|one[- ]line) (?:answer|version|summary|reply|one)",
            r"(?:just|only) the (?:answer|number|name|gist|essentials)",
            r"keep it (?:short|brief)",
        ),
    ),
    _Sign(
        axis="detail",
        choice="long",
        words="ask for detail (“in detail”, “step by step”)",
        pattern=_pattern(
            r"in (?:more |full |great )?(?:detail|depth)",
            r"(?:more|all the|every) details?",
            r"step[- ]by[- ]step|thorough(?:ly)?|at length|elaborate|in-depth|detailed",
            r"walk me through|tell me everything|explain (?:fully|everything)",
        ),
    ),
    _Sign(
        axis="expertise",
        choice="expert",
        words="use terms of a trade or name things of code",
        pattern=_TERMS,
        unless=_ASKS_PLAINLY,
    ),
    _Sign(
        axis="expertise",
        choice="beginner",
        words="ask for plain words, or say that the subject is new to you",
        pattern=_ASKS_PLAINLY,
    ),
    _Sign(
        axis="manner",
        choice="formal",
        words="are written in full and formally (“could you please”, “I would like to”)",
        pattern=_pattern(
            r"(?:could|would|can) you (?:please|kindly)",
            r"would you be so kind",
            r"i (?:would|should) (?:like|be (?:glad|grateful|obliged)|appreciate)",
            r"may i (?:ask|inquire|enquire)|kindly|dear (?:sir|madam)|(?:kind|best) regards|sincerely|thank you (?:very|so) much",
        ),
        unless=re.compile(f"{_CONTRACTED.pattern}|{_EASYGOING.pattern}", re.IGNORECASE),
    ),
    _Sign(
        axis="manner",
        choice="friendly",
        words="are written in an easy, lively tone (“hey”, “haha”, “!”)",
        pattern=_EASYGOING,
    ),
)


def guesses(said: Iterable[Said]) -> list[Guess]:
    """At most one guess for each axis; none where there is too little to go by, or it points both ways.

    Args:
        said: the user's first messages, oldest first.
    """
    own = [Said(conversation_id=s.conversation_id, text=own_text(s.text)) for s in list(said)[:FIRST]]
    own = [message for message in own if len(message.text.split()) > 1]
    if len(own) < MIN_MESSAGES:
        return []
    held = {(sign.axis, sign.choice): [message for message in own if _holds(message.text, sign)] for sign in _SIGNS}
    found = []
    for sign in _SIGNS:
        speaking = held[sign.axis, sign.choice]
        against = sum(len(held[axis, choice]) for axis, choice in held if axis == sign.axis and choice != sign.choice)
        enough = len(speaking) >= max(MIN_SIGNS, MIN_SHARE * len(own))
        spread = len({message.conversation_id for message in speaking}) >= MIN_CONVERSATIONS
        if enough and spread and against <= MAX_AGAINST * len(speaking):
            because = f"{len(speaking)} of your first {len(own)} messages {sign.words}."
            found.append(Guess(axis=sign.axis, choice=sign.choice, because=because))
    return found


def _holds(text: str, sign: _Sign) -> bool:
    return bool(sign.pattern.search(text)) and not (sign.unless and sign.unless.search(text))
