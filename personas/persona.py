"""The record of who speaks. Knows names, manner and examples; knows nothing of memory, models or pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MemoryScope = Literal["shared", "own"]
"""`shared`: sees what every persona was told. `own`: keeps its memories to itself."""


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
    examples: tuple[Exchange, ...] = ()
    greeting: str = ""
    memory_scope: MemoryScope = "shared"

    @property
    def id(self) -> str:
        return self.name.strip().lower().replace(" ", "-")
