"""Reads facts and standing instructions out of what the user typed. By rules that are data, and by the chat model.

The rules are pure and quick, and prefer silence to a wrong memory: questions, wishes, quotations, code, pasted text
and other people's words say nothing about the user. What may never be kept is dropped here: credentials, card
numbers and the sensitive classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field, ValidationError

from assistant import sensitivity
from assistant.dates import FoundDate, When, find_dates, in_words
from assistant.errors import AttuneError
from assistant.own_words import QUOTED_MARK, own_sentences, own_text
from assistant.prompt import MONTHS
from memory import Memory, MemoryManager, Message
from memory.reconcile import speaks_of
from memory.records import MemoryKind, Origin

MAX_CHARACTERS = 4000
"""Beyond that a message is a document, not something said."""
MAX_CANDIDATES = 12
ALLOWED_NOTE = "allowed_classes"
"""The note that names the sensitive classes the user allows."""
INSTRUCTION_WORDS = 25
SINGULAR_WORDS = 5
PHRASE_WORDS = 8
DELICATE_WORDS = 12

# Words that end a value, because what follows is another thought.
_CUT = re.compile(
    r"\s+(?:and (?:i|my|we|our|it|he|she|they|that|also|then|just|so|have|am|work|live|never|always)\b|but|because|so|since"
    r"|when|while|which|who|whose|that|with|for|at|in|on|as|by the way|btw|now|anymore|any more|any longer|these days"
    r"|nowadays|too|a lot|very much|though|although|after all|lately|again|instead|please|right now|at the moment|today|if"
    r"|unless|until|from|here|there|most of|ever|more than|to the|to death|twice|once|every|all day|at all|as well|not"
    r"|during|after|before|without|over|especially|mostly|either|anyway|apparently|honestly|myself)\b.*$|\s+[-–—]\s.*$",
    re.IGNORECASE,
)
_NOT_A_THING = frozenset(
    """it that this them those these you your yours him her me us everything anything nothing something someone to how
    when what where why who not never much more less very too hard every a an the all being getting having going
    my mine our ours his their its so such one ones i we he she they both neither no any some there here if is are
    just only even still quite really well""".split()  # noqa: SIM905 - a word list reads best as words
)
_NOT_A_NAME = frozenset(
    """a an the not no so very just really still also here there in on at to from with by of for and or but if as is
    are was were be been important unknown complicated tired fine good great happy sad sorry new sure back ready done
    every always never often sometimes usually nothing something right over out up down i you he she we they it me
    my your his her our their this that these those bus tomorrow later when before after today tonight now maybe
    anything whatever what who how why where probably glad nice pleased late early ill sick bored hungry all only
    both secret mud""".split()  # noqa: SIM905
)
_NOT_A_PLACE = frozenset(
    """a an the fear ruins peace hope home work night day money my your our his her their this that these those moment
    past future present shift weekends least most first once different another some many two three nobody
    myself no constant complete total touch bed sleep it me you them him us there here what how
    school""".split()  # noqa: SIM905
)
_NOT_A_JOB = frozenset(
    """fan believer learner riser person sleeper reader thinker speaker lover hater eater drinker smoker swimmer runner
    walker talker listener worrier perfectionist optimist pessimist realist idealist minimalist introvert extrovert
    beginner newcomer stranger outsider foreigner loser winner member user owner customer subscriber visitor tourist
    survivor supporter follower mother father brother sister daughter grandmother grandfather stranger gamer dreamer
    procrastinator starter finisher quitter sucker vegetarian christian hoarder planner sinner morning nervous minor
    senior junior adult bachelor teenager hugger snorer cheater liar killer monster number disaster failure winter
    feminist communist socialist atheist capitalist racist lister hiker cyclist climber traveller traveler collector
    enthusiast amateur hobbyist camper backpacker prisoner patient millennial resident citizen parent
    voter republican democrat buddhist baptist methodist libertarian pagan""".split()  # noqa: SIM905
)
_NOT_JOB_START = frozenset(
    """big huge bit little slow fast good bad terrible great quick heavy light early late native total complete hard
    real true better worse former keen avid frequent proud potential lot few nervous strong poor fluent regular natural
    born hopeless non single experienced amateur aspiring budding seasoned passionate casual future wannabe occasional""".split()  # noqa: SIM905
)
_JOB = re.compile(
    r"(?:er|or|ist|ian|yst|ician|smith|wright|maid|nurse|doctor|medic|midwife|chef|cook|pilot|clerk|vet|judge|student"
    r"|professor|accountant|assistant|consultant|mechanic|surgeon|architect|librarian|attorney|agent|scientist|guard"
    r"|driver|parent|freelancer|locksmith|intern|apprentice|postdoc|lecturer|engineer|captain|soldier|sailor|monk|nun"
    r"|model|coach|host|official|servant|officer|editor|paralegal|lawyer|actor|actress|waitress|hostess|housewife"
    r"|househusband|economist|biologist|physicist|chemist|astronaut|athlete|mason|tutor|carer|au pair|barista"
    r"|archivist|curator|executive|founder|analyst|detective|technician|handyman|fireman|policeman|policewoman|postman"
    r"|fisherman|salesman|saleswoman|sales rep|representative|superintendent|correspondent|sergeant|lieutenant|dj"
    r"|ceo|cto|cfo|gp|midwives|tattooist|beekeeper|illustrator|retiree|pensioner|trainee|undergraduate|graduate student)$",
    re.IGNORECASE,
)
_DEMONYM = re.compile(
    r"(?:ian|ean|ish|ese|can|nch|tch|eek|wiss)$|^(?:german|czech|thai|arab|turk|dane|swede|finn|pole|scot|dutch|welsh|irish"
    r"|catholic|muslim|jewish|hindu|buddhist|protestant|christian|sikh|filipino|israeli|iraqi|pakistani|bengali|kurdish"
    r"|latvian|greek|swiss|icelandic|mormon|quaker|orthodox|afghan|basque|catalan|tamil|lent|monday|tuesday|wednesday"
    r"|thursday|friday|saturday|sunday|january|february|march|april|june|july|august|september|october|november|december)$",
    re.IGNORECASE,
)
_PARTICLES = frozenset("van von der den de da di du la le el al bin ibn af av of the dos das do st".split())  # noqa: SIM905
_QUESTION = re.compile(
    r"^(?:who|what|when|where|why|how|which|whose|do|does|did|am|is|are|was|were|can|could|will|would|should|shall|have"
    r"|has|may|might|tell me|guess|remember)\b(?! not\b)",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"\b(?:if|wish|imagine|imagining|pretend|pretending|suppose|supposing|supposed to|what if|let's say|lets say|let’s say"
    r"|as though|as if|(?:in|for|of) (?:the|my|a|this) (?:story|novel|dream|game|film|book|role|scenario|play)|role[- ]?play\w*"
    r"|used to|hypothetical\w*|for example|example|joking|kidding|just joking|ha|haha\w*|lol|lmao|rofl|jk|jokes|obviously"
    r"|not really"
    r"|apparently|sarcas\w*|in theory|say i'm|(?<!i )said|says|say that|(?<!i )told|asked|wrote|writes|claims?|claimed|according to"
    r"|reads|goes|quote[ds]?"
    r"|unless|almost|nearly|wanted to|want to|hoped to|thinking (?:about|of)|someday|some day|one day|in another life|character"
    r"|as a (?:child|kid|teenager|boy|girl)|back then|sentence|lyrics?|motto|horoscope|my alter ego|fictional)\b"
    r"|;-?\)|:-?[pP]\b|😉|😂|🤣|😜|😏|\^\^|/s$|^say\b|^when (?:i|we) (?:was|were)\b",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"\b(?:if|wish|imagine|pretend|suppose|in (?:the|my) (?:story|novel|dream|game)|role[- ]?play\w*|joking|kidding|ha|lol"
    r"|said|says|told|asked|wrote|claims?|claimed|according to|used to|example sentence)\b",
    re.IGNORECASE,
)
_BESIDE_A_DATE = re.compile(r"\b(?:days?|weeks?|months?|years?) (?:before|after)\b", re.IGNORECASE)
"""A time told by another one ("twelve days before my birthday") is not read."""
_MODAL = re.compile(r"\b(?:would|could|might|maybe|perhaps|'d|’d|should|may|probably|ought)\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"\s*(?:[,;:()–—!]|\.\s|\s-\s|\band (?=(?:i|my|we|our|i'm|i’m|im)\b)|\bbut\b|\bbtw\b|\bby the way\b)\s*",
    re.IGNORECASE,
)
_AND_VERB = re.compile(
    r"\s+and (?=(?:also |now )?(?:work|live|hate|detest|loathe|speak|collect|teach|have|prefer|can't|can’t|am|was born"
    r"|grew up|moved|come from|keep|play the|drive a|study|(?:also|really) (?:love|like|enjoy|play))\b)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:so|well|yes|yeah|no|nope|ok|okay|oh|also|and|but|actually|fyi|hi|hello|hey|there|thanks|please note|note that"
    r"|you should know|i forgot to say|just so you know|remember that|remember|of course|anyway|it's me|sorry|wait|wrong"
    r"|correction|i meant(?: to say)?(?: that)?|i mean|turns out|it turns out|to be honest|honestly|these days|nowadays"
    r"|quick intro|about me|update|by the way|btw|for the record|as you know|did you know|fun fact|unfortunately|luckily"
    r"|sadly|finally|today|right now|currently|at the moment|lately|recently|in fact|personally)\b[\s,.!:]*)+",
    re.IGNORECASE,
)
_MARKS = "\ue000-\ue0ff"
"""Private characters that stand for the dates of a sentence while its rules are tried."""
_MARK = re.compile(rf"\s*[{_MARKS}]\s*")
_HOUR = re.compile(
    r" at (?:noon|midnight|\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven"
    r"|twelve)(?: o['’]clock)?$",
    re.IGNORECASE,
)
SINGULAR = {
    **dict.fromkeys(("kids", "children", "twins"), "child"),
    "grandchildren": "grandchild",
    "best friends": "best friend",
}


ValueType = (
    Literal["name", "capital-name", "names", "place", "capital-place", "thing", "phrase", "list", "capital-list"]
    | Literal["one-of-list", "number", "year", "date", "one-of", "job", "text"]
)
"""What `_values` makes of each."""


class UnknownClass(AttuneError):
    """A sensitive class that is none."""


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
    occurs: When | None = None
    """When a plan or an event takes place."""
    since: When | None = None
    """Since when the fact holds, in the user's words; `valid_from` follows from it."""
    sensitivity: str = ""
    """The sensitive class it falls into: held back until the user allows it."""
    instead_of: str = ""
    """The value it corrects: "Hedwig, not Hedvig"."""
    origin: Origin = "rule"


