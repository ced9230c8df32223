"""Cuts the words that a rule has captured to a value: a name, a place, a list of things. Pure; says nothing when in doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from assistant.language import DEFAULT, Rule, Vocabulary, vocabulary
from memory.dates import MONTHS

SINGULAR_WORDS = 5
PHRASE_WORDS = 8
NAME_WORDS = 5


def read(rule: Rule, captured: str, code: str = DEFAULT) -> list[str]:
    """The captured words as values of the rule's type; none when they are something else.

    name            words with capitals, or one without       capital-name    words with capitals
    names           two or more capital names                 place           capital words, or one or two without
    thing           up to five words, cut where a new thought begins
    phrase          up to eight words, not cut
    list            things, joined by commas, and, or         capital-list    those of them with capitals
    one-of          one of the rule's values                  one-of-list     those of a list that are
    job             a thing whose last word is a profession   number, year, date, text: as they stand
    """
    words = vocabulary(code)
    text = captured.strip(" .!,'\"")
    match rule.type:
        case "name":
            return _one(_name(text, words, capital=False))
        case "capital-name":
            return _one(_name(text, words, capital=True))
        case "names":
            read_names = (_name(part, words, capital=True) for part in words.patterns.listed.split(text))
            names = list(takewhile(bool, read_names))
            return names if len(names) > 1 else []
        case "place":
            return _one(_place(text, words, capital=False))
        case "capital-place":
            return _one(_place(text, words, capital=True))
        case "thing":
            return _one(_thing(_cut(text.partition(",")[0], words), words))
        case "phrase":
            return _one(_phrase(text, words))
        case "job":
            return _one(_job(text, words))
        case "list" | "capital-list":
            return _things(rule, text, words)
        case "one-of-list":
            known = {value.lower(): value for value in rule.values}
            parts = [re.sub(r"^the ", "", _cut(part, words).strip().lower()) for part in _parts(text, words)]
            return [known[part] for part in parts if part in known]
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
            nothing = words.lists.not_a_thing - {"a", "an"}
            return [text] if text and (rule.value or text.split()[0].lower() not in nothing) else []


def name(text: str, code: str = DEFAULT) -> str:
    """A name at the start of the text, or an empty string."""
    return _name(text, vocabulary(code), capital=False)


def said(text: str, code: str = DEFAULT) -> str:
    """The words as they were said, up to where another thought begins."""
    return _said(text, vocabulary(code))


def _one(value: str) -> list[str]:
    return [value] if value else []


def _cut(text: str, words: Vocabulary) -> str:
    return words.patterns.cut.sub("", text)


def _said(text: str, words: Vocabulary) -> str:
    return words.patterns.said_end.split(text.strip(" .!"))[0].strip()


def _parts(text: str, words: Vocabulary) -> list[str]:
    return words.patterns.listed.split(text)


def _things(rule: Rule, text: str, words: Vocabulary) -> list[str]:
    patterns = words.patterns
    parts = [patterns.list_lead.sub("", part) for part in _parts(_one_list(text, words), words)]
    if rule.type == "capital-list":
        values = [_thing(_cut(part, words), words) for part in parts]
        return [value for value in values if value and value[0].isupper()]
    values = []
    for part in parts:
        kept = _cut(part, words)
        value = _thing(kept, words) if not patterns.owned.match(kept) else ""
        if not value or patterns.not_listed.search(value) or (rule.whole and not _is_whole(kept, part, words)):
            break  # What follows the first thing that is none belongs to another thought.
        values.append(value)
        if kept != part or patterns.takes_more.search(value):
            break  # "helping people and animals", "books about cats and dogs": the rest belongs to this one.
    return values


def _one_list(text: str, words: Vocabulary) -> str:
    """Without what follows a comma that is not one of a list: "jazz, it calms me" is about jazz."""
    head, *rest = text.split(",")
    if rest and not words.patterns.last_of_a_list.search(rest[-1]):
        listed = all(len(part.split()) <= 3 for part in rest)
        return text if listed and len(rest) > 1 else head
    return text


def _is_whole(kept: str, part: str, words: Vocabulary) -> bool:
    """False when the cut took what the words need: "stories that …", "seeing them …", "spending time with …"."""
    after = part[len(kept) :].split()
    if after and words.patterns.needs_more.fullmatch(after[0]):
        return False
    gerund = re.match(r"\w+ing\b", kept, re.IGNORECASE)
    return not (gerund and (after or words.patterns.gerund_needs.search(kept)))


def _name(text: str, vocabulary: Vocabulary, *, capital: bool) -> str:
    lists, patterns = vocabulary.lists, vocabulary.patterns
    words = text.partition(",")[0].split()
    first = words[0].strip(".,'’").lower() if words else ""
    if not first or first in lists.not_a_name or first in lists.greetings or not words[0][0].isalpha():
        return ""
    if not words[0][0].isupper():
        # Typed without capitals: one word, and nothing after it that would make it a sentence.
        rest = _cut(f"x {' '.join(words[1:])}", vocabulary).split()[1:]
        if capital or rest or not words[0].replace("-", "").replace("'", "").isalpha():
            return ""
        return words[0][0].upper() + words[0][1:]
    if capital and (patterns.demonym.search(words[0]) or len(words[0]) < 2):
        return ""
    kept = _capitals(words, lists.particles, chain=True)
    if capital and len(kept) == 1 and kept[0] in ("I", "I'm", "I’m"):
        return ""
    return re.sub(r"['’]s$", "", " ".join(kept[:NAME_WORDS]).strip(" .,'’!"))


def _place(text: str, vocabulary: Vocabulary, *, capital: bool) -> str:
    lists = vocabulary.lists
    part = vocabulary.patterns.part_of.match(text)
    if part is not None:
        return part[0]
    words = text.partition(",")[0].split()
    if not words:
        return ""
    article = words[0].lower() == "the" and len(words) > 1 and words[1][0].isupper()
    if not article and words[0].lower() in lists.not_a_place:
        return ""
    if words[0][0].isupper() or article:
        return " ".join(_capitals(words, lists.particles, chain=False)[:NAME_WORDS]).strip(" .,'’!")
    rest = _cut(text, vocabulary).split()
    if capital:
        return ""
    if 1 <= len(rest) <= 2 and all(word.isalpha() and word not in lists.not_a_place for word in rest):
        return " ".join(word.capitalize() for word in rest)
    return ""


def _capitals(words: Sequence[str], particles: frozenset[str], *, chain: bool) -> list[str]:
    """The first word and those with a capital after it, small words of a name between them; `chain`: several of those."""
    kept = list(words[:1])
    for position, word in enumerate(words[1:], start=1):
        following = words[position + 1] if position + 1 < len(words) else ""
        joins = (
            word in particles
            and bool(following)
            and (following[0].isupper() or (chain and following in particles))
            and not kept[-1].endswith((",", "."))
        )
        if not (word[0].isupper() or joins):
            break
        kept.append(word)
    return kept


def _job(text: str, vocabulary: Vocabulary) -> str:
    lists = vocabulary.lists
    thing = _thing(_cut(text.partition(",")[0], vocabulary), vocabulary)
    words = thing.lower().split()
    known = words and vocabulary.patterns.job.search(thing)
    if not known or words[-1] in lists.not_a_job or words[0] in lists.not_job_start or len(words) > 4:
        return ""
    return thing


def _thing(text: str, vocabulary: Vocabulary) -> str:
    lists = vocabulary.lists
    words = text.strip(" .!").split()
    if words and words[0].lower() in lists.articles and len(words) > 1 and words[0].lower() != "the":
        words = words[1:]
    if not words or len(words) > SINGULAR_WORDS or words[0].lower() in lists.not_a_thing:
        return ""
    if words[0].lower() in lists.not_thing_start or words[-1].lower() in lists.not_thing_end:
        return ""
    return " ".join(words)


def _phrase(text: str, vocabulary: Vocabulary) -> str:
    lists = vocabulary.lists
    words = vocabulary.patterns.phrase_end.sub("", _said(text, vocabulary).strip(" .!,")).split()
    if words and words[0].lower() in lists.phrase_articles and len(words) > 1:
        words = words[1:]
    if not words or len(words) > PHRASE_WORDS or words[0].lower() in lists.not_a_thing:
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
    found = names.get(month[:3], "")
    return f"{int(day)} {found}" if day and found.lower().startswith(month) and 1 <= int(day) <= 31 else ""
