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
from importlib.resources import files
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field, ValidationError

from assistant import sensitivity, values
from assistant.errors import AttuneError
from assistant.grounding import is_said
from assistant.language import DEFAULT, Instructions, Rule, compiled_rules, load_language, vocabulary
from assistant.own_words import QUOTED_MARK, own_sentences, own_text
from memory import Memory, MemoryManager, Message
from memory.dates import FoundDate, When, find_dates, in_words
from memory.reconcile import speaks_of
from memory.records import MemoryKind, Origin

MAX_CHARACTERS = 4000
"""Beyond that a message is a document, not something said."""
MAX_CANDIDATES = 12
ALLOWED_NOTE = "allowed_classes"
"""The note that names the sensitive classes the user allows."""
INSTRUCTION_WORDS = 25
DELICATE_WORDS = 12

_MARKS = "\ue000-\ue0ff"
"""Private characters that stand for the dates of a sentence while its rules are tried."""
_MARK = re.compile(rf"\s*[{_MARKS}]\s*")


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


def extract_by_rules(text: str, *, said_at: datetime, language: str = DEFAULT) -> list[CandidateFact]:
    """What a message says by rule, at most `MAX_CANDIDATES`. Takes a few milliseconds, whatever the text.

    Credentials and card numbers are left out. What falls into a sensitive class comes with its `sensitivity`, for the
    caller to hold back.
    """
    if len(text) > MAX_CHARACTERS:
        return []
    patterns = vocabulary(language).patterns
    said_on = said_at.astimezone().date()
    found: list[CandidateFact] = []
    for written in own_sentences(text, language):
        sentence = _spelt(written, language)
        found.extend(_instructions(sentence, language))
        sentence = _told(sentence, language)
        if not sentence or patterns.unreal.search(sentence):
            continue
        names_only = bool(patterns.spoken.search(sentence))
        delicate = sensitivity.class_of(sentence, language)
        read = _facts(sentence, said_on, language, names_only=names_only)
        if delicate:
            # "My friend Lars has …": a name beside it would say whom it is about.
            read = [replace(c, sensitivity=delicate) if c.attribute.startswith("person:") else c for c in read]
        if (
            delicate
            and not names_only
            and not any(sensitivity.class_of(f"{c.content} {c.value}", language) for c in read)
        ):
            read += _delicate(sentence, delicate, language)
        found.extend(read)
    unique: dict[tuple[str, str, str, bool], CandidateFact] = {}
    for candidate in found:
        words = f"{candidate.content} {candidate.value}"
        if not sensitivity.is_secret(words, language):
            marked = replace(candidate, sensitivity=candidate.sensitivity or _class_of(candidate, language))
            unique.setdefault(
                (candidate.subject, candidate.attribute, candidate.value.casefold(), candidate.negates), marked
            )
    return [_dated(candidate, said_at) for candidate in list(unique.values())[:MAX_CANDIDATES]]


def extract_instructions(text: str, *, said_at: datetime, language: str = DEFAULT) -> list[CandidateFact]:
    """What a message asks for from now on, and nothing else: quick enough to be read before the reply begins."""
    if len(text) > MAX_CHARACTERS:
        return []
    found = [
        c for sentence in own_sentences(text, language) for c in _instructions(_spelt(sentence, language), language)
    ]
    unique = {(c.attribute, c.value.casefold()): c for c in reversed(found)}
    kept = [c for c in reversed(unique.values()) if not sensitivity.is_secret(c.content, language)]
    return [replace(candidate, valid_from=said_at) for candidate in kept[:MAX_CANDIDATES]]


def _spelt(sentence: str, language: str) -> str:
    """With the apostrophes that people leave out, and their short forms spelt out."""
    for pattern, plain in vocabulary(language).spellings:
        sentence = pattern.sub(plain, sentence)
    return sentence


def _told(sentence: str, language: str) -> str:
    """What of a sentence is told: nothing of a question, but what stands before one in "I live in Norwich, what's on?"."""
    patterns = vocabulary(language).patterns
    head, *asked = patterns.then_a_question.split(sentence, maxsplit=1)
    if asked and (
        patterns.subject.match(patterns.lead.sub("", head))
        or (patterns.as_one.match(head) and patterns.subject.search(asked[0]))
    ):
        return head
    if patterns.question.search(patterns.lead.sub("", sentence)) or sentence.rstrip().endswith("?"):
        return ""
    return sentence


