"""Many ways to say the same, read from the files beside this one. Knows sentences; knows no facts and no dialogues.

`[a|b]` is one of its parts, drawn anew each time. `{v}` stands for a value, `{k}` for the word that says what it is of
("dog"), `{a} {k}` for that with its article, and `{w}` for somebody who is named in passing ("my dog Rex").
"""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
EXCHANGES = ("self", "daily", "more_a", "more_b")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where PyYAML has it, is ten times as fast."""


@cache
def _read(name: str) -> dict[str, object]:
    read: dict[str, object] = yaml.load((HERE / f"{name}.yaml").read_bytes(), _Loader)
    return read


@cache
def listed(key: str) -> tuple[str, ...]:
    """The forms of one key of `named.yaml`."""
    forms = _read("named")[key]
    assert isinstance(forms, list)
    return tuple(forms)


@cache
def plain(kind: str, side: str) -> tuple[str, ...]:
    """How a kind of `plain.yaml` is `told` or `asked`; none for others."""
    forms = _read("plain").get(kind, {})
    assert isinstance(forms, dict)
    return tuple(forms.get(side, ()))


def kinds() -> tuple[str, ...]:
    """The keys of `kinds.yaml`."""
    return tuple(_read("kinds"))


@cache
def kind(key: str, side: str, word: str = "") -> tuple[str, ...]:
    """How a kind of `kinds.yaml` is `told` or `asked`, with `word` for its `{k}`; `{v}` stays."""
    forms = _read("kinds")[key]
    assert isinstance(forms, dict)
    return tuple(with_articles(form.replace("{k}", word)) for form in forms[side])


@cache
def remarks() -> tuple[dict[str, Any], ...]:
    """The entries of `remarks.yaml`: `mood`, `said` and `more`, each a list of forms, `weight`, and `timed` if it is so."""
    return tuple(yaml.load((HERE / "remarks.yaml").read_bytes(), _Loader))


@cache
def exchanges() -> tuple[dict[str, Any], ...]:
    """The entries of the files `exchanges_NAME.yaml`: `said`, a list of forms, `replies`, each `core` and `brief`, and `weight`."""
    read = (yaml.load((HERE / f"exchanges_{name}.yaml").read_bytes(), _Loader) for name in EXCHANGES)
    return tuple(entry for entries in read for entry in entries)


def of(key: str, word: str) -> tuple[str, ...]:
    """The forms of one key with `word` in them; `{v}` stays."""
    article = "an" if word[0].lower() in "aeiou" else "a"
    return tuple(form.replace("{a} {k}", f"{article} {word}").replace("{k}", word) for form in listed(key))


def with_articles(text: str) -> str:
    """`an engineer` for `a engineer`."""
    return re.sub(r"\ba (?=[ai]|e(?!u)|o(?!ne\b|nce\b))", "an ", text)


def chosen(rng: random.Random, text: str) -> str:
    """The text with one part of each `[a|b]`."""
    return re.sub(r"\[([^]]*)]", lambda parts: rng.choice(parts[1].split("|")), text)


def spelt_out(text: str) -> tuple[str, ...]:
    """The text with each part of each `[a|b]`: all that `chosen` may give."""
    found = re.search(r"\[([^]]*)]", text)
    if not found:
        return (text,)
    begun = (text[: found.start()] + part + text[found.end() :] for part in found[1].split("|"))
    return tuple(whole for part in begun for whole in spelt_out(part))


def in_passing(rng: random.Random, key: str, word: str) -> str:
    """A message in which somebody is named beside what they are; `{v}` stays."""
    who = rng.choice(listed("who_forms")).replace("{k}", word)
    form = rng.choice(listed(key))
    if form.startswith("{w}") and who.startswith("my"):
        who = who[0].upper() + who[1:]
    return form.replace("{w}", who).replace(",.", ".").replace(",,", ",").replace(",?", "?").replace(",!", "!")


def surrounded(rng: random.Random, text: str, *, asks: bool = False) -> str:
    """The text with something before it or after it, now and then; what is asked has its own openers."""
    text = chosen(rng, text)
    luck = rng.random()
    if luck < 0.14:
        opener = rng.choice(listed("ask_openers" if asks else "openers"))
        goes_on = opener.rstrip()[-1] not in ".!?"
        lower = goes_on and text[:1].isupper() and not text.startswith(("I ", "I'", "I,"))
        return opener + (text[0].lower() + text[1:] if lower else text)
    if luck < 0.24 and not asks:
        return (text if text[-1] in ".!?" else text + ".") + rng.choice(listed("afterwards"))
    return text
