"""No job is lost, none runs twice at once, and none runs while a reply is being made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import jobs as jobs_module
from memory.jobs import JobQueue, Worker
from memory.store import Store


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 3, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "attune.db")
    yield opened
    opened.close()


@pytest.fixture
def queue(store: Store, clock: Clock) -> JobQueue:
    return JobQueue(store, clock)


def taken(queue: JobQueue) -> list[Any]:
    found = []
    while job := queue.take({"a", "b"}):
        found.append(job.payload["n"])
        queue.finish(job)
    return found


def test_urgent_jobs_come_first_then_the_oldest(queue: JobQueue) -> None:
    for n, priority in ((1, 5), (2, 1), (3, 5), (4, 1)):
        queue.enqueue("a", {"n": n}, priority=priority)
    assert taken(queue) == [2, 4, 1, 3]
    assert queue.pending() == 0


def test_jobs_of_one_key_are_one_while_queued_and_two_once_one_runs(queue: JobQueue) -> None:
    queue.enqueue("a", {"n": 1}, key="k")
    queue.enqueue("a", {"n": 2}, key="k")
    assert queue.pending() == 1
    job = queue.take({"a"})
    assert job is not None
    queue.enqueue("a", {"n": 3}, key="k")
    assert queue.pending() == 2
    queue.put_back(job)
    assert queue.pending() == 1


def test_jobs_survive_the_process_that_took_them(tmp_path: Path, clock: Clock) -> None:
    first = Store(tmp_path / "attune.db")
    queue = JobQueue(first, clock)
    queue.enqueue("a", {"n": 1})
    queue.enqueue("a", {"n": "ø\U0001f436"})
    assert queue.take({"a"}) is not None
    first.close()
    second = Store(tmp_path / "attune.db")
    queue = JobQueue(second, clock)
    assert queue.recover() == 1
    assert taken(queue) == [1, "ø\U0001f436"]
    second.close()


def test_a_failing_job_is_tried_three_times_and_then_kept_to_be_seen(queue: JobQueue, clock: Clock) -> None:
    queue.enqueue("a", {"n": 1})
    for _attempt in range(3):
        job = queue.take({"a"})
        assert job is not None
        queue.fail(job, "ValueError: no")
        assert queue.take({"a"}) is None, "a retry waits its turn"
        clock.now += timedelta(minutes=1)
    assert queue.take({"a"}) is None
    assert [job.error for job in queue.failed()] == ["ValueError: no"]
    assert queue.pending() == 0


def test_a_job_is_left_until_it_is_due_and_until_somebody_can_do_it(queue: JobQueue, clock: Clock) -> None:
    queue.enqueue("a", {"n": 1}, not_before=clock.now + timedelta(hours=1))
    queue.enqueue("later", {"n": 2})
    assert queue.take({"a"}) is None
    clock.now += timedelta(hours=1)
    assert taken(queue) == [1]
    assert queue.pending({"later"}) == 1


@pytest.fixture
def worker(queue: JobQueue) -> Iterator[Worker]:
    made = Worker(queue)
    yield made
    made.stop()


def test_the_worker_does_every_job_and_its_follow_ups(queue: JobQueue, worker: Worker) -> None:
    done: list[int] = []

    def handler(payload: dict[str, Any]) -> None:
        done.append(payload["n"])
        if payload["n"] == 1:
            queue.enqueue("a", {"n": 2})

    worker.register("a", handler)
    queue.enqueue("a", {"n": 1})
    worker.start()
    assert worker.wait_until_idle(20)
    assert done == [1, 2]


def test_no_job_starts_and_a_running_one_waits_while_paused(queue: JobQueue, worker: Worker) -> None:
    started, steps = threading.Event(), list[int]()

    def handler(_payload: dict[str, Any]) -> None:
        started.set()
        while not go_on.is_set():
            go_on.wait(0.01)
        worker.checkpoint()
        steps.append(1)

    go_on = threading.Event()
    worker.register("a", handler)
    queue.enqueue("a", {"n": 1})
    worker.start()
    assert started.wait(20)
    with worker.paused(), worker.paused():
        go_on.set()
        assert not worker.wait_until_idle(0.2)
        assert steps == []
    assert worker.wait_until_idle(20)
    assert steps == [1]


def test_a_stopped_worker_puts_its_job_back(queue: JobQueue, worker: Worker) -> None:
    started = threading.Event()

    def handler(_payload: dict[str, Any]) -> None:
        started.set()
        while True:
            worker.checkpoint()

    worker.register("a", handler)
    queue.enqueue("a", {"n": 7})
    worker.start()
    assert started.wait(20)
    worker.stop()
    assert taken(queue) == [7]


def test_an_error_in_one_job_stops_no_other(queue: JobQueue, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "RETRY_AFTER_S", 0)

    def handler(payload: dict[str, Any]) -> None:
        if payload["n"] == 1:
            raise ValueError("bad")

    worker.register("a", handler)
    queue.enqueue("a", {"n": 1})
    queue.enqueue("a", {"n": 2})
    worker.start()
    assert worker.wait_until_idle(20)
    assert [job.payload["n"] for job in queue.failed()] == [1]


def test_a_queue_that_cannot_be_read_for_a_moment_does_not_end_the_worker(
    queue: JobQueue, worker: Worker, store: Store
) -> None:
    done: list[int] = []
    worker.register("a", lambda payload: done.append(payload["n"]))
    with store.transaction() as connection:
        connection.execute("ALTER TABLE jobs RENAME TO hidden")
    worker.start()
    worker.wake()
    with store.transaction() as connection:
        connection.execute("ALTER TABLE hidden RENAME TO jobs")
    queue.enqueue("a", {"n": 1})
    assert worker.wait_until_idle(20)
    assert done == [1]