class Rule(BaseModel, extra="forbid"):
    """One rule of a language file; the file itself explains the fields."""

    id: str
    pattern: str
    type: ValueType
    attribute: str
    content: str
    subject: str = "user"
    value: str = ""
    importance: float = 0.5
    plural: bool = False
    negates: bool = False
    dated: Literal["", "plan", "event"] = ""
    undated: bool = False
    since: bool = False
    """Counts only with a time: "I have lived in Faro since 2019", not "I have lived in Faro"."""
    whole: bool = False
    """A list of which nothing essential may be cut: not "stories" for "stories that end well"."""
    loose: bool = False
    """May be followed by anything: "my dog Pemba ate …"."""
    ends: bool = False
    """Must reach the end of the clause."""
    needs: str = ""
    sentence_needs: str = ""
    unless: str = ""
    not_value: str = ""
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
    frequent_verbs: str = Field(alias="frequent-verbs")
    verbs: str
    answers: str
    wishes: str
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
            pattern = re.sub(rf"\b{macro}(?=\b|s\b)", f"(?:{meaning})", pattern)
        # What may be followed by anything is read to the end: its type says where the value stops.
        pattern = pattern.replace("{value}", r"(?P<value>[^\n]+)" if rule.loose else r"(?P<value>[^\n]+?)") + (
            r"[.!]*$" if rule.ends else r"(?:[.!?]*$)"
        )
        if rule.loose or (rule.type == "text" and not rule.ends):
            pattern = pattern.removesuffix(r"(?:[.!?]*$)") + r"(?:(?!\w).*)?$"
        compiled.append((rule, re.compile(pattern, re.IGNORECASE)))
    return compiled


