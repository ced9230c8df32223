"""A reply while it is being written: who may listen, who may stop it. Knows no model and no memory.

Generation belongs to the thread that writes, not to whoever reads: a reader that goes away changes nothing,
a reader that comes late hears everything from the first token, and only `stop` stops.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from assistant.events import Event


class RunningReply:
    def __init__(self, *, conversation_id: str, message_id: str) -> None:
        self.conversation_id = conversation_id
        self.message_id = message_id
        self.cancel = threading.Event()
        """Checked by the chat model at every token and every chunk of the prompt."""
        self._events: list[Event] = []
        self._error: Exception | None = None
        self._done = False
        self._changed = threading.Condition()

    def push(self, event: Event) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def finish(self, error: Exception | None = None) -> None:
        with self._changed:
            self._error, self._done = error, True
            self._changed.notify_all()

    @property
    def done(self) -> bool:
        return self._done

    def wait(self, timeout_s: float | None = None) -> bool:
        """True once the reply is finished, False when `timeout_s` seconds passed first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._done, timeout_s)

    def events(self) -> Iterator[Event]:
        """Everything so far, then what comes, then the error if there was one. Closing it stops nothing."""
        position = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda at=position: self._done or len(self._events) > at)  # type: ignore[misc]
                fresh = self._events[position:]
                finished = self._done
            position += len(fresh)
            yield from fresh
            if finished and position == len(self._events):
                if self._error is not None:
                    raise self._error
                return
