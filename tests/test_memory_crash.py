"""A process that is killed in mid-reply loses nothing that it had stored."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from memory import open_memory
from tests.fakes import HashEmbeddings

VICTIM = """
import sys, time
from memory import open_memory
from tests.fakes import HashEmbeddings
memory = open_memory(sys.argv[1], embeddings=HashEmbeddings())
c = memory.start_conversation()
q = memory.add_message(c.id, role="user", content="My dog is called Pemba.")
memory.add(content="The user's dog is called Pemba.", attribute="dog", value="Pemba", source_message_id=q.id)
memory.wait_until_idle(20)
def never_ends(payload):
    a = memory.add_message(c.id, role="assistant", content="", status="streaming")
    memory.jobs.enqueue("later", {"n": 1})
    for n in range(10**6):
        memory.grow_message(a.id, "A good name " + "and " * n)
        if n == 5:
            print("writing", flush=True)
        time.sleep(0.01)
memory.worker.register("extract", never_ends)
memory.jobs.enqueue("extract", {"message_id": q.id})
memory.worker.wake()
time.sleep(600)
"""


def test_after_kill_9_the_message_the_partial_reply_the_facts_and_the_jobs_are_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(home)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert victim.stdout is not None
    try:
        assert victim.stdout.readline() == "writing\n"
        with open_memory(home, embeddings=HashEmbeddings()) as beside:
            assert not beside.owner
            (conversation,) = beside.conversations()
            assert beside.thread(conversation.id)[-1].status == "streaming", "the living owner is still writing it"
            assert beside.search("Pemba"), "a second process finds by words"
    finally:
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        victim.stdout.close()
    with open_memory(home, embeddings=HashEmbeddings()) as memory:
        assert memory.owner
        (conversation,) = memory.conversations()
        question, answer = memory.thread(conversation.id)
        assert question.content == "My dog is called Pemba."
        assert answer.status == "stopped" and answer.content.startswith("A good name and")
        assert [fact.value for fact in memory.memories()] == ["Pemba"]
        assert memory.jobs.pending({"extract"}) == 1 and memory.jobs.pending({"later"}) == 1
        assert memory.wait_until_idle(20)
        assert memory.check() == []
        assert answer.id in {hit.item.id for hit in memory.search("what is a good name")}
