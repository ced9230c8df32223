"""What reading facts knows of a language: rules, words and patterns, read from `rules/` and checked. Data, no reading.

Two files make a language: `<code>.yaml` with the rules and `<code>_words.yaml` with words and patterns. Nothing in the
modules that read names a word of a language, but for how English forms a gerund or a third person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, Field

DEFAULT = "en"

ValueType = (
    Literal["name", "capital-name", "names", "place", "capital-place", "thing", "phrase", "list", "capital-list"]
    | Literal["one-of-list", "number", "year", "date", "one-of", "job", "text"]
)
"""What `values.read` makes of each."""


def _joined(text: str) -> str:
    return "".join(text.splitlines())


def _compiled(text: Any) -> Any:
    return re.compile(_joined(text), re.IGNORECASE) if isinstance(text, str) else text


def _split(text: Any) -> Any:
    return frozenset(word.replace("_", " ") for word in text.split()) if isinstance(text, str) else text


Words = Annotated[frozenset[str], BeforeValidator(_split)]
Pattern = Annotated[re.Pattern[str], BeforeValidator(_compiled)]


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
    anywhere: bool = False
    """May stand inside a sentence: "I drove with my wife Ingrid"."""
    short: int = 0
    """Counts only when it is all that is said, in so many words at most: "love horror films"."""
    lasting: bool = False
    """Not when the words are about this moment: "I can't eat nuts at the moment"."""
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
    polite: str
    opening: str
    softener: str
    general: str
    standing: str
    frequency: str
    frequent_verbs: str = Field(alias="frequent-verbs")
    verbs: str
    answers: str
    wishes: str
    thanks: str
    canonical: list[Canonical]
    matches: list[tuple[str, str]]
    rejects: list[str]


class Lists(BaseModel, extra="forbid"):
    not_a_thing: Words
    not_a_name: Words
    not_a_place: Words
    not_a_job: Words
    not_job_start: Words
    not_thing_start: Words
    not_thing_end: Words
    articles: Words
    phrase_articles: Words
    greetings: Words
    particles: Words
    instruments: Words
    delicate_and_stated: Words
    said_of_the_user: Words
    prepositions: Words


class Patterns(BaseModel, extra="forbid"):
    cut: Pattern
    job: Pattern
    demonym: Pattern
    question: Pattern
    then_a_question: Pattern
    unreal: Pattern
    unreal_clause: Pattern
    spoken: Pattern
    denial: Pattern
    reported: Pattern
    beside_a_date: Pattern
    modal: Pattern
    not_modal: Pattern
    passing: Pattern
    clause: Pattern
    and_verb: Pattern
    subject: Pattern
    myself: Pattern
    mine: Pattern
    as_one: Pattern
    lead: Pattern
    hour: Pattern
    about_to: Pattern
    in_the_third: Pattern
    addressed: Pattern
    listed: Pattern
    list_lead: Pattern
    last_of_a_list: Pattern
    owned: Pattern
    not_listed: Pattern
    takes_more: Pattern
    needs_more: Pattern
    gerund_needs: Pattern
    phrase_end: Pattern
    said_end: Pattern
    part_of: Pattern


class OwnWords(BaseModel, extra="forbid"):
    task: Pattern
    points_at: Pattern
    own_heads: Pattern
    i: Pattern
    abbreviation: Pattern
    greeting: Pattern
    letter: Pattern
    mail: Pattern
    goes_on: str


class Corrections(BaseModel, extra="forbid"):
    meant: list[Pattern]
    no_object: Pattern
    term: Pattern
    content_term: str
    content_request: str


class Sensitivity(BaseModel, extra="forbid"):
    secret: Pattern
    identifier: Pattern
    classes: dict[str, str]


class Vocabulary(BaseModel, extra="forbid"):
    language: str
    spellings: list[tuple[Pattern, str]]
    lists: Lists
    singular: dict[str, str]
    third_person: dict[str, str]
    openings: dict[str, str]
    patterns: Patterns
    own_words: OwnWords
    corrections: Corrections
    sensitivity: Sensitivity


class Language(BaseModel, extra="forbid"):
    language: str
    macros: dict[str, str]
    rules: list[Rule]
    instructions: Instructions


@cache
def load_language(code: str = DEFAULT) -> Language:
    """The rules of a language."""
    return Language.model_validate(yaml.safe_load(_text(f"{code}.yaml")))


@cache
def vocabulary(code: str = DEFAULT) -> Vocabulary:
    """The words and patterns of a language."""
    return Vocabulary.model_validate(yaml.safe_load(_text(f"{code}_words.yaml")))


def languages() -> list[str]:
    """The codes of the languages that have both files."""
    names = {entry.name for entry in (files("assistant") / "rules").iterdir()}
    return sorted(name[:-5] for name in names if f"{name[:-5]}_words.yaml" in names and name.endswith(".yaml"))


@cache
def compiled_rules(code: str = DEFAULT) -> list[tuple[Rule, re.Pattern[str]]]:
    return list(_compile_rules(load_language(code)))


@cache
def sensitive_classes(code: str = DEFAULT) -> dict[str, re.Pattern[str]]:
    """A pattern for each sensitive class, whole words only."""
    classes = vocabulary(code).sensitivity.classes
    return {
        name: re.compile(rf"(?<!\w)(?:{_joined(pattern)})(?!\w)", re.IGNORECASE) for name, pattern in classes.items()
    }


def _compile_rules(language: Language) -> Iterator[tuple[Rule, re.Pattern[str]]]:
    for rule in language.rules:
        pattern = rule.pattern
        for macro, meaning in language.macros.items():
            spelt = f"(?:{meaning})".replace("\\", "\\\\")
            pattern = re.sub(rf"\b{macro}(?=\b|s\b)", spelt, pattern)
        # What may be followed by anything is read to the end: its type says where the value stops.
        open_ended = rule.loose or rule.anywhere
        pattern = pattern.replace("{value}", r"(?P<value>[^\n]+)" if open_ended else r"(?P<value>[^\n]+?)")
        if rule.ends:
            pattern += r"[.!]*$"
        elif open_ended or rule.type == "text":
            pattern += r"(?:(?!\w).*)?$"
        else:
            pattern += r"(?:[.!?]*$)"
        if rule.anywhere:
            pattern = rf"(?<![\w'’-]){pattern}"
        yield rule, re.compile(pattern, re.IGNORECASE)


def _text(name: str) -> str:
    return (files("assistant") / "rules" / name).read_text(encoding="utf-8")
