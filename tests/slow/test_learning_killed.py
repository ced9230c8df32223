"""Learning that is killed in the middle of its scores: what was scored stays, and the queue goes on with the rest."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.catalogue import CATALOGUE
from memory import open_memory
from tests.fakes import HashEmbeddings
from tests.test_refiner import rate

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
RATINGS = 8
KILLED_AFTER = 50
"""Scores, in the midst of those of the fourth answer."""

LEARN = """
import json, sys, time
from pathlib import Path
from assistant import Settings, open_assistant
from memory import open_memory
from tests.fakes import HashEmbeddings
from tests.test_refiner import KnownLikelihoods

class Told(KnownLikelihoods):
    def log_probability(self, messages, answer, **options):
        time.sleep(0.01)
        score = super().log_probability(messages, answer, **options)
        print(json.dumps([answer, str(messages[0].content)]), flush=True)
        return score

home = Path(sys.argv[1])
memory = open_memory(home, embeddings=HashEmbeddings())
with open_assistant(Settings(home=home, trials=False), chat_model=Told(), memory=memory) as assistant:
    if "--start" in sys.argv:
        assistant.refiner.after_rating()
    assert assistant.wait_until_idle(timeout_s=100)
"""


def learning(home: Path, *options: str) -> subprocess.Popen[str]:
    """A process that learns, and prints each (answer, system prompt) that it has scored."""
    return subprocess.Popen(
        [sys.executable, "-c", LEARN, str(home), *options], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def kept(home: Path) -> dict[tuple[str, str], tuple[float | None, str]]:
    """(candidate, answer) -> (reward, when it was written)."""
    with open_memory(home, embeddings=HashEmbeddings(), start_worker=False) as memory:
        rows = memory.store.rows("SELECT candidate_id, message_id, value, created_at FROM prompt_scores")
        return {(row["candidate_id"], row["message_id"]): (row["value"], row["created_at"]) for row in rows}


def test_what_was_scored_before_a_kill_is_kept_and_learning_goes_on_to_its_end(tmp_path: Path) -> None:
    with open_memory(tmp_path, embeddings=HashEmbeddings(), start_worker=False) as memory:
        for n in range(RATINGS):  # such that nothing is to be learnt, and every score is one of the loop's own
            rate(memory, f"Answer number {n} in some words.", 1 if n % 4 < 2 else -1)
    killed = learning(tmp_path, "--start")
    assert killed.stdout is not None
    first = [killed.stdout.readline() for _ in range(KILLED_AFTER)]
    killed.send_signal(signal.SIGKILL)
    first += killed.stdout.read().splitlines(keepends=True)
    killed.wait(10)
    before = kept(tmp_path)
    assert 0 < len(before) < RATINGS * len(CATALOGUE)

    again = learning(tmp_path)
    second = again.communicate(timeout=120)[0].splitlines(keepends=True)
    assert again.returncode == 0
    after = kept(tmp_path)
    assert {key: after[key] for key in before} == before
    assert len(after) == RATINGS * len(CATALOGUE)
    # Each under every rule and under none. Scores are written an answer at a time: those of one answer may be made twice.
    assert len({*first, *second}) == RATINGS * (len(CATALOGUE) + 1)
    assert len(set(second)) == len(second)
    assert len({json.loads(line)[0] for line in {*first} & {*second}}) <= 1
