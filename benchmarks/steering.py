"""What the slider of `assistant.steering` does: `python -m benchmarks.steering`.

Held-out questions are answered under the rules of each simulated user of `benchmarks.learning`, with the influence of these
rules and of the profile scaled: how often the answers suit the user, how long they are, what it costs.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.chat_model import LlamaChatModel
from assistant.models import builtin_model_path
from assistant.prompt import PromptParts, build_messages, impersonal
from assistant.streaming import to_langchain
from benchmarks.learning import HERE, NAME, TODAY, global_rules
from benchmarks.tastes import Question, Taste, User, read_world
from personas import load_library

STRENGTHS = (-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0)


@dataclass(frozen=True, kw_only=True)
class Answered:
    suits: bool
    words: int
    steering_ms: float
    total_ms: float


def answer(model: LlamaChatModel, user: User, question: Question, strength: float) -> Answered:
    rules = user.oracle.get(question.topic, []) if isinstance(user.oracle, dict) else user.oracle
    parts = PromptParts(
        persona=load_library()["nova"],
        text=question.text,
        today=TODAY,
        global_rules=global_rules(),
        rules=tuple(rules),
        profile=(f"The user's name is {NAME}.",),
    )
    known, unknown = (
        to_langchain(
            build_messages(
                p, budget=model.n_ctx, count=lambda messages: model.count_messages(to_langchain(messages))
            ).messages
        )
        for p in (parts, impersonal(parts))
    )
    options: dict[str, Any] = {"without": unknown, "strength": strength} if strength else {}
    reply = model.invoke(known, max_tokens=160, **options)
    text, took = str(reply.content), reply.response_metadata
    suits = Taste(user.taste)(text, topic=question.topic, question=question.text)
    return Answered(suits=suits, words=len(text.split()), steering_ms=took["steering_ms"], total_ms=took["total_ms"])


def measure(model: LlamaChatModel, users: Sequence[User], questions: Sequence[Question]) -> list[dict[str, Any]]:
    """One row for each strength, over all users, and each user's share of answers that suit."""
    rows = []
    for strength in STRENGTHS:
        found = {user.id: [answer(model, user, question, strength) for question in questions] for user in users}
        every = [one for answers in found.values() for one in answers]
        rows.append(
            {
                "strength": strength,
                "suits": round(statistics.mean(one.suits for one in every), 4),
                "words": round(statistics.mean(one.words for one in every), 1),
                "reply_ms": round(statistics.median(one.total_ms for one in every), 1),
                "steering_ms": round(statistics.median(one.steering_ms for one in every), 1),
                "users": {
                    name: {
                        "suits": round(statistics.mean(one.suits for one in answers), 4),
                        "words": round(statistics.mean(one.words for one in answers), 1),
                    }
                    for name, answers in found.items()
                },
            }
        )
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    columns = ("strength", "suits", "words", "reply_ms", "steering_ms")
    lines = ["  ".join(column.rjust(11) for column in columns)]
    lines += ["  ".join(str(row[column]).rjust(11) for column in columns) for row in rows]
    lines += ["", "share of answers that suit, by user"]
    for name in rows[0]["users"]:
        lines.append(name.ljust(18) + "  ".join(f"{row['users'][name]['suits']:.2f}".rjust(6) for row in rows))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steering", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="a GGUF file; by default the built-in model")
    parser.add_argument("--questions", type=int, default=20, help="held-out questions for each user")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args(arguments)
    world = read_world(HERE / "users.yaml", HERE / "questions.yaml")
    users = [user for user in world.users if user.oracle and user.change is None]
    questions = [question for question in world.questions if question.heldout][: options.questions]
    path = options.model or builtin_model_path()
    model = LlamaChatModel(model_path=path, temperature=0.0, is_builtin=options.model is None)
    try:
        rows = measure(model, users, questions)
    finally:
        model.close()
    print(json.dumps({"strengths": rows}) if options.json else table(rows))


if __name__ == "__main__":
    main()
