"""Reads facts and standing instructions out of what the user typed. By rules that are data, and by the chat model.

The rules are pure and quick, and prefer silence to a wrong memory: questions, wishes, quotations, code, pasted text
and other people's words say nothing about the user. What may never be kept is dropped here: credentials, card
numbers and the sensitive classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field, ValidationError

from assistant.errors import AttuneError
from assistant.prompt import MONTHS
from memory import Memory, MemoryManager, Message
from memory.reconcile import same_words
from memory.records import MemoryKind, Origin

MAX_CHARACTERS = 4000
"""Beyond that a message is a document, not something said."""
MAX_CANDIDATES = 12
INSTRUCTION_WORDS = 25
SINGULAR_WORDS = 5

# Words that end a value, because what follows is another thought.
_CUT = re.compile(
    r"\s+(?:and (?:i|my|we|our|it|he|she|they|that|also|then)\b|but|because|so|since|when|while|which|who|whose|that"
    r"|with|for|at|in|on|as|by the way|btw|now|anymore|any more|these days|nowadays|too|a lot|very much|though|although"
    r"|after all|lately|again|instead|please|right now|at the moment|today|if|unless|until|from|here|there|most of)\b.*$",
    re.IGNORECASE,
)
_NOT_A_THING = frozenset(
    """it that this them those these you your yours him her me us everything anything nothing something someone to how
    when what where why who not never much more less very too hard every a an the all being getting having going
    my mine our ours his their its so such one ones""".split()  # noqa: SIM905 - a word list reads best as words
)
_NOT_A_NAME = frozenset(
    """a an the not no so very just really still also here there in on at to from with by of for and or but if as is
    are was were be been important unknown complicated tired fine good great happy sad sorry new sure back ready done
    every always never often sometimes usually nothing something right over out up down i you he she we they it me
    my your his her our their this that these those bus tomorrow later when before after today tonight now maybe
    anything whatever what who how why where probably""".split()  # noqa: SIM905
)
_NOT_A_PLACE = frozenset(
    """a an the fear ruins peace hope home work night day money my your our his her their this that these those moment
    past future present shift weekends least most first once different another some many two three nobody
    myself no""".split()  # noqa: SIM905
)
_DEMONYM = re.compile(r"(?:ian|ean|ish|ese|can|nch|tch|eek|wiss)$")
_PARTICLES = frozenset("van von der den de da di du la le el al bin ibn af av of the dos das do st".split())  # noqa: SIM905
_QUESTION = re.compile(
    r"^(?:who|what|when|where|why|how|which|whose|do|does|did|am|is|are|was|were|can|could|will|would|should|shall|have"
    r"|has|may|might|tell me|guess|remember)\b(?! not\b)",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"\b(?:if|wish|imagine|pretend|suppose|supposing|what if|let's say|lets say|as though|would|could|might|maybe|perhaps"
    r"|in the story|in my novel|in my dream|role[- ]?play|used to|hypothetically|for example|example|joking|kidding|ha|lol"
    r"|said|says|told|asked|wrote|claims|claimed|according to)\b",
    re.IGNORECASE,
)
_PASTED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|^\s*>.*$|\"[^\"\n]{4,}\"|“[^”\n]{4,}”|«[^»\n]{4,}»", re.DOTALL | re.MULTILINE
)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+|(?<=[.!?])(?=[A-Z])")
_CLAUSE = re.compile(
    r"\s*(?:[,;:()–—]|\s-\s|\band (?=(?:i|my|we|our|i'm|i’m|im)\b)|\bbut\b|\bbtw\b|\bby the way\b)\s*", re.IGNORECASE
)
_LEAD = re.compile(
    r"^(?:(?:so|well|yes|yeah|no|ok|okay|oh|also|and|but|actually|fyi|hi|hello|hey|there|thanks|please note|note that"
    r"|you should know|i forgot to say|just so you know|remember that|remember|of course|anyway|it's me|sorry)\b[\s,.!]*)+",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b(?:password|passphrase|passcode|pin code|pin|cvv|iban|ssn|social security|api key|secret key|token|credit card)\b",
    re.IGNORECASE,
)
_SENSITIVE = re.compile(
    r"\b(?:christian|muslim|jewish|hindu|buddhist|atheist|catholic|protestant|church|mosque|synagogue|republican|democrat"
    r"|socialist|communist|conservative|liberal|gay|lesbian|bisexual|transgender|queer|hiv|cancer|depress\w+|bipolar"
    r"|diabet\w+|pregnan\w+|medication|diagnos\w+|therapy)\b",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?:\d[ -]?){9,}")


class ExtractionFailed(AttuneError):
    """The chat model's answer was not what the schema asks for. Recorded and shown, never raised into the chat."""


