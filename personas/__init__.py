"""WHO speaks: persona records and their files. Imports nothing else of Attune."""

from personas.persona import (
    Exchange,
    MemoryScope,
    Persona,
    PersonaError,
    load_library,
    read_persona,
    write_persona,
)

__all__ = [
    "Exchange",
    "MemoryScope",
    "Persona",
    "PersonaError",
    "load_library",
    "read_persona",
    "write_persona",
]