def is_keepable(candidate: CandidateFact) -> bool:
    """False for credentials, card and account numbers, and the sensitive classes."""
    return not (sensitivity.is_secret(f"{candidate.content} {candidate.value}") or candidate.sensitivity)


def _class_of(candidate: CandidateFact, language: str = DEFAULT) -> str:
    """Allergies and diet that the user states are not withheld; neither is an instruction about answers."""
    if candidate.attribute in vocabulary(language).lists.delicate_and_stated or candidate.kind == "procedural":
        return ""
    return sensitivity.class_of(f"{candidate.content} {candidate.value}", language)


def _dated(candidate: CandidateFact, said_at: datetime) -> CandidateFact:
    """With the moment from which it holds: what was said about it, or when it was said."""
    if candidate.since is None:
        return replace(candidate, valid_from=said_at)
    began = datetime.combine(candidate.since.first, time(), said_at.astimezone().tzinfo)
    return replace(candidate, valid_from=min(began, said_at))


def _delicate(sentence: str, name: str, language: str) -> list[CandidateFact]:
    """A sensitive statement that no rule reads, as a sentence about the user, if it is plainly one."""
    words = vocabulary(language)
    patterns = words.patterns
    text = patterns.lead.sub("", sentence).strip(" .!")
    said = patterns.in_the_third.match(text)
    if said is None or len(text.split()) > DELICATE_WORDS or patterns.addressed.search(text):
        return []
    rest = text[said.end() :].strip()
    near = " ".join(rest.split()[:5])
    if not sensitivity.class_of(f"{said['opening']} {near}", language) or patterns.about_to.match(rest):
        return []
    opening = words.openings.get(said["opening"].lower(), "")
    rest = _theirs(rest, language)
    if opening:
        content = f"The user {opening} {rest}."
    elif said["opening"].lower() == "my":
        content = f"The user's {rest}."
    else:
        content = f"The user {_third(said['opening'].split()[-1])} {rest}."
    return [CandidateFact(content=content, attribute=name, value=rest, importance=0.6, plural=True, sensitivity=name)]


def _third(verb: str) -> str:
    """`votes` from `vote`; a past form stays."""
    verb = verb.lower()
    return verb if verb in ("voted", "got") else f"{verb}es" if verb.endswith(("s", "sh", "ch", "o")) else f"{verb}s"


def _theirs(text: str, language: str) -> str:
    """`their aunt` from `my aunt`: the user's words in the third person."""
    swapped = vocabulary(language).third_person
    return re.sub(rf"\b({'|'.join(swapped)})\b", lambda m: swapped[m[0].lower()], text, flags=re.IGNORECASE)


@dataclass(frozen=True)
class _Clause:
    """A stretch of a sentence from where a thought starts. `length`: how much of `text` is that thought alone."""

    text: str
    length: int
    whole: bool = False
    """All that the sentence says."""


def _clauses(sentence: str, language: str) -> Iterator[_Clause]:
    """The sentence from each place where a new thought may start: to its end, and to the end of that thought."""
    patterns = vocabulary(language).patterns
    told = patterns.lead.sub("", sentence)
    parts = patterns.clause.split(told)
    length = _length(parts, len(parts[0]))
    yield _Clause(sentence.rstrip(" .!"), len(sentence) - len(told) + length, whole=True)
    if told != sentence:
        yield _Clause(told.rstrip(" .!"), length, whole=True)
    waiting, at = "", 0
    for place, part in enumerate(parts):
        at = told.index(part, at)
        rest, at = told[at:], at + len(part)
        if not part:
            continue
        if not _MARK.sub("", part).strip():
            waiting += part  # "Tomorrow, I …": the date belongs to what follows
            continue
        clause = patterns.lead.sub("", waiting + part).rstrip(" .!")
        following = patterns.lead.sub("", waiting + rest).rstrip(" .!")
        waiting = ""
        subject = re.match(rf"[{_MARKS} ]*{patterns.subject.pattern}", clause, re.IGNORECASE)
        if subject and following != told.rstrip(" .!"):
            yield _Clause(following, _length(parts[place:], len(clause)))
        yield _Clause(clause, len(clause), whole=len(parts) == 1)
        if subject:
            first, *more = patterns.and_verb.split(clause)
            for verb in [first, *(f"{subject[1] or 'i'} {verb}" for verb in more)] if more else []:
                yield _Clause(verb, len(verb))
        if subject and (more := patterns.and_verb.split(following)[1:]):
            for verb in more:
                yield _Clause(f"{subject[1] or 'i'} {verb}", len(verb) + 2)


