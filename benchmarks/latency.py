"""Whether learning delays a reply: time to the first token with nothing to learn, and with a full queue.

    python -m benchmarks.latency [--json] [--model FILE] [--rounds N] [--queued N]

The two are measured in turn, round by round, in one process, so that a busy machine slows both. Each reply is one in a new
conversation; "full" means that `--queued` messages wait to be read when the reply begins.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from assistant import Response, Settings, TextChunk, open_assistant
from assistant.assistant import Assistant

QUESTION = "What is my dog called?"
IDLE_TIMEOUT_S = 600.0


def first_token_ms(assistant: Assistant) -> float:
    """Milliseconds from handing a message in to its first piece of text."""
    started = time.perf_counter()
    first = 0.0
    for event in assistant.respond(QUESTION):
        if isinstance(event, TextChunk) and not first:
            first = (time.perf_counter() - started) * 1000
        if isinstance(event, Response):
            break
    return first


def fill_queue(assistant: Assistant, count: int) -> None:
    """Messages that wait to be read. The worker is held until they are all there."""
    memory = assistant.memory
    conversation = memory.start_conversation(title="Queue")
    with memory.worker.paused():
        for number in range(count):
            text = f"My friend number {number} is called Ola, and I live in Bergen. I like maps, chess and tea."
            message = memory.add_message(conversation.id, role="user", content=text)
            memory.jobs.enqueue("extract", {"message_id": message.id}, key=f"extract:{message.id}", priority=1)
        memory.worker.wake()


def measure(settings: Settings, *, rounds: int, queued: int) -> dict[str, Any]:
    idle: list[float] = []
    full: list[float] = []
    waiting: list[int] = []
    with open_assistant(settings) as assistant:
        assistant.memory.add(content="The user's dog is called Pemba.", attribute="pet:dog", value="Pemba")
        first_token_ms(assistant)  # loads the model
        for _ in range(rounds):
            assistant.wait_until_idle(IDLE_TIMEOUT_S)
            idle.append(first_token_ms(assistant))
            assistant.wait_until_idle(IDLE_TIMEOUT_S)
            fill_queue(assistant, queued)
            full.append(first_token_ms(assistant))
            waiting.append(assistant.memory.jobs.pending())
    quiet, busy = statistics.median(idle), statistics.median(full)
    return {
        "rounds": rounds,
        "queued": queued,
        "first_token_idle_ms": round(quiet, 1),
        "first_token_full_queue_ms": round(busy, 1),
        "slower_percent": round(100 * (busy / quiet - 1), 1),
        "still_queued_after_the_reply": round(statistics.median(waiting)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--model", default="", help="a GGUF file; without it, the built-in model")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--queued", type=int, default=200)
    options = parser.parse_args()
    logging.getLogger("chromadb").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="attune-latency-") as home:
        settings = Settings(home=Path(home), model=options.model)
        found = measure(settings, rounds=options.rounds, queued=options.queued)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name.replace('_', ' '):<34}{value:>10}")


if __name__ == "__main__":
    main()
