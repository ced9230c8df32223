"""Ratings as training data, in the columns that TRL reads. Writes files; trains nothing.

    kto.jsonl   {"prompt": [messages], "completion": [message], "label": bool}        thumbs
    dpo.jsonl   {"prompt": [messages], "chosen": [message], "rejected": [message]}    edits, and the better of two answers
    sft.jsonl   {"prompt": [messages], "completion": [message]}                       edits
    meta.jsonl  where each row comes from: what a training row must not carry

A message is {"role", "content"}, never with a null; user and assistant take turns. Thumbs about facts are left out: they
say nothing about manner. So is an answer that lost words to forgetting: it is not the one that was rated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.errors import ExportFailed
from assistant.prompt import Turn, user_text, without_forgotten, without_what_was_known
from assistant.redaction import Redact
from assistant.refinement import is_about_facts
from assistant.turn import turns_of
from memory import Feedback, MemoryManager, Message
from memory.forgetting import is_struck, unstruck

Format = Literal["kto", "dpo", "sft", "all"]
FORMATS: tuple[Literal["kto", "dpo", "sft"], ...] = ("kto", "dpo", "sft")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of one file, and one of `meta.jsonl`."""

    file: Literal["kto", "dpo", "sft"]
    row: dict[str, Any]
    meta: dict[str, Any]


def rows(memory: MemoryManager, *, system_of: Callable[[Message], str], redact: Redact = str) -> list[Row]:
    """Every training row that the ratings give, in the order of the ratings.

    Args:
        system_of: the system prompt of an answer; an empty text leaves it out, and the memories that stood before the
            questions with it.
        redact: what every text passes through.
    """
    found: list[Row] = []
    for given in memory.refinements.rated():
        answer = memory.get_message(given.message_id)
        prompt = _prompt(memory, answer, system_of, redact)
        if is_about_facts(given) or is_struck(answer.content) or not prompt:
            continue
        meta = _meta(memory, answer, given, redact)
        said = _completion(redact(answer.content))
        found.append(Row(file="kto", row={"prompt": prompt, "completion": said, "label": given.rating == 1}, meta=meta))
        if given.edit.strip() not in ("", answer.content.strip()) and not is_struck(given.edit):
            better = _completion(redact(given.edit))
            found.append(Row(file="dpo", row={"prompt": prompt, "chosen": better, "rejected": said}, meta=meta))
            found.append(Row(file="sft", row={"prompt": prompt, "completion": better}, meta=meta))
    for pair in memory.refinements.pairs():
        better_one, worse = memory.get_message(pair.better_id), memory.get_message(pair.worse_id)
        prompt = _prompt(memory, better_one, system_of, redact)
        lost = is_struck(better_one.content) or is_struck(worse.content)
        if prompt and not lost and better_one.content.strip() and worse.content.strip():
            chosen, rejected = _completion(redact(better_one.content)), _completion(redact(worse.content))
            meta = {**_meta(memory, better_one, None, redact), "id": pair.id, "rejected_message_id": worse.id}
            found.append(Row(file="dpo", row={"prompt": prompt, "chosen": chosen, "rejected": rejected}, meta=meta))
    return found


def write(found: Sequence[Row], folder: Path, form: Format = "all") -> dict[str, int]:
    """Write the files of a format and `meta.jsonl` into a folder. Returns the number of lines of each.

    Raises:
        ExportFailed: the folder cannot be written.
    """
    wanted = FORMATS if form == "all" else (form,)
    lines: dict[str, list[dict[str, Any]]] = {f"{name}.jsonl": [] for name in wanted}
    metas: list[dict[str, Any]] = []
    for one in found:
        if one.file in wanted:
            file = f"{one.file}.jsonl"
            metas.append({"file": file, "line": len(lines[file]) + 1, **one.meta})
            lines[file].append(one.row)
    lines["meta.jsonl"] = metas
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in lines.items():
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in content)
            (folder / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExportFailed(f"{folder} cannot be written ({error.strerror}). Choose another folder.") from error
    return {file: len(content) for file, content in lines.items()}


def _prompt(
    memory: MemoryManager, answer: Message, system_of: Callable[[Message], str], redact: Redact
) -> list[dict[str, str]]:
    """The conversation up to the question, oldest first, as it was read; empty when the answer answers nothing."""
    thread = memory.thread(answer.conversation_id, answer.id)[:-1]
    asked = unstruck(thread[-1].content) if thread and thread[-1].role == "user" else ""
    if not asked.strip():
        return []
    system = system_of(answer)
    turns = [*turns_of(thread[:-1]), Turn(role="user", content=asked, block=without_forgotten(thread[-1].block))]
    first = [{"role": "system", "content": redact(system)}] if system.strip() else []
    known = str if system.strip() else without_what_was_known
    return [*first, *({"role": t.role, "content": redact(user_text(known(t.block), t.content))} for t in turns)]


def _completion(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def _meta(memory: MemoryManager, answer: Message, given: Feedback | None, redact: Redact) -> dict[str, Any]:
    return {
        "id": given.id if given else "",
        "message_id": answer.id,
        "created_at": (given.created_at if given else answer.created_at).isoformat(),
        "model": answer.model,
        "prompt_version_id": answer.prompt_version_id or "",
        "tried": [use.text for use in memory.uses_of(answer.id) if use.item_type == "trial"],
        "reasons": list(given.reasons) if given else [],
        "comment": redact(given.comment) if given else "",
    }