def _length(parts: Sequence[str], first: int) -> int:
    """How far the first clause reaches: a time that stands alone behind it belongs to it."""
    if not parts[0].strip() or not _MARK.sub("", parts[0]).strip():
        return first + sum(len(part) + 3 for part in parts[1:3])
    following = parts[1:2] if len(parts) > 1 and not _MARK.sub("", parts[1]).strip() else []
    return first + sum(len(part) + 3 for part in following)


def _facts(sentence: str, said_on: date, language: str, *, names_only: bool = False) -> list[CandidateFact]:
    """What the rules read in a sentence.

    Args:
        names_only: it is somebody's words or a laugh. "My sister Clara says I love jazz" tells who she is, and no more.
    """
    patterns = vocabulary(language).patterns
    dates = find_dates(sentence, said_on)[:200]
    marked = sentence
    for position in reversed(range(len(dates))):
        found_date = dates[position]
        marked = f"{marked[: found_date.start]}{chr(0xE000 + position)}{marked[found_date.end :]}"
    spoken = sentence.split()
    found: dict[str, list[CandidateFact]] = {}
    for clause in _clauses(marked, language):
        named = [(i, dates[ord(c) - 0xE000]) for i, c in enumerate(clause.text) if "\ue000" <= c <= "\ue0ff"]
        # What holds since a time holds since the time of its own clause.
        near = [date for i, date in named if i <= clause.length]
        said = re.sub(
            rf"[{_MARKS}]",
            lambda m: sentence[dates[ord(m[0]) - 0xE000].start : dates[ord(m[0]) - 0xE000].end],
            clause.text,
        )
        plain = _MARK.sub(" ", clause.text).strip()
        if named:
            plain = patterns.hour.sub("", plain)
        if (
            (patterns.modal.search(plain) and not patterns.not_modal.search(plain))
            or patterns.beside_a_date.search(plain)
            or patterns.unreal_clause.search(plain)
        ):
            continue
        for rule, pattern in compiled_rules(language):
            own_dates = near
            if (
                rule.unless in found
                or (names_only and not (rule.anywhere and rule.type == "capital-name"))
                or (rule.dated and len(own_dates) != 1)
                or (rule.since and not own_dates)
                or (rule.short and (not clause.whole or len(spoken) > rule.short))
                or (rule.anywhere and not clause.whole)
                or (rule.lasting and patterns.passing.search(said))
            ):
                continue
            text = said if rule.undated else plain
            if (rule.needs and not re.search(rule.needs, text, re.IGNORECASE)) or (
                rule.sentence_needs and not re.search(rule.sentence_needs, sentence, re.IGNORECASE)
            ):
                continue
            for match in _matches(rule, pattern, text):
                if QUOTED_MARK in match["value"] or match.groupdict().get("never"):
                    continue
                if rule.not_value and re.fullmatch(rule.not_value, match["value"].strip(" .!,"), re.IGNORECASE):
                    continue
                when = _when(rule, own_dates, said_on)
                aside = "name" in rule.type and own_dates and not own_dates[0].since
                if aside:
                    when = None  # "My brother Jamal is visiting next week": he has his name at all times.
                elif when is None and (rule.dated or (own_dates and not rule.undated)):
                    continue
                earlier = found.setdefault(rule.id, [])
                # The whole sentence is tried first, then its parts: what they read again is not another fact.
                known = [candidate.value.casefold() for candidate in earlier]
                earlier += [
                    replace(
                        _candidate(rule, match, value, when, language),
                        instead_of=_corrected(value, sentence),
                    )
                    for value in values.read(rule, match["value"], language)
                    if not any(value.casefold() in other or other in value.casefold() for other in known)
                ]
                if not earlier:
                    del found[rule.id]
    return _once([candidate for candidates in found.values() for candidate in candidates])


def _once(candidates: Sequence[CandidateFact]) -> list[CandidateFact]:
    """Without what two rules read alike: of one plan told twice, "flight to Oslo" and "Oslo", the first."""
    kept: list[CandidateFact] = []
    for candidate in candidates:
        words = set(candidate.value.casefold().split())
        if candidate.occurs is None or not any(
            (other.attribute, other.subject, other.occurs) == (candidate.attribute, candidate.subject, candidate.occurs)
            and (words <= set(other.value.casefold().split()) or set(other.value.casefold().split()) <= words)
            for other in kept
        ):
            kept.append(candidate)
    return kept


