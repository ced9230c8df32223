"""`python -m training`: make the built-in model. Reads the command line; the work is in `training.train`."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from training.config import CONFIGS
from training.export import split_file
from training.train import Run


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training", description="Train the built-in model and write a GGUF."
    )
    parser.add_argument("--config", choices=sorted(CONFIGS), default="cpu")
    parser.add_argument("--out", type=Path, default=Path("training-run"), help="folder for checkpoints and the GGUF")
    parser.add_argument("--minutes", type=float, help="wall clock of the dialogue stage")
    parser.add_argument("--until", help="UTC time of day, HH:MM, at which the dialogue stage ends, whatever the speed")
    parser.add_argument(
        "--pause-after", type=float, help="minutes after which to stop with a checkpoint; --resume goes on from there"
    )
    parser.add_argument("--text", type=Path, help="casual dialogues, JSON lines with `turns`, gzip (see README.md)")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--from", dest="begin_from", type=Path, help="a GGUF of the same size to go on from")
    parser.add_argument(
        "--hold", type=Path, help="a GGUF it descends from: what that says is learnt, so that it keeps what that can do"
    )
    parser.add_argument("--hold-talk", type=Path, help="the same for batches of small talk")
    parser.add_argument(
        "--talk-every", type=int, help="every so many batches is small talk; 2 with --hold-talk, else none"
    )
    parser.add_argument(
        "--lessons-every", type=int, help="every so many batches is lists, plans and advice, learnt from replies"
    )
    parser.add_argument(
        "--anew", action="store_true", help="with --resume: keep the weights, begin the dialogue stage's schedule again"
    )
    parser.add_argument(
        "--rate", type=float, default=1.0, help="times the learning rates: below 1 for a later schedule"
    )
    parser.add_argument("--decay-share", type=float, help="share of the time in which the rates fall, at the end")
    parser.add_argument("--dated-share", type=float, help="share of dialogues in which only dates decide what is right")
    parser.add_argument("--pieces", action="store_true", help="write the GGUF in pieces of 16 MiB too")
    parser.add_argument("--threads", type=int, help="cores to use")
    parser.add_argument(
        "--export-only", action="store_true", help="write the GGUF of the checkpoint in --out, and stop"
    )
    options = parser.parse_args()
    config = CONFIGS[options.config]
    if options.minutes:
        config = replace(config, minutes=options.minutes)
    if options.decay_share:
        config = replace(config, decay_share=options.decay_share)
    if options.dated_share is not None:
        config = replace(config, dated_share=options.dated_share)
    if options.hold_talk or options.talk_every:
        config = replace(config, talk_every=options.talk_every or 2)
    if options.lessons_every:
        config = replace(config, lessons_every=options.lessons_every)
    if options.threads:
        config = replace(config, threads=options.threads)
    config = replace(config, matrix_rate=config.matrix_rate * options.rate, other_rate=config.other_rate * options.rate)
    deadline = None
    if options.until:
        hour, minute = map(int, options.until.split(":"))
        now = datetime.now(UTC)
        end = now.replace(hour=hour, minute=minute, second=0)
        deadline = end.timestamp() + (86_400 if end < now else 0)
    started = time.monotonic()
    run = Run(
        config,
        options.out,
        text=options.text,
        resume=options.resume or options.export_only,
        begin_from=options.begin_from,
        hold=options.hold,
        hold_talk=options.hold_talk,
    )
    gguf = options.out / "attune-mini.gguf"
    if options.export_only:
        run.export(gguf)
        if options.pieces:
            split_file(gguf)
        return
    if options.anew:
        run.begin_schedule_again()
    if run.stage == "copying":
        run.learn_copying()
    pause_at = time.time() + options.pause_after * 60 - (time.monotonic() - started) if options.pause_after else None
    try:
        done = run.learn_dialogues(deadline=deadline, pause_at=pause_at)
    finally:
        # Of a run that fails too: a lent machine may be gone before anybody looks.
        run.export(gguf)
        if options.pieces:
            split_file(gguf)
    spent = f"{run.tokens / 1e6:.1f}M tokens in {(time.monotonic() - started) / 60:.0f} minutes: {gguf}"
    print(spent if done else f"Paused; --resume goes on. {spent}")


if __name__ == "__main__":
    main()
