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


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Sessions that are searched together, and the questions asked of them."""

    id: str
    sessions: tuple[Session, ...]
    questions: tuple[Question, ...]
    asked_at: datetime | None = None


def read(path: Path) -> tuple[Format, list[Corpus]]:
    """The data set in a JSON file, gzipped or not, and which of the two it is."""
    raw = path.read_bytes()
    content = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    if isinstance(content, list):
        return "locomo", [_locomo(sample) for sample in content]
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
    questions = []
    for entry in sample["qa"]:
        gold = frozenset(re.findall(r"D\d+:\d+", " ".join(entry.get("evidence") or ())))
        if gold:
            held = frozenset(turn.partition(":")[0] for turn in gold)
            questions.append(Question(text=entry["question"], turns=gold, sessions=held))
    return Corpus(id=sample["sample_id"], sessions=sessions, questions=tuple(questions))


def _said(turn: dict[str, Any]) -> str:
    caption = f" [shares a photo: {turn['blip_caption']}]" if turn.get("blip_caption") else ""
    return f"{turn['speaker']}: {turn['text']}{caption}"


def _longmemeval(entry: dict[str, Any], sessions: dict[str, list[list[Any]]]) -> Corpus:
    return Corpus(
        id=entry["question_id"],
        sessions=tuple(
            Session(
                id=session_id,
                created_at=_date(date, "%Y/%m/%d (%a) %H:%M"),
                turns=tuple(
                    Turn(id=f"{session_id}:{position}", role=role, text=text)
                    for position, (role, text, _has_answer) in enumerate(sessions[key])
                ),
            )
            for key, session_id, date in entry["haystack"]
        ),
        questions=(
            Question(text=entry["question"], turns=frozenset(), sessions=frozenset(entry["answer_session_ids"])),
        ),
        asked_at=_date(entry["question_date"], "%Y/%m/%d (%a) %H:%M"),
    )


def _date(text: str, form: str) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=UTC)
