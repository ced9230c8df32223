"""Strikes out of texts what says who somebody is: what has the form of it, and what the user's own facts name. Pure; English.

The one module that says phonenumbers and stdnum. A name is known by its title or by a fact, and by nothing else: what
nobody told stays, and so does a street without a number.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from importlib import import_module

from assistant.language import load_language
from assistant.sensitivity import IBAN
from memory import HeldFact, Memory
from memory.dates import MONTH_NUMBERS, MONTHS

REDACTED = "[redacted]"
PEOPLE = ("name", "called", "person", "pet")
"""Attributes of facts whose values are names; every word of one may stand alone."""
IDENTIFYING = (*PEOPLE, "city", "origin", "birthplace", "employer", "birthday", "birth-year")
"""Attributes of facts whose values say who somebody is, as the rules of a language write them. See `_identifies`."""
REGION = "US"
"""Where a telephone number without a country is taken to be from."""
PERSONAL_NUMBERS = ("es.dni", "es.nie", "fi.hetu", "ie.pps", "it.codicefiscale", "mx.curp")
"""Numbers of persons that have letters in them, by their module in stdnum, which knows their check digits. Those that are
digits alone are long numbers."""

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"\bhttps?://\S+|\bwww\.\S+")
_HANDLE = re.compile(r"(?!^)(?<![\w@/.\t])(?<!  )@\w[\w.]*\w|^@\w[\w.]*\w(?=[ ,:])", re.MULTILINE)
"""Not a decorator, which is indented or stands alone in its line."""
_HEX = re.compile(r"(?<![\w:.])[\da-fA-F:.]{3,45}(?<![.:])(?!\w)")
_TOKEN = re.compile(r"\b(?=\w*\d)[A-Z\d][A-Z\d-]{6,17}[A-Z\d]\b", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\b(?!\d{4}-\d\d-\d\d\b)\d[\d -]{7,}\d\b")

_NAME = r"(?:[^\W\d_a-z][\w'’-]+|[A-Z]\.)"
_TITLED = re.compile(
    r"\b((?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Aunt|Auntie|Uncle|Herr|Frau|Madame|Monsieur)\b\.?\s+)"
    rf"{_NAME}(?: (?:(?:van|von|de|der|den|da|di|la|le|el|al|bin|ibn) )*{_NAME}){{0,3}}"
)
_STREET = re.compile(
    r"\b\d{1,5}[A-Za-z]?,? (?:(?:[A-Z][\w'’.-]+ ){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way"
    r"|Court|Square|Terrace|Close|Crescent|Place|Row)|[a-z]+ (?:street|avenue|boulevard))\b"
)

_MONTH = r"(?:" + "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True)) + r")\b\.?"
_DATE = (
    r"(?:\d{4}-\d\d?-\d\d?|\d\d?[./-]\d\d?[./-]\d{2,4}"
    rf"|\d\d?(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? \d{{4}})?|{_MONTH} (?:the )?\d\d?(?:st|nd|rd|th)?\b(?:,? \d{{4}})?"
    rf"|(?:{_MONTH} )?(?:19|20)\d\d\b)"
)
_BORN = re.compile(rf"(\b(?:born|birth(?:day|date)?|dob|d\.o\.b\.)(?!\w)[^.\n]{{0,24}}?\b){_DATE}", re.IGNORECASE)

Redact = Callable[[str], str]


def redactor(facts: Iterable[Memory | HeldFact]) -> Redact:
    """A function that strikes out mail addresses, links, handles, IP addresses, telephone, account, card and other long or
    personal numbers, street addresses, dates of birth, names after a title, and what the user's facts say of who is who."""
    import phonenumbers

    personal = [import_module(f"stdnum.{name}") for name in PERSONAL_NUMBERS]
    known = _known(facts)

    def redact(text: str) -> str:
        for pattern in (_EMAIL, _LINK, _HANDLE, IBAN):
            text = pattern.sub(REDACTED, text)
        text = _HEX.sub(lambda m: REDACTED if _is_ip_address(m[0]) else m[0], text)
        text = _TOKEN.sub(lambda m: REDACTED if any(number.is_valid(m[0]) for number in personal) else m[0], text)
        text = _BORN.sub(rf"\1{REDACTED}", text)
        for match in reversed(list(phonenumbers.PhoneNumberMatcher(text, REGION))):
            text = text[: match.start] + REDACTED + text[match.end :]
        for pattern in (_LONG_NUMBER, _STREET):
            text = pattern.sub(REDACTED, text)
        text = _TITLED.sub(rf"\1{REDACTED}", text)
        return known.sub(REDACTED, text) if known else text

    return redact


def _known(facts: Iterable[Memory | HeldFact]) -> re.Pattern[str] | None:
    """What the facts say of who is who, the longest first."""
    found: set[str] = set()
    written = {rule.attribute.partition(":")[0] for rule in load_language().rules}
    for fact in facts:
        value = fact.value.strip()
        if len(value) > 1 and _identifies(fact, written):
            found.add(r"\s+".join(map(re.escape, value.split())))
            found.update(_forms_of_a_day(value))
            if fact.attribute.partition(":")[0] in PEOPLE:
                found.update(re.escape(word) for word in re.findall(r"[\w'’-]{2,}", value) if word[0].isupper())
    longest_first = "|".join(sorted(found, key=lambda form: (-len(form), form)))
    return re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)", re.IGNORECASE) if found else None


def _identifies(fact: Memory | HeldFact, written: set[str]) -> bool:
    """Does its value say who somebody is? Of a fact that no rule wrote, such as a model's, a name or a number is taken to.

    Args:
        written: the attributes that the rules write.
    """
    attribute = fact.attribute.partition(":")[0]
    if attribute in IDENTIFYING:
        return True
    return fact.kind == "semantic" and attribute not in written and any(c.isupper() or c.isdigit() for c in fact.value)


def _forms_of_a_day(value: str) -> list[str]:
    """The ways to write a day like `3 May` ("May 3rd"); none when it is no such day."""
    match = re.fullmatch(rf"(\d{{1,2}}) ({'|'.join(MONTHS)})", value)
    if match is None:
        return []
    day, month = rf"{match[1]}(?:st|nd|rd|th)?", rf"(?:{match[2]}|{match[2][:3]})"
    return [rf"{day}(?: of)? {month}", rf"{month} (?:the )?{day}"]


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