@dataclass(frozen=True, kw_only=True)
class CandidateFact:
    """What a message seems to say; `apply` decides what it means for what is known."""

    content: str
    kind: MemoryKind = "semantic"
    subject: str = "user"
    attribute: str = ""
    value: str = ""
    importance: float = 0.5
    plural: bool = False
    negates: bool = False
    valid_from: datetime | None = None
    origin: Origin = "rule"


class Rule(BaseModel, extra="forbid"):
    """One rule of a language file; the file itself explains the fields."""

    id: str
    pattern: str
    type: Literal["name", "capital-name", "place", "thing", "list", "capital-list", "number", "date", "one-of", "text"]
    attribute: str
    content: str
    importance: float = 0.5
    plural: bool = False
    negates: bool = False
    loose: bool = False
    """May be followed by anything: "my dog Pemba ate …"."""
    ends: bool = False
    """Must reach the end of the clause."""
    needs: str = ""
    unless: str = ""
    values: list[str] = []
    matches: list[tuple[str, str | list[str]]]
    rejects: list[str]


class Canonical(BaseModel, extra="forbid"):
    attribute: str
    content: str
    pattern: str
    not_: str = Field(default="", alias="not")


class Instructions(BaseModel, extra="forbid"):
    call_me: str = Field(alias="call-me")
    standing: str
    frequency: str
    verbs: str
    answers: str
    canonical: list[Canonical]
    matches: list[tuple[str, str]]
    rejects: list[str]


class Language(BaseModel, extra="forbid"):
    language: str
    macros: dict[str, str]
    rules: list[Rule]
    instructions: Instructions


@cache
def load_language(code: str = "en") -> Language:
    text = (files("assistant") / "rules" / f"{code}.yaml").read_text(encoding="utf-8")
    return Language.model_validate(yaml.safe_load(text))


@cache
def _compiled(code: str) -> list[tuple[Rule, re.Pattern[str]]]:
    language = load_language(code)
    compiled = []
    for rule in language.rules:
        pattern = rule.pattern
        for macro, meaning in language.macros.items():
            pattern = re.sub(rf"\b{macro}\b", f"(?:{meaning})", pattern)
        pattern = pattern.replace("{value}", r"(?P<value>[^\n]+?)") + (r"[.!]*$" if rule.ends else r"(?:[.!?]*$)")
        if rule.loose or rule.type == "text":
            pattern = pattern.removesuffix(r"(?:[.!?]*$)") + r"(?:\b.*)?$"
        compiled.append((rule, re.compile(pattern, re.IGNORECASE)))
    return compiled


def extract_by_rules(text: str, *, said_at: datetime, language: str = "en") -> list[CandidateFact]:
    """What a message says by rule, at most `MAX_CANDIDATES`. Takes a few milliseconds, whatever the text."""
    if len(text) > MAX_CHARACTERS:
        return []
    found: list[CandidateFact] = []
    for sentence in _sentences(text):
        found.extend(_instructions(sentence, language))
        if _QUESTION.search(_LEAD.sub("", sentence)) or sentence.rstrip().endswith("?") or _UNREAL.search(sentence):
            continue
        found.extend(_facts(sentence, language))
    unique = {(c.attribute, c.value.casefold(), c.content): c for c in found if is_keepable(c)}
    return [replace(candidate, valid_from=said_at) for candidate in list(unique.values())[:MAX_CANDIDATES]]


def is_keepable(candidate: CandidateFact) -> bool:
    """False for credentials, card and account numbers, and the sensitive classes."""
    text = f"{candidate.content} {candidate.value}"
    return not (_SECRET.search(text) or _DIGITS.search(text) or _SENSITIVE.search(text))


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(_PASTED.sub(" ", text)):
        if sentence.strip():
            yield sentence.strip()


