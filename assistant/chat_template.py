"""Renders messages with a model's own chat template, keeping apart what the template says and what people say.

Text that a user typed must never become a control token, so each message's content is put in as a sentinel, and
the rendered prompt is handed out as pieces: (text, is_template). Knows no tokenizer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""For a file that carries no template of its own."""
_SENTINEL = re.compile("\ue0f1(\\d+)\ue0f2")


@dataclass(frozen=True, kw_only=True)
class Piece:
    text: str
    is_template: bool


class TemplateError(ValueError):
    """The template refuses these messages."""


class ChatTemplate:
    """A Jinja template as found in a GGUF, run in a sandbox."""

    def __init__(self, template: str, *, bos_token: str = "", eos_token: str = "") -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
        )
        environment.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False, **options)
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
        # Training marks of some published templates; they render as their content.
        template = re.sub(r"\{%-?\s*(end)?generation\s*-?%\}", "", template)
        self._template = environment.from_string(template)
        self._special = {"bos_token": bos_token, "eos_token": eos_token}

    def render(self, messages: Sequence[tuple[str, str]]) -> list[Piece]:
        """Pieces of the prompt up to where the reply begins.

        Args:
            messages: (role, content), role being system, user or assistant.

        A template without a system role gets the system text in front of the first user message; one that wants
        roles to alternate gets neighbours of the same role as one message.

        Raises:
            TemplateError: the template cannot render these messages in any of those ways.
        """
        contents = [content for _, content in messages]
        marked = [(role, f"\ue0f1{i}\ue0f2") for i, (role, _) in enumerate(messages)]
        reason = ""
        for shape in (marked, _fold_system(marked), _merge_neighbours(_fold_system(marked))):
            try:
                text = self._render(shape)
            except (TemplateError, jinja2.TemplateError, TypeError) as error:
                reason = str(error)
                continue
            found = {int(i) for i in _SENTINEL.findall(text)}
            # A template that silently drops the system text, or an earlier turn, would drop what the user said.
            if found == set(range(len(messages))):
                return _split(text, contents)
            reason = "it leaves out a message"
        raise TemplateError(f"The model's chat template cannot render this conversation ({reason}).")

    def _render(self, messages: Sequence[tuple[str, str]]) -> str:
        rows: list[dict[str, Any]] = [{"role": role, "content": content} for role, content in messages]
        return self._template.render(messages=rows, add_generation_prompt=True, **self._special)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)


def _fold_system(messages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    system = [content for role, content in messages if role == "system"]
    others = [(role, content) for role, content in messages if role != "system"]
    if not system:
        return others
    if others and others[0][0] == "user":
        return [("user", "\n\n".join([*system, others[0][1]])), *others[1:]]
    return [("user", "\n\n".join(system)), *others]


def _merge_neighbours(messages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    merged: list[tuple[str, str]] = []
    for role, content in messages:
        if merged and merged[-1][0] == role:
            merged[-1] = (role, f"{merged[-1][1]}\n\n{content}")
        else:
            merged.append((role, content))
    return merged


def _split(text: str, contents: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    for position, part in enumerate(_SENTINEL.split(text)):
        is_template = position % 2 == 0
        shown = part if is_template else contents[int(part)]
        if shown:
            pieces.append(Piece(text=shown, is_template=is_template))
    return pieces
