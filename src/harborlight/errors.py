"""The whole error family on one screen.

A `UserError` is shown without a traceback: what is wrong, where (file, line, source), and what to do next.
Everything else that escapes is a bug: it keeps its traceback in the log.
"""

from __future__ import annotations


class UserError(Exception):
    """Something a person can mend. `where` names the file, line or source; `hint` says what to do."""

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}" + (f" {self.hint}" if self.hint else "")


class ConfigError(UserError):
    """The city's configuration is wrong."""


class SourceError(UserError):
    """A portal or file did not give a whole, trustworthy answer."""


class CheckFailed(UserError):
    """Data broke a contract, a gate or a reconciliation; the last good release stays up."""


class DisclosureError(UserError):
    """Publishing this would expose somebody. Never overridden."""


class ReleaseError(UserError):
    """A release is damaged, missing or may not be switched to."""


class QueryError(UserError):
    """A request asks for something that cannot be answered. `allowed` lists what can."""

    def __init__(
        self, message: str, *, parameter: str | None = None, allowed: list[str] | None = None,
        code: str = "bad_request", status: int = 400,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.parameter, self.allowed, self.code, self.status = parameter, allowed, code, status


def exit_code(error: BaseException) -> int:
    """0 success, 1 failed check or source, 2 wrong use."""
    match error:
        case ConfigError() | QueryError():
            return 2
        case _:
            return 1