def _matches(rule: Rule, pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Where the text begins as the rule says; of a rule that may stand anywhere, each place where it does."""
    if not rule.anywhere:
        if match := pattern.match(text):
            yield match
        return
    match = pattern.search(text)
    while match:
        yield match
        match = pattern.search(text, match.start("value"))


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


def _candidate(rule: Rule, match: re.Match[str], value: str, when: When | None, language: str) -> CandidateFact:
    vocabulary_ = vocabulary(language)
    singular = vocabulary_.singular
    groups = {key: (text or "").lower().strip() for key, text in match.groupdict().items() if key != "value"}
    if groups.get("what", "").endswith("s") or groups.get("what") in singular:
        # Rules of many names are about each of them.
        what = groups["what"]
        groups["what"] = singular.get(what) or (what[:-1] if rule.type == "names" else what)
    words = {
        **groups,
        "value": value,
        "a": _article(value),
        "the": "the " if value in vocabulary_.lists.instruments else "",
        "when": in_words(when) if when else "",
        "said": values.said(match["value"], language),
        "gerund": _gerund(value),
        "verb_s": f"{_third(value.split()[0])} {' '.join(value.split()[1:])}".strip(),
    }
    if rule.value:
        words["value"] = rule.value.format(**words)
    return CandidateFact(
        content=_theirs(rule.content.format(**words), language)
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
        since=None if rule.dated else when,
    )


def _article(value: str) -> str:
    """`an` before a vowel, and before letters that are said one by one: an MRI."""
    spelt = re.match(r"[AEFHILMNORSX](?:[A-Z]+)\b", value)
    return "an" if spelt or value[:1].lower() in "aeiou" else "a"


def _gerund(verb: str) -> str:
    """`running` from `run`, `baking` from `bake`."""
    if re.search(r"^[^aeiou]+[aeiou][bgmnpt]$", verb):
        return f"{verb}{verb[-1]}ing"
    return f"{verb.removesuffix('e')}ing"


# --- standing instructions ----------------------------------------------------------------------------------------


def _instructions(sentence: str, code: str) -> list[CandidateFact]:
    """What the user asks for from now on: an imperative with a standing word, or about all answers."""
    rules = load_language(code).instructions
    text = re.sub(rules.opening, "", sentence, flags=re.IGNORECASE).strip(" .!")
    request = re.match(
        rf"(?:{rules.polite}) (?=(?:{rules.frequency}|{rules.standing}|{rules.general})\b)", text, re.IGNORECASE
    )
    if request:
        text = text[request.end() :].rstrip(" ?")
    elif text.endswith("?"):
        return []
    if len(text.split()) > INSTRUCTION_WORDS or vocabulary(code).patterns.reported.search(text):
        return []
    called = re.fullmatch(rules.call_me.replace("{value}", r"(?P<value>.+)"), _without(text, rules), re.IGNORECASE)
    if called:
        name = values.name(called["value"], code)
        return [_instruction("called", f"Call the user {name}.", name)] if name else []
    standing = re.search(rf"\b(?:{rules.standing})\b", text, re.IGNORECASE)
    core = re.sub(rf"^(?:{rules.softener})\s+", "", _without(text, rules), flags=re.IGNORECASE)
    verbs = rules.verbs if standing else rules.frequent_verbs
    often = re.match(rf"(?:{rules.frequency})\s+(?=(?:{verbs})\b)", core, re.IGNORECASE)
    imperative = re.match(rf"(?:{rules.verbs})\b", core, re.IGNORECASE)
    # "Keep your answers short", "no emoji please": about all answers by their own words.
    general = re.match(rf"(?:{rules.general})", core, re.IGNORECASE) or re.fullmatch(rules.wishes, core, re.IGNORECASE)
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


def _without(text: str, rules: Instructions) -> str:
    plain = re.sub(rf"[\s,]*\b(?:{rules.standing})\b[\s,:]*", " ", text, flags=re.IGNORECASE).strip(" ,.!")
    return re.sub(rules.thanks, "", plain, flags=re.IGNORECASE)


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


def extract_with_model(
    chat_model: Any, text: str, *, said_at: datetime, strict: bool = False, language: str = DEFAULT
) -> list[CandidateFact]:
    """What the chat model reads in one user message, under a JSON schema, as far as the message says it.

    Args:
        strict: a small model's facts count only word for word; see `grounding`.

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
        if fact.value.strip()
        and fact.content.startswith("The user")
        and fact.value.strip().casefold() in fact.content.casefold()
        and is_said(fact.content, fact.value.strip(), text, strict=strict, code=language)
        and (not strict or _is_worded_as_a_rule(fact, language))
    ]
    dated = [found for candidate in candidates if (found := _on_its_day(candidate, said_at)) is not None]
    return [
        replace(candidate, sensitivity=_class_of(candidate))
        for candidate in dated
        if not sensitivity.is_secret(f"{candidate.content} {candidate.value}")
    ]


