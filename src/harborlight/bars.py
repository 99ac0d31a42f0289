"""How a run shows on a terminal: bars there, plain lines elsewhere."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from harborlight.refresh import Progress as Watcher


class Bars(Watcher):
    """Progress bars on a terminal, plain lines elsewhere."""

    def __init__(self, err: Console) -> None:
        self.err = err
        self.terminal = self.err.is_terminal
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.bars = Progress(*columns, console=err, transient=True)
        self.tasks: dict[str, Any] = {}

    def shown(self) -> AbstractContextManager[Any]:
        return self.bars if self.terminal else nullcontext()

    def step(self, name: str) -> None:
        self.err.print(f"[bold]{name}[/bold]" if self.terminal else name)

    def item(self, name: str) -> None:
        if self.terminal:
            self.err.print(f"  {name}", style="dim")

    def rows(self, source_id: str, rows: int, total: int | None, pages: int) -> None:
        if not self.terminal:
            return
        if source_id not in self.tasks:
            self.tasks[source_id] = self.bars.add_task(source_id, total=total)
        self.bars.update(
            self.tasks[source_id], completed=rows, total=total, description=f"  {source_id} ({pages} pages)"
        )
