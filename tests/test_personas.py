"""Personas: the four that ship, and those of strangers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas import Exchange, Persona, PersonaError, load_library, read_persona, write_persona

LETTERS = st.characters(categories=["L", "N", "P", "S"])
WORDS = st.text(LETTERS, max_size=20).map(lambda text: f"{text} {text[::-1]}".strip())
NAMES = st.text(LETTERS, min_size=1, max_size=20)


def test_four_ship_and_the_first_is_nova() -> None:
    library = load_library()
    assert list(library) == ["nova", "ada", "max", "sage"]
    assert all(persona.system_prompt and persona.greeting and persona.description for persona in library.values())


@given(NAMES, WORDS, st.lists(WORDS, max_size=3), st.lists(st.tuples(WORDS, WORDS), max_size=2))
def test_what_is_written_is_read_again(
    name: str, prompt: str, style: list[str], examples: list[tuple[str, str]]
) -> None:
    persona = Persona(
        name=name,
        description="",
        system_prompt=prompt,
        style=tuple(style),
        examples=tuple(Exchange(user=a, assistant=b) for a, b in examples),
        memory_scope="own",
    )
    assert read_persona(write_persona(persona)) == persona


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("name: Rex\ntools: [shell]\n", "tools"),
        ("system_prompt: Hello\n", "name"),
        ("name: ''\n", "name"),
        ("name: [", "YAML"),
        ("just words", "persona"),
        ("!!python/object/apply:os.system ['true']", "YAML"),
        ("name: Rex\nsystem_prompt: " + "x" * 9000, "system_prompt"),
        ("name: Rex\n# " + "x" * 70_000, "64 kB"),
    ],
)
def test_a_persona_that_cannot_be_names_its_fault(text: str, word: str) -> None:
    with pytest.raises(PersonaError, match=word):
        read_persona(text)


def test_the_identifier_is_the_name_in_small_letters() -> None:
    assert Persona(name="Professor Ada", description="", system_prompt="").id == "professor-ada"