def extract_by_rules(text: str, *, said_at: datetime, language: str = "en") -> list[CandidateFact]:
    """What a message says by rule, at most `MAX_CANDIDATES`. Takes a few milliseconds, whatever the text.

    Credentials and card numbers are left out. What falls into a sensitive class comes with its `sensitivity`, for the
    caller to hold back.
    """
    if len(text) > MAX_CHARACTERS:
        return []
    said_on = said_at.astimezone().date()
    found: list[CandidateFact] = []
    for sentence in own_sentences(text):
        found.extend(_instructions(sentence, language))
        if _QUESTION.search(_LEAD.sub("", sentence)) or sentence.rstrip().endswith("?") or _UNREAL.search(sentence):
            continue
        delicate = sensitivity.class_of(sentence)
        read = _facts(sentence, said_on, language)
        if delicate:
            # "My friend Lars has …": a name beside it would say whom it is about.
            read = [replace(c, sensitivity=delicate) if c.attribute.startswith("person:") else c for c in read]
        if delicate and not any(sensitivity.class_of(f"{c.content} {c.value}") for c in read):
            read += _delicate(sentence, delicate)
        found.extend(read)
    unique: dict[tuple[str, str, str, bool], CandidateFact] = {}
    for candidate in found:
        words = f"{candidate.content} {candidate.value}"
        if not sensitivity.is_secret(words):
            marked = replace(candidate, sensitivity=candidate.sensitivity or _class_of(candidate))
            unique.setdefault(
                (candidate.subject, candidate.attribute, candidate.value.casefold(), candidate.negates), marked
            )
    return [_dated(candidate, said_at) for candidate in list(unique.values())[:MAX_CANDIDATES]]


