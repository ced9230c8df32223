"""Facts told by the chat model in fewer, fuller sentences, where it can and where they check out. Else they stay as they are.

A sentence counts only when it brings no name, number or date that its facts do not hold and leaves none of theirs out, and
when every fact is told exactly once. One fault and all stay in their own words: a page is told by one voice or the other.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field, ValidationError

from assistant.errors import AttuneError
from assistant.grounding import inventions
from memory import ProfileLine

log = logging.getLogger(__name__)

MIN_FACTS, MAX_FACTS = 2, 12
NOTE = "made:profile-wording"
"""The note that holds sentences of the profile page. Notes whose key begins with `made:` are dropped when anything is
forgotten, and made again."""


class _Sentence(BaseModel, extra="forbid"):
    text: str = Field(min_length=4, max_length=400)
    facts: list[int] = Field(min_length=1, max_length=MAX_FACTS)


class Sentences(BaseModel, extra="forbid"):
    sentences: list[_Sentence] = Field(max_length=MAX_FACTS)


def worded(chat_model: Any, facts: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
    """(sentence, places of its facts) for each sentence; empty where the model's do not check out.

    Args:
        chat_model: one that is large enough to write JSON.
        facts: sentences, at least `MIN_FACTS` and at most `MAX_FACTS`; others come back empty.
    """
    if not MIN_FACTS <= len(facts) <= MAX_FACTS:
        return []
    task = (files("assistant") / "prompts" / "word.txt").read_text(encoding="utf-8")
    numbered = "\n".join(f"{number}. {fact}" for number, fact in enumerate(facts, start=1))
    try:
        reply = chat_model.invoke(
            [SystemMessage(content=task), HumanMessage(content=numbered)],
            json_schema=Sentences.model_json_schema(),
            purpose="background",
            max_tokens=600,
            temperature=0.0,
        )
        sentences = Sentences.model_validate_json(str(reply.content)).sentences
    except (ValidationError, AttuneError) as error:
        log.info("Facts stay in their own words: %s", type(error).__name__)
        return []
    found = [(sentence.text.strip(), tuple(number - 1 for number in sentence.facts)) for sentence in sentences]
    return found if checks_out(found, facts) else []


def checks_out(sentences: Sequence[tuple[str, Sequence[int]]], facts: Sequence[str]) -> bool:
    """Every fact is told once, with its names and numbers, and nothing else is."""
    told = sorted(place for _, places in sentences for place in places)
    return told == list(range(len(facts))) and all(
        not inventions(text, [facts[place] for place in places])
        and not any(inventions(facts[place], [text]) for place in places)
        for text, places in sentences
    )


def as_note(wordings: Mapping[tuple[str, ...], tuple[str, tuple[str, ...]]]) -> str:
    """Sentences as they are kept: what each tells, by memory and by its words, so that a changed fact is noticed."""
    rows = [[list(ids), list(contents), text] for ids, (text, contents) in wordings.items()]
    return json.dumps(rows, ensure_ascii=False)


def of_note(note: str) -> dict[tuple[str, ...], tuple[str, tuple[str, ...]]]:
    """What `as_note` has kept."""
    return {tuple(ids): (text, tuple(contents)) for ids, contents, text in json.loads(note or "[]")}


def apply_note(note: str, lines: Sequence[ProfileLine]) -> tuple[ProfileLine, ...]:
    """The page with the kept sentences in the place of their facts' lines, where those stand as they did.

    The user's own lines and locked ones are never rewritten.
    """
    result = list(lines)
    for ids, (text, contents) in of_note(note).items():
        free = {line.memory_ids[0]: line for line in result if _is_free(line)}
        mine = [free[i] for i in ids if i in free]
        if (
            len(mine) != len(ids)
            or tuple(line.text for line in mine) != contents
            or len({line.section for line in mine}) > 1
        ):
            continue
        result[result.index(mine[0])] = replace(mine[0], text=text, memory_ids=ids)
        result = [line for line in result if line not in mine[1:]]
    return tuple(result)


def groups(lines: Sequence[ProfileLine], undated: Mapping[str, bool]) -> list[list[ProfileLine]]:
    """The lines of each section that may be told together: written from one fact each, and not about a day."""
    sections: dict[str, list[ProfileLine]] = {}
    for line in lines:
        if _is_free(line) and undated.get(line.memory_ids[0]):
            sections.setdefault(line.section, []).append(line)
    return [found[:MAX_FACTS] for found in sections.values() if len(found) >= MIN_FACTS]


def _is_free(line: ProfileLine) -> bool:
    return line.author == "facts" and not line.locked and len(line.memory_ids) == 1
