"""Whether what a model wrote is said by what it wrote about. Pure: texts in, a yes or a no out; no model, no database.

A model may word things its own way; it may bring no name, number or date that its source does not hold. Where it is too
small to be trusted with more, every word it uses must stand in the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.language import DEFAULT, vocabulary
from assistant.own_words import own_sentences

STEM = 4
"""Words of which so many first letters agree count as one: "restores" and "restore", "lives" and "living" not."""
SHARE = 0.5
"""Of the words of a large model's sentence, how many must stand in its source."""
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")


def inventions(text: str, sources: Sequence[str], *, code: str = DEFAULT) -> list[str]:
    """The names, numbers and dates of a text that none of its sources holds.

    Any word with a capital counts as a name, at the beginning of a sentence too unless it is one of the plain words that
    sentences about a user begin with: in doubt a text is not believed.
    """
    held = {word.casefold() for source in sources for word in _words(source)}
    numbers = {number for source in sources for number in re.findall(r"\d+", source)}
    found = [number for number in _NUMBER.findall(text) if not set(re.findall(r"\d+", number)) <= numbers]
    free = vocabulary(code).lists.said_of_the_user
    for sentence in re.split(r"(?<=[.!?:])\s+|\n+", text):
        for place, word in enumerate(_words(sentence)):
            named = word[0].isupper() and (place > 0 or word.casefold() not in free)
            if named and word.casefold() not in held | free and _bare(word) not in held:
                found.append(word)
    return list(dict.fromkeys(found))


def is_said(content: str, value: str, message: str, *, strict: bool, code: str = DEFAULT) -> bool:
    """Whether one sentence of the message, the user's own and meant as true, says this of them.

    Args:
        content: the sentence about the user that a model wrote.
        value: the name, number or thing in it, which must stand in the message as it is.
        strict: every word must stand there, not only names, numbers and most others.
    """
    patterns = vocabulary(code).patterns
    free = vocabulary(code).lists.said_of_the_user
    for sentence in own_sentences(message, code):
        if (
            not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", sentence, re.IGNORECASE)
            or not re.search(rf"\b{patterns.subject.pattern}", sentence, re.IGNORECASE)
            or sentence.rstrip().endswith("?")
            or patterns.question.search(patterns.lead.sub("", sentence))
            or any(
                pattern.search(sentence)
                for pattern in (
                    patterns.unreal,
                    patterns.unreal_clause,
                    patterns.spoken,
                    patterns.modal,
                    patterns.denial,
                )
            )
        ):
            continue
        if inventions(content, [sentence], code=code):
            continue
        used = [word for word in _words(content) if word.casefold() not in free and _bare(word) not in free]
        for clause in _clauses(sentence, content, value, code) if strict else [sentence]:
            said = {_stem(word) for word in _words(clause)}
            standing = [word for word in used if _stem(word) in said]
            if len(standing) == len(used) if strict else len(standing) >= SHARE * len(used):
                return True
    return False


def _clauses(sentence: str, content: str, value: str, code: str) -> Iterator[str]:
    """The clauses that begin with the user, or with what is theirs, and hold the value behind the word it had there."""
    patterns = vocabulary(code).patterns
    subject = patterns.mine if re.match(r"The user['’]s\b", content) else patterns.myself
    before = re.search(rf"([^\W_]+) {re.escape(value)}(?!\w)", content)
    bound = before is not None and before[1].casefold() in vocabulary(code).lists.prepositions
    beside = rf"\b{re.escape(before[1])} {re.escape(value)}" if before and bound else re.escape(value)
    for part in patterns.clause.split(patterns.lead.sub("", sentence)):
        clause = patterns.lead.sub("", part or "")
        if subject.match(clause) and re.search(beside, clause, re.IGNORECASE):
            yield clause


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _bare(word: str) -> str:
    """`anna` from `Anna's`."""
    return re.sub(r"['’]s?$", "", word.casefold())


def _stem(word: str) -> str:
    plain = _bare(word)
    return plain if len(plain) <= STEM else re.sub(r"(?:ing|es|ed|s|e)$", "", plain)
