"""Simulated users as data: what they like is an expression over an answer's text, which the program never sees.

A small language of its own, so that a file of users can be run without running anybody's code: comparisons, and, or,
not, arithmetic, `a if b else c`, the names in `NAMES` and the calls in `CALLS`.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field, field_validator

EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
CONTRACTION = re.compile(r"\b\w+(n't|'m|'re|'ve|'ll)\b|\b(it|that|what|here|there|let|who)'s\b", re.IGNORECASE)


class TasteError(ValueError):
    """An expression that cannot be read."""


def _sentences(text: str) -> int:
    return len([s for s in re.split(r"[.!?]+(?:\s|$)|\n", EMOJI.sub("", text)) if s.strip()])


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


NAMES: dict[str, Callable[[str], Any]] = {
    "text": lambda t: t,
    "lower": lambda t: t.lower(),
    "words": lambda t: len(re.findall(r"\w[\w'-]*", t)),
    "characters": lambda t: len(t.strip()),
    "sentences": _sentences,
    "lines": lambda t: len(_lines(t)),
    "bullets": lambda t: sum(bool(re.match(r"[-*•] ", line)) for line in _lines(t)),
    "numbered": lambda t: sum(bool(re.match(r"\d+[.)] ", line)) for line in _lines(t)),
    "emoji": lambda t: len(EMOJI.findall(t)),
    "exclamations": lambda t: t.count("!"),
    "questions": lambda t: t.count("?"),
    "contractions": lambda t: len(CONTRACTION.findall(t)),
    "ends_with_question": lambda t: EMOJI.sub("", t).rstrip().endswith("?"),
}
CALLS: dict[str, Callable[..., Any]] = {
    "has": lambda answer, *any_of: any(part.lower() in answer.lower() for part in any_of),
    # `\b` in a text is a backspace by now, which nobody looks for.
    "matches": lambda answer, pattern: re.search(pattern.replace("\b", r"\b"), answer, re.IGNORECASE) is not None,
    "starts": lambda answer, *any_of: answer.lstrip().lower().startswith(tuple(part.lower() for part in any_of)),
    "ends": lambda answer, *any_of: answer.rstrip().lower().endswith(tuple(part.lower() for part in any_of)),
}
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else 0.0,
}


class Taste:
    """A check of an answer: `Taste("words <= 14 and not emoji")("Hello!", topic="talk")` is True."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a text may hold a regular expression: `\w` is meant
                self._tree = ast.parse(expression.strip(), mode="eval").body
        except SyntaxError as error:
            raise TasteError(f"“{expression}” is not an expression ({error.msg}).") from error
        given = {"topic": "", "question": ""}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.expr) and not (isinstance(node, ast.Name) and node.id in CALLS):
                try:
                    self._value(node, "", given)
                except (TypeError, re.error, RecursionError) as error:
                    raise TasteError(f"“{expression}” cannot be worked out ({error}).") from error

    def __call__(self, answer: str, *, topic: str = "", question: str = "") -> bool:
        return bool(self._value(self._tree, answer, {"topic": topic, "question": question}))

    def _value(self, node: ast.expr, answer: str, given: Mapping[str, str]) -> Any:
        def value(inner: ast.expr) -> Any:
            return self._value(inner, answer, given)

        match node:
            case ast.Constant(value=constant) if isinstance(constant, str | int | float | bool):
                return constant
            case ast.Name(id=name) if name in NAMES:
                return NAMES[name](answer)
            case ast.Name(id=name) if name in given:
                return given[name]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in CALLS:
                return CALLS[name](answer, *(value(argument) for argument in arguments))
            case ast.BoolOp(op=ast.And(), values=values):
                return all(value(v) for v in values)
            case ast.BoolOp(op=ast.Or(), values=values):
                return any(value(v) for v in values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not value(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return value(body) if value(test) else value(orelse)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return tuple(value(element) for element in elements)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](value(left), value(right))
            case ast.Compare(left=left, ops=ops, comparators=rights):
                a = value(left)
                for op, right in zip(ops, rights, strict=True):
                    b = value(right)
                    if type(op) not in _OPERATORS or not _OPERATORS[type(op)](a, b):
                        return False
                    a = b
                return True
        raise TasteError(f"“{self.expression}” uses what this language does not have: {ast.unparse(node)}")


class Change(BaseModel, extra="forbid"):
    """From some rating on, the user likes something else."""

    after: int = Field(ge=1)
    taste: str
    oracle: list[str] = []
    reasons: dict[str, str] = {}
    comment: str = ""


class User(BaseModel, extra="forbid"):
    """One simulated user. See benchmarks/README.md."""

    id: str
    taste: str = "True"
    noise: float = Field(default=0.0, ge=0, le=0.5)
    """The chance that a thumb is the other one."""
    oracle: list[str] | dict[str, list[str]] = []
    """The rules that would serve the user best, for all topics or for each; none: the best of the catalogue."""
    topics: list[str] = []
    """Ask about these only; none: about everything."""
    reasons: dict[str, str] = {}
    """Expression -> the reason ticked when it holds of a disliked answer; the first that holds."""
    comment: str = ""
    edits: float = Field(default=0.34, ge=0, le=1)
    """How often a disliked answer is answered with the user's own version, where reasons are given."""
    rates: Literal["by taste", "at random"] = "by taste"
    like_rate: float = Field(default=0.5, ge=0, le=1)
    """Of the one who rates at random."""
    change: Change | None = None

    @field_validator("taste")
    @classmethod
    def _readable(cls, value: str) -> str:
        Taste(value)
        return value


class Question(BaseModel, extra="forbid"):
    text: str
    topic: str
    heldout: bool = False


class World(BaseModel, extra="forbid"):
    users: list[User]
    questions: list[Question] = []


def read_world(path: Path, default_questions: Path | None = None) -> World:
    """Users, and the questions they ask; a file without questions takes those of `default_questions`.

    Raises:
        TasteError: the file cannot be read.
    """
    try:
        world = World.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        if not world.questions and default_questions is not None:
            world.questions = World.model_validate(
                yaml.safe_load(default_questions.read_text(encoding="utf-8"))
            ).questions
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise TasteError(f"{path} cannot be read: {error}") from error
    return world
