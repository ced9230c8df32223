"""The record of who speaks, and how it is read. Knows names, manner and examples; knows nothing of memory or models.

A persona is data: a YAML file of a few lines. Files come from strangers, so everything is checked and bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

MemoryScope = Literal["shared", "own"]
"""`shared`: sees what every persona was told. `own`: keeps its memories to itself."""
MAX_BYTES = 64_000


class PersonaError(Exception):
    """A persona that cannot be read. The message names the field and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One example of how a persona speaks."""

    user: str
    assistant: str


@dataclass(frozen=True, kw_only=True)
class Persona:
    """Who speaks. `name` is what it calls itself and, lower-cased, its identifier."""

    name: str
    description: str
    system_prompt: str
    style: tuple[str, ...] = ()
    """Rules of its own, each one sentence."""
    examples: tuple[Exchange, ...] = ()
    greeting: str = ""
    memory_scope: MemoryScope = "shared"

    @property
    def id(self) -> str:
        return "-".join(self.name.lower().split())


class _ExchangeFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    user: str = Field(max_length=2000)
    assistant: str = Field(max_length=2000)


class _PersonaFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60, pattern=r"\S")
    description: str = Field(default="", max_length=500)
    system_prompt: str = Field(default="", max_length=8000)
    style: list[str] = Field(default=[], max_length=12)
    examples: list[_ExchangeFile] = Field(default=[], max_length=8)
    greeting: str = Field(default="", max_length=1000)
    memory_scope: MemoryScope = "shared"


def read_persona(text: str) -> Persona:
    """A persona from the YAML it was written in.

    Raises:
        PersonaError: not YAML, a field that is unknown, missing or too long, or a file over 64 kB.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise PersonaError(f"A persona may take {MAX_BYTES // 1000} kB. Shorten its texts.")
    try:
        checked = _PersonaFile.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise PersonaError(f"This is not YAML: {error}. Begin with `name:` and `system_prompt:`.") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise PersonaError(
            f"{field}: {first['msg']}. A persona has: {', '.join(_PersonaFile.model_fields)}."
        ) from error
    return Persona(
        name=checked.name.strip(),
        description=checked.description.strip(),
        system_prompt=checked.system_prompt.strip(),
        style=tuple(checked.style),
        examples=tuple(Exchange(user=e.user, assistant=e.assistant) for e in checked.examples),
        greeting=checked.greeting.strip(),
        memory_scope=checked.memory_scope,
    )


def write_persona(persona: Persona) -> str:
    """The YAML that `read_persona` reads."""
    rows = {
        "name": persona.name,
        "description": persona.description,
        "system_prompt": persona.system_prompt,
        "style": list(persona.style),
        "examples": [{"user": e.user, "assistant": e.assistant} for e in persona.examples],
        "greeting": persona.greeting,
        "memory_scope": persona.memory_scope,
    }
    return yaml.safe_dump(rows, allow_unicode=True, sort_keys=False)


def load_library() -> dict[str, Persona]:
    """The personas that ship, by identifier; the first is the one to begin with."""
    folder = files("personas") / "library"
    texts = [entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    personas = sorted((read_persona(text) for text in texts), key=lambda p: (p.id != "nova", p.id))
    return {persona.id: persona for persona in personas}
