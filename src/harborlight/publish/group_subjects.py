"""Reads the declared tables of groups (`publish/groups/*.yaml`): frozen, all mistakes refused, every table in a tier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import resources

from pydantic import ValidationError

from harborlight.catalog.groups import GroupSubject, GroupTable
from harborlight.catalog.yaml_text import read_yaml
from harborlight.errors import DisclosureError


def load_subjects(sensitive: Mapping[str, tuple[str, bool]]) -> tuple[GroupSubject, ...]:
    """Every subject in the order of its id. `sensitive`: offense group → its title, and whether it is against persons.

    Raises DisclosureError for a declaration that is not whole: what has no tier is not published.
    """
    subjects: list[GroupSubject] = []
    for path in sorted(resources.files("harborlight").joinpath("publish/groups").iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".yaml"):
            continue
        name = path.name.removesuffix(".yaml")
        try:
            subject = GroupSubject.model_validate({"id": name} | read_yaml(path.read_text(encoding="utf-8")))
        except ValidationError as error:
            raise DisclosureError(str(error.errors()[0]["msg"]), where=f"publish/groups/{path.name}") from error
        subjects += _of_each_group(subject, sensitive) if subject.each_group else [subject]
    _check(subjects)
    return tuple(sorted(subjects, key=lambda s: s.id))


def tables_of(subjects: Iterable[GroupSubject]) -> Iterator[tuple[GroupSubject, GroupTable]]:
    """Every table beside its subject."""
    for subject in subjects:
        for table in subject.tables:
            yield subject, table


def _of_each_group(subject: GroupSubject, groups: Mapping[str, tuple[str, bool]]) -> list[GroupSubject]:
    """One subject for each sensitive group of offenses; only those against persons have victims to tell apart."""
    made = []
    for group, (title, is_against_persons) in groups.items():
        tables = tuple(
            table.model_copy(
                update={"id": f"{subject.id}_{group}{table.id.removeprefix(subject.id)}", "title": table.title.format(group=title)}
            )
            for table in subject.tables
            if is_against_persons or not table.dims
        )
        words = {"id": f"{subject.id}_{group}", "title": subject.title.format(group=title)}
        made.append(subject.model_copy(update={**words, "offense_group": group, "tables": tables}))
    return made


def _check(subjects: list[GroupSubject]) -> None:
    ids, names = [table.id for _, table in tables_of(subjects)], {subject.id for subject in subjects}
    if twice := sorted({table_id for table_id in ids if ids.count(table_id) > 1}):
        raise DisclosureError(f"two tables of groups are called {twice[0]}", where="publish/groups")
    for subject in subjects:
        if subject.part_of and subject.part_of not in names:
            raise DisclosureError(f"there is no subject {subject.part_of}", where=f"publish/groups/{subject.id}.yaml")