def extract_instructions(text: str, *, said_at: datetime, language: str = "en") -> list[CandidateFact]:
    """What a message asks for from now on, and nothing else: quick enough to be read before the reply begins."""
    if len(text) > MAX_CHARACTERS:
        return []
    found = [c for sentence in own_sentences(text) for c in _instructions(sentence, language)]
    unique = {(c.attribute, c.value.casefold()): c for c in reversed(found)}
    kept = [c for c in reversed(unique.values()) if not sensitivity.is_secret(c.content)]
    return [replace(candidate, valid_from=said_at) for candidate in kept[:MAX_CANDIDATES]]


def is_keepable(candidate: CandidateFact) -> bool:
    """False for credentials, card and account numbers, and the sensitive classes."""
    return not (sensitivity.is_secret(f"{candidate.content} {candidate.value}") or candidate.sensitivity)


def _class_of(candidate: CandidateFact) -> str:
    """Allergies and diet that the user states are not withheld; neither is an instruction about answers."""
    if candidate.attribute in ("allergy", "diet", "not-eaten", "not-drunk") or candidate.kind == "procedural":
        return ""
    return sensitivity.class_of(f"{candidate.content} {candidate.value}")


def _dated(candidate: CandidateFact, said_at: datetime) -> CandidateFact:
    """With the moment from which it holds: what was said about it, or when it was said."""
    if candidate.since is None:
        return replace(candidate, valid_from=said_at)
    began = datetime.combine(candidate.since.first, time(), said_at.astimezone().tzinfo)
    return replace(candidate, valid_from=min(began, said_at))


def _delicate(sentence: str, name: str) -> list[CandidateFact]:
    """A sensitive statement that no rule reads, as a sentence about the user, if it is plainly one."""
    text = _LEAD.sub("", sentence).strip(" .!")
    said = _IN_THE_THIRD.match(text)
    if said is None or len(text.split()) > DELICATE_WORDS or re.search(r"\byou(?:r|rs)?\b", text, re.IGNORECASE):
        return []
    rest = text[said.end() :].strip()
    near = " ".join(rest.split()[:5])
    if not sensitivity.class_of(f"{said['opening']} {near}") or _ABOUT_TO.match(rest):
        return []
    words = {
        "i'm": "is",
        "i’m": "is",
        "im": "is",
        "i am": "is",
        "i was": "was",
        "i have": "has",
        "i've": "has",
        "i’ve": "has",
    }
    opening = words.get(said["opening"].lower(), "")
    rest = _theirs(rest)
    if opening:
        content = f"The user {opening} {rest}."
    elif said["opening"].lower() == "my":
        content = f"The user's {rest}."
    else:
        content = f"The user {_third(said['opening'].split()[-1])} {rest}."
    return [CandidateFact(content=content, attribute=name, value=rest, importance=0.6, plural=True, sensitivity=name)]


