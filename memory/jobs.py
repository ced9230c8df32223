"""The durable queue and the one thread that works it off. Knows when and in which order; what a job does is handed in.

A job is a row before anything else happens: a crash, a kill or a restart loses none. Handlers are run at least
once and so must stand being run again.
"""

from __future__ import annotations

import functools
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from ulid import ULID

from memory.store import Store

log = logging.getLogger(__name__)

JobState = Literal["queued", "running", "done", "failed"]
Handler = Callable[[dict[str, Any]], None]
MAX_ATTEMPTS = 3
RETRY_AFTER_S = 2.0


class WorkerStopped(Exception):
    """Raised inside a handler when the worker is told to stop; the job goes back to the queue."""


@dataclass(frozen=True, kw_only=True)
class Job:
    id: str
    kind: str
    payload: dict[str, Any]
    key: str
    priority: int
    state: JobState
    attempts: int
    error: str


class JobQueue:
    """Jobs in SQLite: lowest priority number first, then oldest first."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def enqueue(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        key: str = "",
        priority: int = 5,
        not_before: datetime | None = None,
    ) -> None:
        """Add a job. While one with the same non-empty `key` is queued, nothing is added."""
        now = self._clock()
        with self._store.transaction() as connection:
            connection.execute(
                """INSERT OR IGNORE INTO jobs (id, kind, payload, key, priority, state, not_before, created_at)
                   VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)""",
                [
                    *(str(ULID()), kind, json.dumps(payload, ensure_ascii=False), key, priority),
                    *((not_before or now).isoformat(), now.isoformat()),
                ],
            )

    def take(self, kinds: set[str]) -> Job | None:
        """The next job of these kinds that is due, marked as running; None when there is none."""
        if not kinds:
            return None
        marks = ", ".join("?" * len(kinds))
        with self._store.transaction() as connection:
            row = connection.execute(
                f"""SELECT * FROM jobs WHERE state = 'queued' AND not_before <= ? AND kind IN ({marks})
                    ORDER BY priority, seq LIMIT 1""",
                [self._clock().isoformat(), *sorted(kinds)],
            ).fetchone()
            if row is None:
                return None
            connection.execute("UPDATE jobs SET state = 'running', attempts = attempts + 1 WHERE id = ?", [row["id"]])
        return self._job(row)

    def finish(self, job: Job) -> None:
        """Done jobs leave no row: their payload may name what the user later forgets."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM jobs WHERE id = ?", [job.id])

    def put_back(self, job: Job) -> None:
        """Queue again as if it had never been taken."""
        self._requeue(job, attempts=job.attempts, error=job.error, delay_s=0)

    def fail(self, job: Job, error: str) -> None:
        """Try again later, or keep it as failed after `MAX_ATTEMPTS`."""
        attempts = job.attempts + 1
        if attempts < MAX_ATTEMPTS:
            self._requeue(job, attempts=attempts, error=error, delay_s=RETRY_AFTER_S * attempts)
        else:
            self._store.change("jobs", job.id, state="failed", error=error)

    def _requeue(self, job: Job, *, attempts: int, error: str, delay_s: float) -> None:
        due = (self._clock() + timedelta(seconds=delay_s)).isoformat()
        with self._store.transaction() as connection:
            twin = connection.execute(
                "SELECT 1 FROM jobs WHERE key = ? AND key != '' AND state = 'queued'", [job.key]
            ).fetchone()
            if twin:
                connection.execute("DELETE FROM jobs WHERE id = ?", [job.id])
            else:
                connection.execute(
                    "UPDATE jobs SET state = 'queued', attempts = ?, error = ?, not_before = ? WHERE id = ?",
                    [attempts, error, due, job.id],
                )

    def recover(self) -> int:
        """Put back what a dead process had taken. Returns how many."""
        rows = self._store.rows("SELECT * FROM jobs WHERE state = 'running'")
        for row in rows:
            self.put_back(self._job(row))
        return len(rows)

    def pending(self, kinds: set[str] | None = None) -> int:
        """How many jobs are queued or running, of these kinds or of all."""
        rows = self._store.rows(
            "SELECT kind, count(*) AS n FROM jobs WHERE state IN ('queued', 'running') GROUP BY kind"
        )
        return sum(row["n"] for row in rows if kinds is None or row["kind"] in kinds)

    def failed(self) -> list[Job]:
        return [self._job(row) for row in self._store.rows("SELECT * FROM jobs WHERE state = 'failed' ORDER BY seq")]

    @staticmethod
    def _job(row: Any) -> Job:
        return Job(
            id=row["id"],
            kind=row["kind"],
            payload=json.loads(row["payload"]),
            key=row["key"],
            priority=row["priority"],
            state=row["state"],
            attempts=row["attempts"],
            error=row["error"],
        )


