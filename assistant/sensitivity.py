"""Which statements are too delicate to keep unasked, and which must never be kept. Pure; the words are of a language's
file.

A *secret* (a password, a card or account number) is never made into a memory. A *class* (health beyond allergies and
diet, religion, politics, sexuality, ethnicity, precise location, other people's numbers) is found, held back and
offered: the user decides.
"""

from __future__ import annotations

import re

from assistant.language import DEFAULT, sensitive_classes, vocabulary

CLASSES = ("health", "religion", "politics", "sexuality", "ethnicity", "location", "identifier")

_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)")
_LONG_NUMBER = re.compile(r"(?:\d[ -]?){9,}")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7} ?[A-Z0-9]{1,4}\b")
"""An account number; the shortest, Norway's, has fifteen characters."""


def is_secret(text: str, language: str = DEFAULT) -> bool:
    """A credential or a card or account number: never kept, also not when asked to."""
    secret = vocabulary(language).sensitivity.secret
    return bool(secret.search(text) or IBAN.search(text) or any(_is_card(m[0]) for m in _CARD.finditer(text)))


def class_of(text: str, language: str = DEFAULT) -> str:
    """The sensitive class that a statement falls into, or an empty string."""
    if vocabulary(language).sensitivity.identifier.search(text) or _LONG_NUMBER.search(text):
        return "identifier"
    return next((name for name, pattern in sensitive_classes(language).items() if pattern.search(text)), "")


def _is_card(text: str) -> bool:
    """Digits that pass the check of card numbers (Luhn, US patent 2,950,048)."""
    digits = [int(c) for c in reversed(text) if c.isdigit()]
    doubled = sum(sum(divmod(2 * d, 10)) for d in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0
