"""A limit on how long one piece of work may hold a connection: the engine is told to stop, and the request answers 503.

One thread watches all connections of a release. Statements end at the next interruption point of the engine, which is
milliseconds away; what Python does with the rows is not stopped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Thread
from time import monotonic

from harborlight.errors import ConfigError, QueryError
from harborlight.log import get_logger
from harborlight.store import Connection, Interrupted
from harborlight.web.wording import get_wording

VARIABLE = "HARBORLIGHT_QUERY_SECONDS"
DEFAULT_SECONDS = 10.0
log = get_logger("serve")


def query_seconds() -> float:
    """The limit that the environment sets. Raises ConfigError for one that is no number above 0."""
    text = os.environ.get(VARIABLE, "")
    try:
        seconds = float(text) if text else DEFAULT_SECONDS
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 86_400:
        raise ConfigError(f"{text!r} is not a number of seconds", where=VARIABLE, hint="Write for instance 10.")
    return seconds


class Limit:
    """Interrupts whatever runs on a connection longer than `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._changed = Condition()
        self._running: dict[int, tuple[float, Connection]] = {}
        self._late: set[int] = set()
        self._last, self._is_closed = 0, False
        self._thread: Thread | None = None

    @contextmanager
    def watching(self, con: Connection) -> Iterator[None]:
        """Let work run on `con` until the limit. Raises QueryError (503) where it was stopped."""
        ticket = self._enter(con)
        try:
            yield
        except Interrupted as error:
            if ticket not in self._late:
                raise
            log.warning("a question was stopped after %g s", self.seconds)
            wording = get_wording("en")
            allowed = [wording.text(f"errors.slow_{hint}") for hint in ("period", "fewer", "tables")]
            raise QueryError(wording.text("errors.slow"), code="too_slow", status=503, allowed=allowed) from error
        finally:
            with self._changed:
                self._running.pop(ticket, None)
                self._late.discard(ticket)

    def close(self) -> None:
        """End the watching thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _enter(self, con: Connection) -> int:
        with self._changed:
            self._last += 1
            # Limits are all alike, so the oldest entry is the next to end, and a watcher that waits for one need not be woken.
            is_idle = not self._running
            self._running[self._last] = (monotonic() + self.seconds, con)
            if self._thread is None:
                self._thread = Thread(target=self._watch, name="query limit", daemon=True)
                self._thread.start()
            elif is_idle:
                self._changed.notify()
            return self._last

    def _watch(self) -> None:
        with self._changed:
            while not self._is_closed:
                waiting = [(end, ticket) for ticket, (end, _) in self._running.items() if ticket not in self._late]
                if not waiting:
                    self._changed.wait()
                    continue
                end, ticket = min(waiting)
                left = end - monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                # Work that has ended is no longer listed, and cannot end while this thread holds the lock: nothing else is hit.
                self._late.add(ticket)
                self._running[ticket][1].interrupt()
