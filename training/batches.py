"""Rows of tokens to train on: the copying curriculum, and dialogues packed with a mask. Knows no optimizer."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from assistant.prompt import PromptMessage
from training.acts import told_before
from training.background import background, summary
from training.config import Config
from training.dialogues import DialogueKind, dialogue
from training.model import IGNORED
from training.tasks import casual_talk, chatter, extraction
from training.tokens import PAD_ID, encode
from training.values import Values

EXTRACTION_SHARE = 0.2
"""Share of the short dialogues that are the app's extraction task."""
BACKGROUND_SHARE = 0.07
"""Share of them that are other tasks of the app: summaries, wording, edits of rules."""
DRILL_SHARE = 0.2
"""Share of the other short dialogues in which one question follows another, answered in few words."""
TELLING_SHARE = 0.35
"""Share of the rest in which facts are told first and asked for at the end."""
CHATTER_SHARE = 0.04
"""Share that is casual English, all of which carries loss."""


BatchKind = Literal["copying", "dialogues", "talk", "lessons"]
"""`copying`: of the copying stage. `talk`: small talk alone. `lessons`: lists, plans, rewording and advice alone."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """`tokens` and `targets`: (rows, tokens) ids; a target of `IGNORED` carries no loss."""

    tokens: Tensor
    targets: Tensor
    documents: Tensor | None = None
    """(rows, tokens): the number of the dialogue that a token belongs to, which is all that it sees."""
    kind: BatchKind = "dialogues"

    def side_by_side(self, count: int) -> Batch:
        """`count` rows in one, each a document of its own."""
        if count == 1:
            return self
        rows, width = self.tokens.shape
        documents = torch.arange(rows)[:, None].expand(rows, width)
        tokens, targets, documents = (
            part.reshape(rows // count, count * width) for part in (self.tokens, self.targets, documents)
        )
        return replace(self, tokens=tokens, targets=targets, documents=documents)


def copying_batch(rng: random.Random, *, vocabulary: int, shape: tuple[int, int]) -> Batch:
    """Random tokens where the next one can be known only by copying.

    A quarter of the rows repeat one segment; a quarter hold several short strings and ask for them again by their
    first two tokens. Half are bound values: each string is a key, one to three tokens that all strings share, and a
    value, as in "The user's mother is called Ada", where only the word before "is called" tells which name is meant.
    Loss only where the token can be known; of a bound value on its first token only, which is the hard one.
    """
    rows, width = shape
    tokens = torch.zeros(rows, width + 1, dtype=torch.long)
    targets = torch.full((rows, width + 1), IGNORED)

    def some(least: int, most: int) -> list[int]:
        return [rng.randrange(3, vocabulary) for _ in range(rng.randint(least, most))]

    for row in range(rows):
        ids: list[int] = []
        known: list[bool] = []
        luck = rng.random()
        if luck < 0.25:
            segment = some(6, 28)
            while len(ids) <= width:
                ids += segment
            known = [False] * len(segment) + [True] * (len(ids) - len(segment))
        else:
            bound = luck >= 0.5
            shared = some(1, 3)
            keys = rng.sample(range(3, vocabulary), rng.randint(3, 11))
            strings = [([key, *shared], some(1, 2)) if bound else (some(2, 2), some(1, 4)) for key in keys]
            for cue, value in strings:
                ids += cue + value
                known += [False] * len(cue + value)
            while len(ids) <= width:
                cue, value = rng.choice(strings)
                ids += cue + value
                known += [False] * len(cue) + [True] + [not bound] * (len(value) - 1)
        ids, known = ids[: width + 1], known[: width + 1]
        tokens[row] = torch.tensor(ids)
        targets[row] = torch.tensor([i if k else IGNORED for i, k in zip(ids, known, strict=True)])
    return Batch(tokens=tokens[:, :-1].contiguous(), targets=targets[:, 1:].contiguous(), kind="copying")


class DialogueBatches:
    """Packs fresh dialogues into rows. Every draw is new; the same seed draws the same."""

    def __init__(
        self,
        rng: random.Random,
        values: Values,
        tokenizer: Tokenizer,
        config: Config,
        *,
        kind: Literal["dialogues", "talk", "lessons"] = "dialogues",
    ) -> None:
        self.rng, self._values, self._tokenizer = rng, values, tokenizer
        self._config, self._kind = config, kind
        self._waiting: list[tuple[list[int], list[int]]] = []

    def _draw(self, *, long: bool) -> tuple[list[int], list[int]]:
        """One dialogue: token ids, and targets in place (not yet shifted)."""
        rng = self.rng
        if self._kind in ("talk", "lessons"):
            turns, facts = rng.choice((1, 1, 2, 2, 3, 4)), 0 if rng.random() < 0.4 else rng.randint(1, 9)
            return self._encoded(dialogue(rng, self._values, turns=turns, facts=facts, kind=self._kind), whole=False)
        luck = rng.random()
        if not long and luck < CHATTER_SHARE and self._values.turns:
            return self._encoded(chatter(self._values, rng), whole=True)
        if not long and luck < CHATTER_SHARE + EXTRACTION_SHARE:
            return self._encoded(extraction(rng, self._values), whole=False)
        if not long and luck < CHATTER_SHARE + EXTRACTION_SHARE + BACKGROUND_SHARE:
            return self._encoded(background(rng, self._values), whole=False)
        if long and luck < BACKGROUND_SHARE:
            return self._encoded(summary(rng, self._values, exchanges=rng.randint(4, 30)), whole=False)
        if long and self._values.turns and luck > 1 - self._config.far_share:
            return self._far()
        if long:
            turns, facts = rng.randint(2, self._config.long_turns), rng.randint(6, self._config.long_facts)
            kind: DialogueKind = "telling" if rng.random() < TELLING_SHARE else "busy"
            return self._encoded(dialogue(rng, self._values, turns=turns, facts=facts, kind=kind))
        if rng.random() < self._config.dated_share:
            turns, facts = rng.randint(6, 12), rng.randint(2, 9)
            return self._encoded(dialogue(rng, self._values, turns=turns, facts=facts, kind="dated"), whole=False)
        if rng.random() < DRILL_SHARE:
            turns, facts = rng.randint(5, 9), rng.randint(2, 13)
            return self._encoded(dialogue(rng, self._values, turns=turns, facts=facts, kind="drill"))
        if rng.random() < TELLING_SHARE:
            turns, facts = rng.choice((2, 2, 3, 3, 4, 5, 6, 7, 8, 9)), rng.randint(0, 6)
            return self._encoded(dialogue(rng, self._values, turns=turns, facts=facts, kind="telling"))
        dense = rng.random() < 0.6 or self._config.talk_every > 0
        facts = 0 if rng.random() < 0.08 else rng.randint(4 if dense else 1, 13)
        turns = rng.randint(4, 8) if dense else rng.choice((1, 2, 2, 3, 3, 4))
        return self._encoded(dialogue(rng, self._values, turns=turns, facts=facts, kind="dense" if dense else "plain"))

    def _far(self) -> tuple[list[int], list[int]]:
        """Facts, casual English that carries no loss for much of a row, and questions for the facts."""
        rng, turns = self.rng, self.rng.randint(9, 27)
        messages = dialogue(rng, self._values, turns=turns, facts=rng.randint(2, 12), kind="far")
        told = 1 + 2 * told_before(turns)
        before, after = (self._encoded(part, whole=False) for part in (messages[:told], messages[told:]))
        row = max(tokens for _, tokens in self._config.row_shapes)
        room = (row - len(before[0]) - len(after[0])) * rng.uniform(0.3, 1)
        date = messages[-2].content.partition("\n")[0]
        between: list[int] = []
        while len(between) < room:
            between += encode(self._tokenizer, casual_talk(self._values, rng, date))[0]
        return before[0] + between + after[0], before[1] + [IGNORED] * len(between) + after[1]

    def _encoded(self, messages: list[PromptMessage], *, whole: bool | None = None) -> tuple[list[int], list[int]]:
        """Ids, and the same where they carry loss: in replies; `whole`: everywhere; None: so in a share of dialogues."""
        ids, in_reply = encode(self._tokenizer, messages)
        if whole is None:
            whole = self.rng.random() < self._config.prompt_share
        return ids, [i if reply or whole else IGNORED for i, reply in zip(ids, in_reply, strict=True)]

    def _row(self, width: int, *, long: bool) -> tuple[list[int], list[int], list[int]]:
        """`width` + 1 ids, targets and document numbers."""
        ids: list[int] = []
        targets: list[int] = []
        documents: list[int] = []
        if long:
            self._waiting.insert(0, self._draw(long=True))
        number = 0
        while len(ids) <= width - 24:
            room = width + 1 - len(ids)
            while len(self._waiting) < 32:
                self._waiting.append(self._draw(long=False))
            fitting = [i for i, (d, _) in enumerate(self._waiting) if len(d) <= room]
            if number == 0:
                # What fits no row would wait for ever, so it opens one and is cut at its end.
                chosen = next((i for i, (d, _) in enumerate(self._waiting) if len(d) > room), 0)
                chosen = 0 if long else chosen
            elif not fitting:
                break
            else:
                chosen = max(fitting, key=lambda i: len(self._waiting[i][0])) if room < 0.7 * width else fitting[0]
            document, wanted = self._waiting.pop(chosen)
            ids += document[:room]
            targets += [IGNORED, *wanted[1:room]]
            documents += [number] * min(len(document), room)
            number += 1
        missing = width + 1 - len(ids)
        return (
            ids + [PAD_ID] * missing,
            targets + [IGNORED] * missing,
            documents + [number] * missing,
        )

    def draw(self, shape: tuple[int, int], *, long: bool) -> Batch:
        """A batch of (rows, tokens); `long`: each row opens with a dialogue that may fill it."""
        rows = [self._row(shape[1], long=long) for _ in range(shape[0])]
        ids, targets, documents = (torch.tensor(column) for column in zip(*rows, strict=True))
        return Batch(
            tokens=ids[:, :-1].contiguous(),
            targets=targets[:, 1:].contiguous(),
            documents=documents[:, :-1].contiguous(),
            kind=self._kind,
        )


class Schedule:
    """What is trained on at which step: dialogues, and every so often a batch of another kind."""

    def __init__(self, config: Config, rng: random.Random, values: Values, tokenizer: Tokenizer) -> None:
        self._config, self._rng = config, rng
        self._dialogues = DialogueBatches(rng, values, tokenizer, config)
        self._talk = DialogueBatches(rng, values, tokenizer, config, kind="talk")
        self._lessons = DialogueBatches(rng, values, tokenizer, config, kind="lessons")

    def batch(self, step: int) -> Batch:
        config = self._config
        if config.copy_every and step % config.copy_every == 0:
            batch = copying_batch(self._rng, vocabulary=config.size.vocabulary, shape=config.copy_shape)
            return batch.side_by_side(config.copies_a_row)
        shape = config.row_shapes[step % len(config.row_shapes)]
        if config.lessons_every and step % config.lessons_every == 0:
            return self._lessons.draw(shape, long=False)
        if config.talk_every and step % config.talk_every == config.talk_every - 1:
            return self._talk.draw(shape, long=False)
        return self._dialogues.draw(shape, long=config.long_rows[step % len(config.long_rows)])


class _Stream(IterableDataset[Batch]):
    """The batches from `first` on; with workers, each makes every so manieth, from a seed of its own."""

    def __init__(self, config: Config, values: Values, tokenizer: str, first: int) -> None:
        self._config, self._values, self._tokenizer, self._first = config, values, tokenizer, first

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        number, count = (worker.id, worker.num_workers) if worker else (0, 1)
        rng = random.Random(f"{self._config.seed} {self._first} {number}")
        schedule = Schedule(self._config, rng, self._values, Tokenizer.from_str(self._tokenizer))
        for step in itertools.count(self._first + number, count):
            yield schedule.batch(step)


def batches_from(
    first: int, config: Config, rng: random.Random, values: Values, tokenizer: Tokenizer
) -> Iterator[Batch]:
    """Batches without end, from step `first`: drawn here with `rng`, or by `config.workers` processes ahead of time."""
    if config.workers:
        stream = _Stream(config, values, tokenizer.to_str(), first)
        yield from DataLoader(stream, batch_size=None, num_workers=config.workers, prefetch_factor=4)
        return
    schedule = Schedule(config, rng, values, tokenizer)
    for step in itertools.count(first):
        yield schedule.batch(step)