_ABOUT_TO = re.compile(
    r"(?!(?:taking|suffering|living|struggling|recovering|undergoing|practi[sc]ing|transitioning|dating|being)\b)"
    r"(?:\w+ing|interested|excited|just|always|curious|here|new|sure|glad|happy|sorry|worried|concerned|aware|familiar|heard"
    r"|been (?!diagnosed|sober|pregnant|depressed|on|in therapy)\w+|in awe|inspired|so|really|question|questions?)\b",
    re.IGNORECASE,
)
"""What is looked into, planned or felt about a delicate subject says nothing about the user's own life."""
_IN_THE_THIRD = re.compile(
    r"(?P<opening>i'm|i’m|im|i am|i was|i have|i've|i’ve|i (?:voted|vote|take|believe|suffer|live|support|pray|got)|my)\b",
    re.IGNORECASE,
)


def _third(verb: str) -> str:
    """`votes` from `vote`; a past form stays."""
    verb = verb.lower()
    return verb if verb in ("voted", "got") else f"{verb}es" if verb.endswith(("s", "sh", "ch", "o")) else f"{verb}s"


def _theirs(text: str) -> str:
    """`their aunt` from `my aunt`: the user's words in the third person."""
    swapped = {
        "my": "their",
        "our": "their",
        "me": "them",
        "us": "them",
        "i": "they",
        "we": "they",
        "myself": "themselves",
    }
    return re.sub(r"\b(my|our|me|us|i|we|myself)\b", lambda m: swapped[m[0].lower()], text, flags=re.IGNORECASE)


def _clauses(sentence: str) -> Iterator[str]:
    """The sentence from each place where a new thought may start, to the end of that thought."""
    whole = _LEAD.sub("", sentence)
    yield sentence.rstrip(" .!")
    if whole != sentence:
        yield whole.rstrip(" .!")
    waiting = ""
    for part in _CLAUSE.split(whole):
        if not part:
            continue
        if not _MARK.sub("", part).strip():
            waiting += part  # "Tomorrow, I …": the date belongs to what follows
            continue
        clause = _LEAD.sub("", waiting + part).rstrip(" .!")
        waiting = ""
        yield clause
        subject = re.match(rf"[{_MARKS} ]*(?:(i|we)\b|i['’]m\b|my\b)", clause, re.IGNORECASE)
        if subject:
            # "… and work as a dentist" goes on with the same subject.
            first, *more = _AND_VERB.split(clause)
            yield from [first, *(f"{subject[1] or 'i'} {verb}" for verb in more)] if more else []


def _facts(sentence: str, said_on: date, language: str) -> list[CandidateFact]:
    dates = find_dates(sentence, said_on)[:200]
    marked = sentence
    for position in reversed(range(len(dates))):
        found_date = dates[position]
        marked = f"{marked[: found_date.start]}{chr(0xE000 + position)}{marked[found_date.end :]}"
    found: dict[str, list[CandidateFact]] = {}
    for clause in _clauses(marked):
        named = [dates[ord(c) - 0xE000] for c in clause if "\ue000" <= c <= "\ue0ff"]
        said = re.sub(
            rf"[{_MARKS}]", lambda m: sentence[dates[ord(m[0]) - 0xE000].start : dates[ord(m[0]) - 0xE000].end], clause
        )
        plain = _MARK.sub(" ", clause).strip()
        if named:
            plain = _HOUR.sub("", plain)
        if (_MODAL.search(plain) and "kill me" not in plain) or _BESIDE_A_DATE.search(plain):
            continue
        for rule, pattern in _compiled(language):
            if rule.unless in found or (rule.dated and len(named) != 1) or (rule.since and not named):
                continue
            text = said if rule.undated else plain
            match = pattern.match(text)
            if (
                match is None
                or (rule.needs and not re.search(rule.needs, text, re.IGNORECASE))
                or (rule.sentence_needs and not re.search(rule.sentence_needs, sentence, re.IGNORECASE))
            ):
                continue
            if QUOTED_MARK in match["value"]:
                continue
            if rule.not_value and re.fullmatch(rule.not_value, match["value"].strip(" .!,"), re.IGNORECASE):
                continue
            when = _when(rule, named, said_on)
            if when is None and (rule.dated or (named and not rule.undated)):
                continue
            earlier = found.setdefault(rule.id, [])
            # The whole sentence is tried first, then its parts: what they read again is not another fact.
            known = [candidate.value.casefold() for candidate in earlier]
            earlier += [
                replace(_candidate(rule, match, value, when), instead_of=_corrected(value, sentence))
                for value in _values(rule, match["value"])
                if not any(value.casefold() in other or other in value.casefold() for other in known)
            ]
            if not earlier:
                del found[rule.id]
    return [candidate for candidates in found.values() for candidate in candidates]


