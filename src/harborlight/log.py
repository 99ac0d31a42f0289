"""Log lines named by step. INFO carries counts, DEBUG says that nothing is new; never a value from a row."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

STEPS = ("fetch", "stage", "build", "measure", "publish", "serve", "demo")


class JsonLines(logging.Formatter):
    """One JSON object per line; control characters are escaped by JSON itself."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "step": record.name.removeprefix("harborlight."),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def get_logger(step: str) -> logging.Logger:
    """The logger of one step, for instance `get_logger("fetch")`."""
    return logging.getLogger(f"harborlight.{step}")


def set_up(level: str = "INFO") -> None:
    """Send the log to standard error as JSON lines. Called once, by the command line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger("harborlight")
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False
