"""The training run: the copying stage, then dialogues until the clock is up. Resumable from its checkpoint.

Knows the order of things and the schedule; the rest is in the modules it calls.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.background import background
from training.batches import Batch, batches_from
from training.config import Config
from training.dialogues import dialogue
from training.export import export_gguf, load_weights, tokenizer_of
from training.model import Model, compute_type, document_mask
from training.optimizer import Optimizers
from training.tasks import chatter, extraction
from training.tokens import learn_tokenizer, load_tokenizer, render
from training.values import Values

CHECKPOINT, TOKENIZER, LOG = "checkpoint.pt", "tokenizer.json", "log.jsonl"


def rate_factor(share: float, step: int, *, warmup_steps: int, decay_share: float) -> float:
    """Warm-up, stable, decay: the factor on the learning rate when `share` of the time is over."""
    warmup = min(1.0, (step + 1) / warmup_steps)
    decay = 1.0 if share < 1 - decay_share else max(0.02, (1 - share) / decay_share)
    return warmup * decay


class Run:
    """One training run in the folder `out`."""

    def __init__(
        self,
        config: Config,
        out: Path,
        *,
        text: Path | None = None,
        resume: bool = False,
        begin_from: Path | None = None,
        hold: Path | None = None,
        hold_talk: Path | None = None,
    ) -> None:
        """
        Args:
            begin_from: a GGUF of this recipe whose weights and tokenizer the dialogue stage begins with.
            hold: a GGUF with that tokenizer: what it says is what is learnt of dialogues, instead of their replies.
            hold_talk: the same for the batches of small talk (`Config.talk_every`), which `hold` leaves alone.

        Raises:
            ValueError: a file was made with another size or has another tokenizer.
        """
        self.config, self.out = config, out
        out.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        self.rng = random.Random(config.seed)
        self.values = Values(text)
        resume = resume and (out / CHECKPOINT).exists()
        if resume:
            self.tokenizer = load_tokenizer(out / TOKENIZER)
        elif begin_from:
            self.tokenizer = tokenizer_of(begin_from)
            self.tokenizer.save(str(out / TOKENIZER))
        else:
            self.tokenizer = learn_tokenizer(self._sample(5000), vocabulary=config.size.vocabulary)
            self.tokenizer.save(str(out / TOKENIZER))
        self.model = Model(config.size).to(config.device)
        self.optimizers = Optimizers(
            self.model,
            matrix_rate=config.matrix_rate,
            other_rate=config.other_rate,
            attention_only=config.attention_only,
        )
        self.stage = "copying"
        self.step = 0
        self.trained_s = 0.0
        self.tokens = 0
        if resume:
            self.load()
        elif begin_from:
            load_weights(self.model, begin_from)
            self.stage = "dialogues"
        self._held = {kind: self._model_of(path) for kind, path in (("dialogues", hold), ("talk", hold_talk)) if path}
        self._bfloat16 = compute_type(config.device) == torch.bfloat16
        self._hidden = torch.compile(self.model.hidden) if config.compiled else self.model.hidden

    def _model_of(self, path: Path) -> Model:
        if tokenizer_of(path).get_vocab() != self.tokenizer.get_vocab():
            raise ValueError(f"{path} has another tokenizer. Hold to a file that this one descends from.")
        model = Model(self.config.size).to(self.config.device)
        load_weights(model, path)
        return model.requires_grad_(False)

    def _sample(self, count: int) -> list[str]:
        """Texts to learn the tokens from; a quarter is not conversation but tasks of the app or casual English."""
        rng = random.Random(self.config.seed + 1)
        texts = []
        for _ in range(count):
            luck = rng.random()
            if luck < 0.75:
                messages = dialogue(rng, self.values, turns=rng.randint(1, 4), facts=rng.randint(0, 9))
            elif luck < 0.85 and self.values.turns:
                messages = chatter(self.values, rng)
            else:
                messages = extraction(rng, self.values) if luck < 0.95 else background(rng, self.values)
            texts.append(render(messages))
        return texts

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizers": self.optimizers.state(),
            "stage": self.stage,
            "step": self.step,
            "trained_s": self.trained_s,
            "tokens": self.tokens,
            "rng": self.rng.getstate(),
            "config": asdict(self.config),
        }
        torch.save(state, self.out / "checkpoint.new")
        (self.out / "checkpoint.new").replace(self.out / CHECKPOINT)

    def load(self) -> None:
        state = torch.load(self.out / CHECKPOINT, weights_only=False, map_location=self.config.device)
        self.model.load_state_dict(state["model"])
        self.optimizers.load(state["optimizers"])
        self.stage, self.step = state["stage"], state["step"]
        self.trained_s, self.tokens = state["trained_s"], state["tokens"]
        self.rng.setstate(state["rng"])

    def begin_schedule_again(self) -> None:
        """The weights stay; warm-up and decay start over, for text that the run has not seen yet."""
        self.step, self.trained_s = 0, 0.0

    def export(self, path: Path) -> None:
        export_gguf(self.model, self.tokenizer, path, kind="Q8_0" if self.config.quantised else "F16")

    def _learn(self, batch: Batch) -> Tensor:
        """Gradients of one batch; returns its loss. The tokens of the dialogue stage are counted."""
        device = self.config.device
        mask = None if batch.documents is None else document_mask(batch.documents, device)
        if mask is not None and mask.dim() == 1:
            torch._dynamo.mark_dynamic(mask, 0)
        with torch.autocast(device, torch.bfloat16, enabled=self._bfloat16):
            tokens = batch.tokens.to(device)
            hidden = self._hidden(tokens, mask)
            held_to = self._held.get(batch.kind)
            if held_to is None:
                loss = self.model.loss(hidden, batch.targets)
            else:
                loss = self.model.divergence(hidden, held_to, held_to.hidden(tokens, mask), batch.targets)
        loss.backward()
        if self.stage == "dialogues":
            self.tokens += batch.tokens.numel()
        return loss.detach()

    def learn_copying(self) -> None:
        """Until copying is learnt: the loss is below `copy_until_loss` over ten steps."""
        config, started = self.config, time.monotonic()
        batches = batches_from(0, replace(config, copy_every=1), self.rng, self.values, self.tokenizer)
        smooth = 7.0
        while self.step < config.copy_steps_at_most and smooth > config.copy_until_loss:
            loss = float(self._learn(next(batches)))
            self.optimizers.step(min(1.0, (self.step + 1) / config.warmup_steps))
            smooth = 0.8 * smooth + 0.2 * loss
            self.step += 1
            if self.step % 25 == 0:
                self._log(loss=smooth, seconds=time.monotonic() - started)
        self.stage, self.step = "dialogues", 0
        self.save()

    def learn_dialogues(self, *, deadline: float | None = None, pause_at: float | None = None) -> bool:
        """Until `minutes` of training are over; whether they are. A run that fails or is stopped leaves a checkpoint too.

        Args:
            deadline: a time of `time.time()` that counts instead of `minutes`.
            pause_at: a time of `time.time()` at which to stop with a checkpoint, before the schedule is over.
        """
        config = self.config
        batches = batches_from(self.step, config, self.rng, self.values, self.tokenizer)
        begun = before = saved = time.time()
        already = self.trained_s
        total = already + (deadline - begun) if deadline else config.minutes * 60
        smooth = copy_loss = torch.zeros((), device=config.device)
        try:
            while self.trained_s < total and (pause_at is None or before < pause_at):
                share = self.trained_s / total
                batch = next(batches)
                loss = self._learn(batch)
                factor = rate_factor(share, self.step, warmup_steps=config.warmup_steps, decay_share=config.decay_share)
                self.optimizers.step(factor)
                self.step += 1
                if batch.kind == "copying":
                    copy_loss = loss
                else:
                    smooth = torch.where(smooth == 0, loss, 0.97 * smooth + 0.03 * loss)
                now = time.time()
                self.trained_s, before = self.trained_s + now - before, now
                if self.step % 20 == 0:
                    self._log(loss=float(smooth), copy_loss=float(copy_loss), seconds=self.trained_s, factor=factor)
                if now - saved > config.checkpoint_minutes * 60:
                    self.save()
                    saved = time.time()
        finally:
            self.save()
        return self.trained_s >= total

    def _log(self, **figures: Any) -> None:
        line = {"stage": self.stage, "step": self.step, "tokens": self.tokens}
        line |= {k: round(v, 4) for k, v in figures.items()}
        with (self.out / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