def _corrected(value: str, sentence: str) -> str:
    """What stands after "not" behind a value: "Hedwig, not Hedvig"."""
    match = re.search(
        rf"{re.escape(value)},? (?:and )?not (?:an? |the )?(?P<old>[\w'’-]+(?: [\w'’-]+)?)[.!]*$", sentence
    )
    return match["old"] if match else ""


def _when(rule: Rule, named: Sequence[FoundDate], said_on: date) -> When | None:
    """The time a rule asks for: of a plan to come, of an event gone, or since when a fact holds."""
    if not named or rule.undated:
        return None
    if rule.dated == "plan":
        return named[0].future if not named[0].since and named[0].future.last >= said_on else None
    return named[0].past if named[0].past.first <= said_on else None


def _candidate(rule: Rule, match: re.Match[str], value: str, when: When | None) -> CandidateFact:
    groups = {key: (text or "").lower().strip() for key, text in match.groupdict().items() if key != "value"}
    if groups.get("what", "").endswith("s") or groups.get("what") in SINGULAR:
        # Rules of many names are about each of them.
        what = groups["what"]
        groups["what"] = SINGULAR.get(what) or (what[:-1] if rule.type == "names" else what)
    words = {
        **groups,
        "value": value,
        "a": "an" if value[:1].lower() in "aeiou" else "a",
        "the": "the " if value in INSTRUMENTS else "",
        "when": in_words(when) if when else "",
        "said": _said(match["value"]),
        "gerund": _gerund(value),
        "verb_s": f"{_third(value.split()[0])} {' '.join(value.split()[1:])}".strip(),
    }
    if rule.value:
        words["value"] = rule.value.format(**words)
    return CandidateFact(
        content=_theirs(rule.content.format(**words))
        if rule.dated or rule.type == "phrase"
        else rule.content.format(**words),
        kind="episodic" if rule.dated else "semantic",
        subject=rule.subject.format(**words),
        attribute=rule.attribute.format(**words),
        value=words["value"],
        importance=rule.importance,
        plural=rule.plural,
        negates=rule.negates,
        occurs=when if rule.dated else None,
        # Saturday is not since when a daughter has her name.
        since=None if rule.dated or (rule.loose and "name" in rule.type) else when,
    )


def _gerund(verb: str) -> str:
    """`running` from `run`, `baking` from `bake`."""
    if re.search(r"[^aeiou][aeiou][bgmnpt]$", verb):
        return f"{verb}{verb[-1]}ing"
    return f"{verb.removesuffix('e')}ing"


def _said(text: str) -> str:
    """The words as they were said, up to where another thought begins."""
    return re.split(r"\s+[-–—]\s|\s+and (?=it\b|that\b|this\b|i\b|we\b|\w+ed\b)|[,;(]", text.strip(" .!"))[0].strip()


INSTRUMENTS = frozenset(
    """cello violin viola piano guitar bass drums flute clarinet oboe trumpet trombone saxophone harp accordion ukulele
    banjo organ bagpipes mandolin harmonica recorder keyboard fiddle horn tuba lute sitar""".split()  # noqa: SIM905
)