def _clauses(sentence: str) -> Iterator[str]:
    """The sentence from each place where a new thought may start, to the end of that thought."""
    whole = _LEAD.sub("", sentence)
    yield sentence.rstrip(" .!")
    if whole != sentence:
        yield whole.rstrip(" .!")
    for part in _CLAUSE.split(whole):
        if part:
            yield _LEAD.sub("", part).rstrip(" .!")


def _facts(sentence: str, language: str) -> list[CandidateFact]:
    found: dict[str, list[CandidateFact]] = {}
    for clause in _clauses(sentence):
        for rule, pattern in _compiled(language):
            if rule.id in found or rule.unless in found:
                continue
            match = pattern.match(clause)
            if match is None or (rule.needs and not re.search(rule.needs, clause, re.IGNORECASE)):
                continue
            values = _values(rule, match["value"])
            if values:
                found[rule.id] = [_candidate(rule, match, value) for value in values]
    return [candidate for candidates in found.values() for candidate in candidates]


def _candidate(rule: Rule, match: re.Match[str], value: str) -> CandidateFact:
    groups = {key: (text or "").lower().strip() for key, text in match.groupdict().items() if key != "value"}
    words = {
        **groups,
        "value": value,
        "a": "an" if value[:1].lower() in "aeiou" else "a",
        "the": "the " if value in INSTRUMENTS else "",
    }
    return CandidateFact(
        content=rule.content.format(**words),
        attribute=rule.attribute.format(**words),
        value=value,
        importance=rule.importance,
        plural=rule.plural,
        negates=rule.negates,
    )


INSTRUMENTS = frozenset(
    """cello violin viola piano guitar bass drums flute clarinet oboe trumpet trombone saxophone harp accordion ukulele
    banjo organ""".split()  # noqa: SIM905
)


def _values(rule: Rule, captured: str) -> list[str]:
    """The captured words as values of the rule's type; none when they are something else."""
    text = captured.strip(" .!,'\"")
    match rule.type:
        case "name":
            return _one(_name(text, capital=False))
        case "capital-name":
            return _one(_name(text, capital=True))
        case "place":
            return _one(_place(text))
        case "thing":
            return _one(_thing(_CUT.sub("", text)))
        case "list" | "capital-list":
            values = [_thing(_CUT.sub("", part)) for part in re.split(r"\s*(?:,|\band\b|\bor\b|&)\s*", text)]
            known = [value for value in values if value]
            if rule.type == "capital-list":
                return [value for value in known if value[0].isupper()]
            return known if values and values[0] else []
        case "number":
            number = re.fullmatch(r"\d{1,3}", text)
            return [text] if number and int(text) <= 120 else []
        case "date":
            return _one(_date(text))
        case "one-of":
            return [v for v in rule.values if re.match(rf"{re.escape(v)}\b", text, re.IGNORECASE)][:1]
        case "text":
            return [text] if text and text.split()[0].lower() not in _NOT_A_THING else []


def _one(value: str) -> list[str]:
    return [value] if value else []


def _name(text: str, *, capital: bool) -> str:
    words = text.partition(",")[0].split()
    first = words[0].strip(".,'’").lower() if words else ""
    if not first or first in _NOT_A_NAME or first in ("hi", "hello", "hey") or not words[0][0].isalpha():
        return ""
    if not words[0][0].isupper():
        # Typed without capitals: one word, and nothing after it that would make it a sentence.
        rest = _CUT.sub("", f"x {' '.join(words[1:])}").split()[1:]
        if capital or rest or not words[0].replace("-", "").replace("'", "").isalpha():
            return ""
        return words[0][0].upper() + words[0][1:]
    if capital and (_DEMONYM.search(words[0]) or len(words[0]) < 2):
        return ""
    kept = [words[0]]
    for position, word in enumerate(words[1:], start=1):
        following = words[position + 1] if position + 1 < len(words) else ""
        if not (
            word[0].isupper()
            or (word in _PARTICLES and following and (following[0].isupper() or following in _PARTICLES))
        ):
            break
        kept.append(word)
    if capital and len(kept) == 1 and kept[0] in ("I", "I'm", "I’m"):
        return ""
    return " ".join(kept[:5]).strip(" .,'’!")


