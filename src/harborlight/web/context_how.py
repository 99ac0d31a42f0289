"""What the page that tells how a number is made may show; see `context.py` for the manner."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import Link, SourceLine, Table


@dataclass(frozen=True)
class FileItem:
    name: str  # table that the file makes
    path: str  # its place in the package
    about: str  # what one row is
    sql: str  # the statement
    sha256: str  # hash of the file's text


@dataclass(frozen=True)
class HowPage:
    title: str  # heading
    answer: str  # the number in a sentence
    measure: Link  # the measure's page with the same question
    sentences: tuple[str, ...]  # each number as a sentence that can stand alone
    cut: str  # that not every row is a sentence here, or empty
    table: Table | None  # rows of a question with breakdowns
    definition: str  # how it is counted
    version: str  # version of the definition and when it was reviewed
    caveats: tuple[str, ...]  # about these numbers
    notes: tuple[str, ...]  # what has to be said beside this answer
    used: Table  # rows used and left out, by reason
    used_text: str  # which table they are of, in a sentence
    sql: str  # the statement that ran
    files_text: str  # what those files are to the statement
    files: tuple[FileItem, ...]  # SQL files behind the table, in order
    sources: tuple[SourceLine, ...]  # where the records come from
    rejects: Table | None  # rows of the sources: accepted, refused by reason, duplicate
    release: str  # release id, when it was made and the hash of its content
    citation: str  # how to cite this view
    permalink: str  # address of this view
    downloads: tuple[Link, ...]  # the same as data