def _on_its_day(candidate: CandidateFact, said_at: datetime) -> CandidateFact | None:
    """A model's fact with its times as days, since "next Friday" says nothing a week later.

    What has its day still to come is a plan. None where the words leave open which of two days is meant, and of a plan
    whose day has gone.
    """
    if candidate.attribute == "birthday":
        return candidate
    said_on, content = said_at.astimezone().date(), candidate.content
    for found in reversed(find_dates(content, said_on)):
        when = {"plan": found.future, "event": found.past}.get(candidate.attribute)
        if when is None and found.future == found.past:
            when = found.past
        if when is None or (candidate.attribute == "plan" and when.last < said_on):
            return None
        words = f"since {re.sub('^(?:on|in) ', '', in_words(when))}" if found.since else in_words(when)
        stop = "." if content[found.start : found.end].endswith(".") else ""
        content = f"{content[: found.start]}{words}{stop}{content[found.end :]}"
        if found.since:
            candidate = replace(candidate, since=when)
        elif when.last >= said_on and (candidate.attribute == "plan" or when.first > said_on):
            candidate = replace(candidate, kind="episodic", attribute="plan", occurs=when)
        elif candidate.attribute == "event":
            candidate = replace(candidate, kind="episodic", occurs=when)
    if candidate.value.casefold() not in content.casefold():
        return None
    return _dated(replace(candidate, content=content), said_at)


def _is_worded_as_a_rule(fact: _ModelFact, code: str) -> bool:
    """The sentence is one that a rule of its attribute writes, about a value and a person or pet of the rule's kind.

    Rules with a closed set of values know all ways of naming them; a model adds only errors there.
    """
    language = load_language(code)
    value = fact.value.strip()
    kind, _, whose = fact.attribute.strip().lower().partition(":")
    for rule in language.rules:
        if rule.dated or rule.negates or rule.subject != "user" or rule.attribute.partition(":")[0] != kind:
            continue
        if rule.values or rule.type in ("number", "year", "date", "text"):
            continue
        macro = re.search(r"\(\?P<what>([A-Z]+)\)", rule.pattern)
        if whose and not (macro and re.fullmatch(language.macros[macro[1]], whose)):
            continue
        written = rule.content.replace("{value}", value).replace("{what}", whose)
        written = written.replace("{a}", _article(value))
        if written == fact.content and values.read(rule, value, code) == [value]:
            return True
    return False


def union(by_rules: Sequence[CandidateFact], by_model: Sequence[CandidateFact]) -> list[CandidateFact]:
    """Both, the rules' word first: what a rule has read, or a part of it, is not read again."""
    known = [candidate.value.casefold() for candidate in by_rules]
    return [
        *by_rules,
        *(c for c in by_model if not any(c.value.casefold() in v or v in c.value.casefold() for v in known if v)),
    ]


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
                _hold_back(memory, candidate, message, persona)
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
                occurs=_days(candidate),
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


def _hold_back(memory: MemoryManager, candidate: CandidateFact, message: Message, persona: str) -> None:
    memory.hold_back(
        message_id=message.id,
        content=candidate.content,
        sensitivity=candidate.sensitivity,
        kind=candidate.kind,
        subject=candidate.subject,
        attribute=candidate.attribute,
        value=candidate.value,
        valid_from=candidate.valid_from,
        persona=persona,
        occurs=_days(candidate),
    )


def _days(candidate: CandidateFact) -> tuple[date, date] | None:
    return (candidate.occurs.first, candidate.occurs.last) if candidate.occurs else None