def _place(text: str) -> str:
    words = text.split()
    if not words:
        return ""
    article = words[0].lower() == "the" and len(words) > 1 and words[1][0].isupper()
    if not article and words[0].lower() in _NOT_A_PLACE:
        return ""
    if words[0][0].isupper() or article:
        kept = words[:1]
        for position, word in enumerate(words[1:], start=1):
            following = words[position + 1] if position + 1 < len(words) else ""
            if not (word[0].isupper() or (word in _PARTICLES and following and following[0].isupper())):
                break
            kept.append(word)
        return " ".join(kept[:5]).strip(" .,'’!")
    rest = _CUT.sub("", text).split()
    if 1 <= len(rest) <= 2 and all(word.isalpha() and word not in _NOT_A_PLACE for word in rest):
        return " ".join(word.capitalize() for word in rest)
    return ""


def _thing(text: str) -> str:
    words = text.strip(" .!").split()
    if words and words[0].lower() in ("a", "an", "the", "my") and len(words) > 1 and words[0].lower() != "the":
        words = words[1:]
    if not words or len(words) > SINGULAR_WORDS or words[0].lower() in _NOT_A_THING:
        return ""
    if words[0].lower() in ("mondays", "before", "after", "out", "lot", "bit") or words[-1].lower() in ("about", "of"):
        return ""
    return " ".join(words)


def _date(text: str) -> str:
    """`3 May` from the ways people write a day of the year; empty when it is none."""
    names = {month[:3].lower(): month for month in MONTHS}
    plain = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", text.lower()).replace(",", " ").replace(" of ", " ")
    match = re.match(r"(\d{1,2}) ([a-z]{3,9})\b", plain)
    day, month = (match[1], match[2]) if match else ("", "")
    if not match and (other := re.match(r"([a-z]{3,9})\.? (\d{1,2})\b", plain)):
        day, month = other[2], other[1]
    name = names.get(month[:3], "")
    return f"{int(day)} {name}" if day and name.lower().startswith(month) and 1 <= int(day) <= 31 else ""


# --- standing instructions ----------------------------------------------------------------------------------------


def _instructions(sentence: str, code: str) -> list[CandidateFact]:
    """What the user asks for from now on: an imperative with a standing word, or about all answers."""
    rules = load_language(code).instructions
    text = re.sub(
        r"^(?:(?:and|also|ok|okay|hi|hey|hello|so|well|thanks)\b[\s,.!]*)+", "", sentence, flags=re.IGNORECASE
    )
    text = text.strip(" .!")
    if sentence.rstrip().endswith("?") or len(text.split()) > INSTRUCTION_WORDS or _UNREAL.search(text):
        return []
    called = re.fullmatch(
        rules.call_me.replace("{value}", r"(?P<value>.+)"), _without(text, rules.standing), re.IGNORECASE
    )
    if called:
        name = _name(called["value"], capital=False)
        return [_instruction("called", f"Call the user {name}.", name)] if name else []
    standing = re.search(rf"\b(?:{rules.standing})\b", text, re.IGNORECASE)
    core = _without(text, rules.standing)
    core = re.sub(
        r"^(?:please|could you|can you|i want you to|i'd like you to|you should|i want|i'd like)\s+",
        "",
        core,
        flags=re.IGNORECASE,
    )
    often = re.match(rf"(?:{rules.frequency})\s+(?={rules.verbs})", core, re.IGNORECASE)
    imperative = re.match(rf"(?:{rules.verbs})\b", core, re.IGNORECASE)
    # "Keep your answers short", "no emoji please": about all answers by their own words.
    general = re.match(
        rf"(?:keep|make|write) (?:your|the|all(?: your)?) (?:{rules.answers})\b"
        r"|(?:stop using|don't use|don’t use|do not use|no more)\b"
        r".*\b(?:emojis?|exclamation|bullets?|jargon)\b",
        core,
        re.IGNORECASE,
    )
    wish = standing and re.search(rf"\b(?:{rules.answers})\b", core, re.IGNORECASE)
    if not (general or often or wish or (standing and imperative)):
        return []
    for canonical in rules.canonical:
        if re.search(canonical.pattern, core, re.IGNORECASE) and not (
            canonical.not_ and re.search(canonical.not_, core, re.IGNORECASE)
        ):
            return [_instruction(canonical.attribute, canonical.content, canonical.content)]
    if not (often or imperative):
        return []
    return [_instruction("instruction", core[0].upper() + core[1:] + ".", core, plural=True)]