def _values(rule: Rule, captured: str) -> list[str]:
    """The captured words as values of the rule's type; none when they are something else.

    name            words with capitals, or one without       capital-name    words with capitals
    names           two or more capital names                 place           capital words, or one or two without
    thing           up to five words, cut where a new thought begins
    phrase          up to eight words, not cut
    list            things, joined by commas, and, or         capital-list    those of them with capitals
    one-of          one of the rule's values                  one-of-list     those of a list that are
    job             a thing whose last word is a profession   number, year, date, text: as they stand
    """
    text = captured.strip(" .!,'\"")
    match rule.type:
        case "name":
            return _one(_name(text, capital=False))
        case "capital-name":
            return _one(_name(text, capital=True))
        case "names":
            names = [_name(part, capital=True) for part in _LISTED.split(text)]
            return names if len(names) > 1 and all(names) else []
        case "place":
            return _one(_place(text, capital=False))
        case "capital-place":
            return _one(_place(text, capital=True))
        case "thing":
            return _one(_thing(_CUT.sub("", text)))
        case "phrase":
            return _one(_phrase(text))
        case "job":
            thing = _thing(_CUT.sub("", text))
            words = thing.lower().split()
            known = words and _JOB.search(thing) and words[-1] not in _NOT_A_JOB and words[0] not in _NOT_JOB_START
            return [thing] if known and len(words) <= 4 else []
        case "list" | "capital-list":
            return _things(rule, text)
        case "one-of-list":
            known_values = {value.lower(): value for value in rule.values}
            parts = [re.sub(r"^the ", "", _CUT.sub("", part).strip().lower()) for part in _LISTED.split(text)]
            return [known_values[part] for part in parts if part in known_values]
        case "number":
            number = re.fullmatch(r"\d{1,3}", text)
            return [text] if number and int(text) <= 120 else []
        case "year":
            year = re.match(r"(?:19|20)\d\d\b", text)
            return [year[0]] if year else []
        case "date":
            return _one(_date(text))
        case "one-of":
            return [v for v in rule.values if re.match(rf"{re.escape(v)}s?\b(?!-)", text, re.IGNORECASE)][:1]
        case "text":
            return [text] if text and (rule.value or text.split()[0].lower() not in _NOT_A_THING - {"a", "an"}) else []


_LISTED = re.compile(r"\s*(?:,|\band to\b|\band\b|\bor\b|&|/)\s*(?:and |or )?", re.IGNORECASE)


def _things(rule: Rule, text: str) -> list[str]:
    parts = [
        re.sub(r"^(?:a little(?: bit of)?|a bit of|some|fluent|basic|also|both) ", "", part)
        for part in _LISTED.split(_one_list(text))
    ]
    if rule.type == "capital-list":
        values = [_thing(_CUT.sub("", part)) for part in parts]
        return [value for value in values if value and value[0].isupper()]
    values = []
    for part in parts:
        kept = _CUT.sub("", part)
        value = _thing(kept) if not re.match(r"(?:my|our|your)\b", kept, re.IGNORECASE) else ""
        if not value or _NOT_LISTED.search(value) or (rule.whole and not _is_whole(kept, part)):
            break  # What follows the first thing that is none belongs to another thought.
        values.append(value)
        if kept != part or re.search(r"^\w+ing \w|\b(?:about|of|for|with|in)\b", value, re.IGNORECASE):
            break  # "helping people and animals", "books about cats and dogs": the rest belongs to this one.
    return values


_NOT_LISTED = re.compile(
    r"['’](?:re|m|ve|ll|d)\b|n['’]t\b|\b(?:i|you|he|she|they|we|it|is|are|was|were|has|get|gets|got|like|them|us|him|this"
    r"|these|those|sure|your|as|than|me)\b",
    re.IGNORECASE,
)


def _one_list(text: str) -> str:
    """Without what follows a comma that is not one of a list: "jazz, it calms me" is about jazz."""
    head, *rest = text.split(",")
    if rest and not re.search(r"\b(?:and|or)\b|&", rest[-1]):
        listed = all(len(part.split()) <= 3 for part in rest)
        return text if listed and len(rest) > 1 else head
    return text


def _is_whole(kept: str, part: str) -> bool:
    """False when the cut took what the words need: "stories that …", "seeing them …", "spending time with …"."""
    after = part[len(kept) :].split()
    if after and re.fullmatch(r"that|which|who|whose|when|where|if|unless|than|from|of|not", after[0], re.IGNORECASE):
        return False
    gerund = re.match(r"\w+ing\b", kept, re.IGNORECASE)
    return not (gerund and (after or re.search(r"\b(?:my|our|the|to|a|an)\b", kept, re.IGNORECASE)))


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


_CAPITALS = r"[^\W\d_a-z][\w'’-]+(?: [^\W\d_a-z][\w'’-]+)*"
_PART_OF = re.compile(
    rf"(?:the )?{_CAPITALS} (?:part|quarter|district|area|neighbou?rhood|suburb|side|end) of {_CAPITALS}"
)
"""`the Rosenborg part of Trondheim`: a place told more closely."""


def _place(text: str, *, capital: bool) -> str:
    part = _PART_OF.match(text)
    if part is not None:
        return part[0]
    words = text.partition(",")[0].split()
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
    if capital:
        return ""
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