class Worker:
    """One daemon thread over the queue. Pauses while a reply is made; a handler asks `checkpoint` between units of work."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._handlers: dict[str, Handler] = {}
        self._changed = threading.Condition()
        self._pauses = 0
        self._resumed_at = -float("inf")
        self._busy = False
        self._stopping = False
        self._thread: threading.Thread | None = None

    def register(self, kind: str, handler: Handler) -> None:
        with self._changed:
            self._handlers[kind] = handler
            self._changed.notify_all()

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="attune-jobs", daemon=True)
            self._thread.start()

    @property
    def started(self) -> bool:
        return self._thread is not None

    @property
    def is_current(self) -> bool:
        """Whether this is asked on its thread."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """Ask the running handler to give way at its next checkpoint, and wait for the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=30)

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No job starts, and a running one waits at its next checkpoint, until the block ends."""
        with self._changed:
            self._pauses += 1
        try:
            yield
        finally:
            with self._changed:
                self._pauses -= 1
                self._resumed_at = time.monotonic()
                self._changed.notify_all()

    def checkpoint(self, *, quiet_s: float = 0.0) -> None:
        """Wait here while a reply is being made. Does nothing on other threads than the worker's.

        Args:
            quiet_s: wait until there was no reply for so long, too: for work that can wait for an idle moment.

        Raises:
            WorkerStopped: the process is closing.
        """
        if not self.is_current:
            return
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._stopping or not self._pauses)
                if self._stopping:
                    raise WorkerStopped
                left_s = self._resumed_at + quiet_s - time.monotonic()
                if left_s <= 0 or not quiet_s:
                    return
                self._changed.wait(timeout=left_s)

    def wait_until_idle(self, timeout_s: float) -> bool:
        """True once nothing is queued that this worker has a handler for; False when the time ran out first."""
        if self._thread is None:
            return self._queue.pending(set(self._handlers)) == 0
        deadline = time.monotonic() + timeout_s
        while self._busy or self._queue.pending(set(self._handlers)):
            if time.monotonic() >= deadline:
                return False
            self.wake()
            time.sleep(0.01)
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                kinds = set() if self._pauses else set(self._handlers)
                self._busy = bool(kinds)
            job = self._take(kinds)
            if job is None:
                with self._changed:
                    self._busy = False
                    if self._stopping:
                        return
                    # Retries fall due without anybody waking the thread.
                    self._changed.wait(timeout=0.5)
                continue
            try:
                self._handlers[job.kind](job.payload)
            except WorkerStopped:
                self._record(job, self._queue.put_back)
                return
            except Exception as error:  # noqa: BLE001 - the thread's door: a failed job is recorded and shown, never lost
                log.warning("Job %s failed: %s", job.kind, type(error).__name__)
                reason = f"{type(error).__name__}: {error}"
                self._record(job, functools.partial(self._queue.fail, error=reason))
            else:
                self._record(job, self._queue.finish)

    def _take(self, kinds: set[str]) -> Job | None:
        try:
            return self._queue.take(kinds)
        except Exception as error:  # noqa: BLE001 - a locked or full disk must not end the thread: it asks again
            log.warning("The queue cannot be read: %s", error)
            return None

    @staticmethod
    def _record(job: Job, outcome: Callable[[Job], None]) -> None:
        """Write down how a job went. If that fails the row stays as running, and the next opening runs it again."""
        try:
            outcome(job)
        except Exception as error:  # noqa: BLE001 - as in `_take`
            log.warning("The outcome of job %s cannot be written: %s", job.kind, error)
