"""Reads LoCoMo and LongMemEval files into one shape. Knows their formats; knows nothing of searching or scoring.

The files are given on the command line and never copied into the project: LoCoMo is CC BY-NC 4.0.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from memory.records import Role

Format = Literal["locomo", "longmemeval"]


@dataclass(frozen=True, kw_only=True)
class Turn:
    id: str
    role: Role
    text: str


@dataclass(frozen=True, kw_only=True)
class Session:
    id: str
    created_at: datetime
    turns: tuple[Turn, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    text: str
    turns: frozenset[str]
    """The turns that hold the answer; empty where the set names sessions only."""
    sessions: frozenset[str]
    asked_at: datetime


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Sessions that are searched together, and the questions asked of them."""

    id: str
    sessions: tuple[Session, ...]
    questions: tuple[Question, ...]


def read(path: Path, *, one_store: bool = False) -> tuple[Format, list[Corpus]]:
    """The data set in a JSON file, gzipped or not, and which of the two it is.

    Args:
        one_store: of LongMemEval, ask every question of all sessions of all questions together.
    """
    raw = path.read_bytes()
    content = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    if isinstance(content, list):
        return "locomo", [_locomo(sample) for sample in content]
    if one_store:
        return "longmemeval", [_longmemeval_in_one(content)]
    return "longmemeval", [
        _longmemeval(question, content["sessions"])
        for question in content["questions"]
        if not question["question_id"].endswith("_abs")
    ]


def _locomo(sample: dict[str, Any]) -> Corpus:
    talk = sample["conversation"]
    numbers = sorted(int(key.split("_")[1]) for key in talk if re.fullmatch(r"session_\d+", key))
    sessions = tuple(
        Session(
            id=f"D{number}",
            created_at=_date(talk[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y"),
            turns=tuple(
                # Two people talk. The first is taken for the user, the other for whom they talk to.
                Turn(
                    id=turn["dia_id"],
                    role="user" if turn["speaker"] == talk["speaker_a"] else "assistant",
                    text=_said(turn),
                )
                for turn in talk[f"session_{number}"]
            ),
        )
        for number in numbers
    )
    # The set gives no date for its questions: they are asked when the talk is over.
    asked_at = max(session.created_at for session in sessions)
    questions = []
    for entry in sample["qa"]:
        gold = frozenset(re.findall(r"D\d+:\d+", " ".join(entry.get("evidence") or ())))
        if gold:
            held = frozenset(turn.partition(":")[0] for turn in gold)
            questions.append(Question(text=entry["question"], turns=gold, sessions=held, asked_at=asked_at))
    return Corpus(id=sample["sample_id"], sessions=sessions, questions=tuple(questions))


def _said(turn: dict[str, Any]) -> str:
    caption = f" [shares a photo: {turn['blip_caption']}]" if turn.get("blip_caption") else ""
    return f"{turn['speaker']}: {turn['text']}{caption}"


def _longmemeval(entry: dict[str, Any], sessions: dict[str, list[list[Any]]]) -> Corpus:
    return Corpus(
        id=entry["question_id"],
        # A haystack may hold the same session twice.
        sessions=tuple(
            {name: _session(name, date, sessions[key]) for key, name, date in reversed(entry["haystack"])}.values()
        )[::-1],
        questions=(_question(entry, frozenset(entry["answer_session_ids"])),),
    )


def _longmemeval_in_one(content: dict[str, Any]) -> Corpus:
    """Every session once, at the first date it has; haystacks name one and the same session differently."""
    sessions: dict[str, Session] = {}
    questions = []
    for entry in content["questions"]:
        for key, _, date in entry["haystack"]:
            if key not in sessions:
                sessions[key] = _session(key, date, content["sessions"][key])
        if not entry["question_id"].endswith("_abs"):
            gold = frozenset(key for key, name, _ in entry["haystack"] if name in entry["answer_session_ids"])
            questions.append(_question(entry, gold))
    return Corpus(id="one store", sessions=tuple(sessions.values()), questions=tuple(questions))


def _session(identifier: str, date: str, turns: list[list[Any]]) -> Session:
    return Session(
        id=identifier,
        created_at=_date(date, "%Y/%m/%d (%a) %H:%M"),
        turns=tuple(
            Turn(id=f"{identifier}:{position}", role=role, text=text)
            for position, (role, text, _has_answer) in enumerate(turns)
        ),
    )


def _question(entry: dict[str, Any], gold: frozenset[str]) -> Question:
    asked_at = _date(entry["question_date"], "%Y/%m/%d (%a) %H:%M")
    return Question(text=entry["question"], turns=frozenset(), sessions=gold, asked_at=asked_at)


def _date(text: str, form: str) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=UTC)