def _phrase(text: str) -> str:
    text = re.sub(
        r"\s+(?:anymore|any more|too|now|please|as well|again|instead|together|coming up|scheduled|planned|booked)$",
        "",
        _said(text).strip(" .!,"),
    )
    words = text.split()
    if words and words[0].lower() in ("a", "an", "my", "our") and len(words) > 1:
        words = words[1:]
    if not words or len(words) > PHRASE_WORDS or words[0].lower() in _NOT_A_THING:
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
    request = re.match(
        rf"(?:can|could|would|will) you (?:please )?(?=(?:{rules.frequency}|{rules.standing})\b)", text, re.IGNORECASE
    )
    if request:
        text = text[request.end() :].rstrip(" ?")
    elif text.endswith("?"):
        return []
    if len(text.split()) > INSTRUCTION_WORDS or _REPORTED.search(text):
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
    verbs = rules.verbs if standing else rules.frequent_verbs
    often = re.match(rf"(?:{rules.frequency})\s+(?=(?:{verbs})\b)", core, re.IGNORECASE)
    imperative = re.match(rf"(?:{rules.verbs})\b", core, re.IGNORECASE)
    # "Keep your answers short", "no emoji please": about all answers by their own words.
    general = re.match(
        rf"(?:keep|make|write) (?:your|the|all(?: your)?) (?:{rules.answers})\b"
        r"|(?:stop using|don't use|don’t use|do not use|no more)\b"
        r".*\b(?:emojis?|exclamation|bullets?|jargon)\b",
        core,
        re.IGNORECASE,
    )
    general = general or re.fullmatch(rules.wishes, core, re.IGNORECASE)
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
    own = own_text(text).strip()
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
    return [
        replace(candidate, sensitivity=_class_of(candidate))
        for candidate in candidates
        if not sensitivity.is_secret(f"{candidate.content} {candidate.value}")
    ]


def union(by_rules: Sequence[CandidateFact], by_model: Sequence[CandidateFact]) -> list[CandidateFact]:
    """Both, the rules' word first: a value that a rule has read is not read again."""
    known = {candidate.value.casefold() for candidate in by_rules}
    return [*by_rules, *(c for c in by_model if c.value.casefold() not in known)]


def apply(
    memory: MemoryManager, candidates: Sequence[CandidateFact], message: Message, *, persona: str = ""
) -> list[Memory]:
    """Bring what a message says into memory. Returns what was added or refreshed; negations close and add nothing.

    What falls into a sensitive class that the user has not allowed is held back and offered; see `MemoryManager.held_facts`.
    """
    allowed = allowed_classes(memory)
    learnt: list[Memory] = []
    for candidate in candidates:
        if candidate.sensitivity and candidate.sensitivity not in allowed:
            if not candidate.negates:
                _hold_back(memory, candidate, message)
            continue
        if candidate.negates:
            for known in memory.memories(attribute=candidate.attribute, subject=candidate.subject):
                if known.persona == persona and speaks_of(known.value, candidate.value):
                    memory.close_memory(known.id, at=candidate.valid_from, source_message_id=message.id)
            continue
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
                sensitivity=candidate.sensitivity,
                persona=persona,
                plural=candidate.plural,
                instead_of=candidate.instead_of,
                occurs=(candidate.occurs.first, candidate.occurs.last) if candidate.occurs else None,
            )
        )
    return learnt


def allowed_classes(memory: MemoryManager) -> frozenset[str]:
    """The sensitive classes that the user allows to be kept."""
    return frozenset(memory.note(ALLOWED_NOTE).split())


def allow_class(memory: MemoryManager, name: str, *, allowed: bool) -> None:
    """Keep a sensitive class from now on, or no more. What is kept already stays."""
    if name not in sensitivity.CLASSES:
        raise UnknownClass(f"There is no class “{name}”. Choose one of: {', '.join(sensitivity.CLASSES)}.")
    now = allowed_classes(memory) | {name} if allowed else allowed_classes(memory) - {name}
    memory.set_note(ALLOWED_NOTE, " ".join(sorted(now)))


def _hold_back(memory: MemoryManager, candidate: CandidateFact, message: Message) -> None:
    memory.hold_back(
        message_id=message.id,
        content=candidate.content,
        sensitivity=candidate.sensitivity,
        kind=candidate.kind,
        subject=candidate.subject,
        attribute=candidate.attribute,
        value=candidate.value,
        valid_from=candidate.valid_from,
    )