def _without(text: str, standing: str) -> str:
    plain = re.sub(rf"[\s,]*\b(?:{standing})\b[\s,:]*", " ", text, flags=re.IGNORECASE).strip(" ,.!")
    return re.sub(r"(?:\s*,?\s*(?:please|thanks|thank you))+$", "", plain, flags=re.IGNORECASE)


def _instruction(attribute: str, content: str, value: str, *, plural: bool = False) -> CandidateFact:
    return CandidateFact(
        content=content, kind="procedural", attribute=attribute, value=value, importance=0.9, plural=plural
    )


# --- the chat model -----------------------------------------------------------------------------------------------


class _ModelFact(BaseModel, extra="forbid"):
    content: str = Field(min_length=4, max_length=300)
    attribute: str = Field(max_length=40)
    value: str = Field(max_length=120)


class ModelFacts(BaseModel, extra="forbid"):
    facts: list[_ModelFact] = Field(max_length=8)


def extract_with_model(chat_model: Any, text: str, *, said_at: datetime) -> list[CandidateFact]:
    """What the chat model reads in one user message, under a JSON schema. Every value must stand in the message.

    Raises:
        ExtractionFailed: it did not answer, or not in the schema.
    """
    own = _PASTED.sub(" ", text).strip()
    if not own or len(own) > MAX_CHARACTERS:
        return []
    task = (files("assistant") / "prompts" / "extract.txt").read_text(encoding="utf-8")
    try:
        reply = chat_model.invoke(
            [SystemMessage(content=task), HumanMessage(content=own)],
            json_schema=ModelFacts.model_json_schema(),
            purpose="background",
            max_tokens=500,
            temperature=0.0,
        )
        facts = ModelFacts.model_validate_json(str(reply.content)).facts
    except ValidationError as error:
        raise ExtractionFailed(
            f"The chat model's answer did not fit the schema ({error.error_count()} faults)."
        ) from error
    except AttuneError as error:
        raise ExtractionFailed(str(error)) from error
    candidates = [
        CandidateFact(
            content=fact.content,
            attribute=fact.attribute.strip().lower(),
            value=fact.value.strip(),
            plural=True,
            valid_from=said_at,
            origin="model",
        )
        for fact in facts
        if fact.value.strip().casefold() in own.casefold() and fact.content.startswith("The user")
    ]
    return [candidate for candidate in candidates if is_keepable(candidate)]


def union(by_rules: Sequence[CandidateFact], by_model: Sequence[CandidateFact]) -> list[CandidateFact]:
    """Both, the rules' word first: a value that a rule has read is not read again."""
    known = {candidate.value.casefold() for candidate in by_rules}
    return [*by_rules, *(c for c in by_model if c.value.casefold() not in known)]


def apply(
    memory: MemoryManager, candidates: Sequence[CandidateFact], message: Message, *, persona: str = ""
) -> list[Memory]:
    """Bring what a message says into memory. Returns what was added or refreshed; negations close and add nothing."""
    learnt: list[Memory] = []
    for candidate in candidates:
        if candidate.negates:
            _close(memory, candidate, message)
            continue
        if candidate.attribute in OPPOSITE_ATTRIBUTES:
            opposite = replace(candidate, attribute=OPPOSITE_ATTRIBUTES[candidate.attribute])
            _close(memory, opposite, message)
        learnt.append(
            memory.add(
                content=candidate.content,
                kind=candidate.kind,
                subject=candidate.subject,
                attribute=candidate.attribute,
                value=candidate.value,
                importance=candidate.importance,
                valid_from=candidate.valid_from,
                source_message_id=message.id,
                origin=candidate.origin,
                persona=persona,
                plural=candidate.plural,
            )
        )
    return learnt


OPPOSITE_ATTRIBUTES = {"like": "dislike", "dislike": "like", "not-eaten": "like"}
"""Saying one takes the other back, for the same value."""


def _close(memory: MemoryManager, candidate: CandidateFact, message: Message) -> None:
    for known in memory.memories(attribute=candidate.attribute):
        if same_words(known.value, candidate.value):
            memory.close_memory(known.id, at=candidate.valid_from, source_message_id=message.id)
