"""Values for the facts of made-up users, from many sources. Knows words and letters; knows no sentences.

A model trained on values of one make copies only that make. So a value is a word of a list, a word made by a
character chain, a dictionary word, syllables, or plain random letters; some have two words, digits or a hyphen.
Words of the case files never occur.
"""

# ruff: noqa: SIM905

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from training import lexicon
from training.cases import heldout

ONSETS = (
    "b bl br c ch cl cr d dr dw f fl fr g gh gl gn gr h j k kh kl kn kr l ll m mb n nd ng p pf ph pl pr ps q "
    "qu r rh s sc sch sh sk sl sm sn sp spr st str sw sz t th tl tr ts tz v vl w wh wr x y z zh zs"
).split()
VOWELS = "a e i o u a e i o u aa ae ai ao au ea ee ei eo eu ia ie io oa oe oi oo ou ua ue ui y ye yo".split()
CODAS = "  n r s l m t k d g b p x ng nd rk rt st sk ck ll nn ss th sh ch tz cz lf rn rd nt mp".split(" ")


HELD_OUT_DIALOGUES = 300
"""The last of the file: perplexity is measured on them, and nothing is drawn from them."""


class Values:
    """Draws values. `text`: an optional file of casual dialogues (JSON lines with `turns`, gzip) that adds words."""

    def __init__(self, text: Path | None = None) -> None:
        self._barred = heldout.words()
        self.turns: list[list[str]] = read_dialogues(text)[:-HELD_OUT_DIALOGUES] if text else []
        counts: Counter[str] = Counter()
        for turns in self.turns:
            for turn in turns:
                counts.update(re.findall(r"[A-Za-z][a-z]{2,11}", turn))
        named = (*lexicon.PEOPLE, *lexicon.SURNAMES, *lexicon.PETS, *lexicon.PLACES, *lexicon.FOODS, *lexicon.HOBBIES)
        self.dictionary = sorted(w for w, n in counts.items() if n >= 2 and self.allowed(w)) or sorted(
            {w for w in named if self.allowed(w)}
        )
        self._chain: dict[str, list[str]] = defaultdict(list)
        for word in [*self.dictionary, *named * 3]:
            padded = f"^^{word.lower()}$"
            for i in range(len(padded) - 2):
                self._chain[padded[i : i + 2]].append(padded[i + 2])

    def allowed(self, value: str) -> bool:
        """False if `value` holds a word of the case files."""
        return not self._barred.intersection(re.findall(r"[a-z]+", value.lower()))

    def from_list(self, rng: random.Random, words: Sequence[str], *, made_share: float = 0.5) -> str:
        """A word of `words`, or with probability `made_share` one made up."""
        while True:
            value = self.made_up(rng) if rng.random() < made_share else rng.choice(words)
            if self.allowed(value):
                return value

    def proper(self, rng: random.Random, words: Sequence[str], *, made_share: float = 0.6) -> str:
        """A name with capitals, now and then of two words, with a digit or without the capital."""
        value = self.from_list(rng, words, made_share=made_share).title().replace("'S", "'s")
        luck = rng.random()
        if luck < 0.05:
            value += " " + self.from_list(rng, lexicon.SURNAMES).title()
        elif luck < 0.07:
            value += " " + str(rng.randint(2, 99))
        elif luck < 0.09:
            value += "-" + self.made_up(rng).title()
        elif luck < 0.12:
            value = value.lower()
        elif luck < 0.13:
            value = value.upper()
        return value

    def made_up(self, rng: random.Random) -> str:
        """One lower-case word that may never have been written before."""
        while True:
            luck = rng.random()
            if luck < 0.45:
                word = self._chained(rng)
            elif luck < 0.62:
                word = rng.choice(self.dictionary).lower()
            elif luck < 0.88:
                word = "".join(
                    rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS)
                    for _ in range(rng.choice((1, 2, 2, 2, 3)))
                )
            else:
                word = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 8)))
            if 3 <= len(word) <= 15 and self.allowed(word):
                return word

    def _chained(self, rng: random.Random) -> str:
        word = "^^"
        while len(word) < 15:
            letter = rng.choice(self._chain[word[-2:]])
            if letter == "$":
                break
            word += letter
        return word[2:]


def read_dialogues(path: Path) -> list[list[str]]:
    """The turns of each dialogue of the file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["turns"] for line in lines]
