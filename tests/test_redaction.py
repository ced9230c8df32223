"""What says who somebody is goes; what does not stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.extraction import apply, extract_by_rules
from assistant.redaction import REDACTED, redactor
from memory import Memory, MemoryManager
from memory.records import MemoryKind, Origin


def fact(attribute: str, value: str, kind: MemoryKind = "semantic", origin: Origin = "rule") -> Memory:
    day = datetime(2026, 5, 3, tzinfo=UTC)
    return Memory(
        id=value,
        content=f"About {value}.",
        kind=kind,
        subject="user",
        attribute=attribute,
        value=value,
        importance=0.5,
        created_at=day,
        valid_from=day,
        origin=origin,
    )


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Write to Ms Lena Fischer today.", "Write to Ms X today."),
        ("I saw Dr. J. van der Berg's garden.", "I saw Dr. X garden."),
        ("Uncle Ottokar and Mrs. Ångström came.", "Uncle X and Mrs. X came."),
        ("I live at 12 Elm Street, third floor.", "I live at X, third floor."),
        ("Send it to 221b Old Baker St. or 4 elm avenue.", "Send it to X. or X."),
        ("It is 192.168.1.10, or 2001:db8::1.", "It is X, or X."),
        ("I was born on 12 May 1990 in Hilo.", "I was born on X in Hilo."),
        ("Born May 3rd, 1990; my date of birth: 1990-05-03.", "Born X; my date of birth: X."),
        ("DOB 03/05/1990", "DOB X"),
        ("Follow @lena_f or (@bo.x).", "Follow X or (X)."),
        ("@lena are you there?", "X are you there?"),
        ("My IBAN is DE89 3704 0044 0532 0130 00.", "My IBAN is X."),
        ("Pay to NO9386011117947 please.", "Pay to X please."),
        ("My code is RCCMNL83S18D969H, or 131052-308T.", "My code is X, or X."),
        ("Mail ann@example.org, see https://example.org/x or call 4111 1111 1111 1111.", "Mail X, see X or call X."),
        ("Call +1 650 253 0000.", "Call X."),
    ],
)
def test_what_has_the_form_of_an_identifier_is_struck_out(text: str, left: str) -> None:
    assert redactor([])(text) == left.replace("X", REDACTED)


@pytest.mark.parametrize(
    "text",
    [
        "Monday 12 May",
        "3 apples",
        "I live on the hill",
        "It was founded in 1987 by 12 people.",
        "The meeting is on 2026-05-12 at 12:30.",
        "We walked 12 miles down the road.",
        "I miss you. Miss you too!",
        "Her birthday party is on Friday.",
        "Version 3.2.1 of std::vector",
        "Bake it at 180 for 25 minutes, with 1-2 eggs @ room temperature.",
        "@dataclass\nclass Row:\n    @property\n    def name(self): ...",
        "The part is called AB12-4477X.",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redactor([])(text) == text


def test_every_name_that_is_told_is_struck_out_wherever_it_stands(memory: MemoryManager) -> None:
    """What reading facts writes is what is struck out: names of people and pets, places, work and days."""
    told = {
        "My name is Ludo van der Berg.": ["Ludo", "Berg"],
        "My dog is called Pemba.": ["Pemba"],
        "My sister is called Thandiwe.": ["Thandiwe"],
        "My wife Ingrid and I cook.": ["Ingrid"],
        "I live in Husavik.": ["Husavik"],
        "I'm originally from Novi Sad.": ["Novi Sad"],
        "I was born in Hilo.": ["Hilo"],
        "I work at Quorvex.": ["Quorvex"],
        "My birthday is on 3 May.": ["3 May", "May 3rd", "3rd of May"],
        "From now on call me Zorro.": ["Zorro"],
    }
    conversation = memory.start_conversation()
    for text in told:
        message = memory.add_message(conversation.id, role="user", content=text)
        apply(memory, extract_by_rules(text, said_at=message.created_at), message)
    redact = redactor(memory.memories(include_closed=True))
    for text, names in told.items():
        assert all(name not in redact(text) for name in names), redact(text)
        assert all(redact(f"So {name.lower()}, then.") == f"So {REDACTED}, then." for name in names)


def test_a_fact_that_no_rule_wrote_gives_its_name_and_a_taste_gives_none() -> None:
    facts = [
        fact("neighbour", "Gustav", origin="model"),
        fact("mood", "happy", origin="model"),
        fact("like", "Marmite"),
        fact("correction", "The Nile", kind="episodic"),
        fact("length", "Keep answers short.", kind="procedural"),
    ]
    text = "Keep answers short. Gustav is happy with Marmite by the Nile."
    assert redactor(facts)(text) == f"Keep answers short. {REDACTED} is happy with Marmite by the Nile."
