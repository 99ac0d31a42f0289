"""Chooses the period of each sensitive table and what it hides, all tables of one family together.

A family is a subject with everything that is part of it: their counts can be subtracted from one another. Each table gets the
finest period that keeps 90 % of its events visible once everything is protected; below that it is not offered. A table that was
published before keeps its period for good.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harborlight.catalog.groups import ALL, CATEGORIES, CITY, GROUP_COLUMNS, GroupSubject, GroupTable, column_of
from harborlight.errors import DisclosureError
from harborlight.log import get_logger
from harborlight.publish.disclosure import Cell, Equation, Known, Pattern, State, protect
from harborlight.publish.group_cells import Place, Planned, grain_of, link, parts_of_period, remainders, unique

VISIBLE_SHARE = 0.9
MOST_ROUNDS = 40
IN_ALL = GroupTable(id="in_all", title="In all", tier="T1")
log = get_logger("publish")

Counts = Mapping[str, int]
# Lays a table out by a grain and counts it, up to where the release before went if it is stopped; None where the record holds no such period.
LayOut = Callable[[GroupSubject, GroupTable, str, bool], tuple[Planned, Counts] | None]


@dataclass(frozen=True)
class Family:
    """One family's tables with their counts, its lines, and what is hidden. `missing`: table → why it is not offered."""

    planned: tuple[Planned, ...]
    counts: Counts
    states: Mapping[str, State]
    equations: tuple[Equation, ...]
    pattern: Pattern
    missing: Mapping[str, str]


def families(subjects: Sequence[GroupSubject]) -> list[list[GroupSubject]]:
    """Subjects that can be subtracted from one another, together."""
    above = {subject.id: subject.part_of or subject.id for subject in subjects}
    return [[s for s in subjects if above[s.id] == root] for root in sorted(set(above.values()))]


def plan_family(
    subjects: Sequence[GroupSubject], lay_out: LayOut, *, k: int, grains: Mapping[str, str], kept: Mapping[str, bool]
) -> Family:
    """Settle grains and hidden cells. `grains` and `kept` are those of the release before.

    Where new periods of a table that was published before cannot be protected, all of them are hidden; if that does not help, it stops
    where it was.

    Raises DisclosureError where not even that helps.
    """
    choice = _Choice(subjects, lay_out, k, grains, kept)
    for _ in range(MOST_ROUNDS):
        laid = choice.lay_all()
        known = [*laid, *choice.open, *choice.sums(laid)]  # what T0 tables say, and sums of shown counts, can be subtracted like anything else
        counts, equations, public = _join(known, subjects)
        certain: dict[str, State] = dict.fromkeys(public, "public")
        states = choice.states(known) | certain
        listed = {place.key for planned, _ in (*laid, *choice.open) for place in planned.places()}
        try:
            pattern = _protect(counts, states, equations, k, {**choice.concealed(laid), **kept}, listed)
        except DisclosureError:
            if not choice.retreat(laid, _least(counts, k)):
                raise
            continue
        poor = _worst(laid, counts.keys() - pattern.hidden, {*grains}, limit=VISIBLE_SHARE)
        if poor is None:
            pattern = replace(pattern, primary=pattern.primary | _small_and_alone(counts, states, equations, k))
            return Family(tuple(p for p, _ in laid), counts, states, tuple(equations), pattern, choice.missing)
        choice.coarsen(poor)
    raise DisclosureError("no set of tables of groups could be protected", hint="Leave some of them out.")


class _Choice:
    """The grain of each table so far, finest first; which tables are not offered, and which stop where the release before did."""

    def __init__(
        self, subjects: Sequence[GroupSubject], lay_out: LayOut, k: int, fixed: Mapping[str, str], kept: Mapping[str, bool]
    ) -> None:
        self.subjects, self.lay_out, self.k, self.fixed, self.kept = subjects, lay_out, k, fixed, kept
        self.grains = {
            table.id: list(table.grains) if table.id not in fixed else [fixed[table.id]]
            for subject in subjects for table in subject.tables if table.tier == "T1"
        }  # fmt: skip
        self.open = [
            found for subject in subjects for table in subject.tables
            if table.tier == "T0" and (found := lay_out(subject, table, "year", False))
        ]  # fmt: skip
        self.missing: dict[str, str] = {}
        self.hidden: set[str] = set()
        self.stopped: set[str] = set()
        self._alone: dict[tuple[str, str], bool] = {}
        self._found: dict[tuple[str, str, bool], tuple[Planned, Counts] | None] = {}

    def lay_all(self) -> list[tuple[Planned, Counts]]:
        """Each table by the finest grain by which it could stand alone."""
        laid = []
        for subject in self.subjects:
            for table in (t for t in subject.tables if t.tier == "T1"):
                while table.id not in self.missing:
                    found = self._laid_out(subject, table)
                    if found is None or not found[0].periods:
                        self.missing[table.id] = "not_recorded"
                    elif table.id in self.fixed or self._must_stand(table) or self._can_stand(*found):
                        laid.append(found)
                        break
                    else:
                        self.coarsen(table)
        return laid

    def _laid_out(self, subject: GroupSubject, table: GroupTable) -> tuple[Planned, Counts] | None:
        name = (table.id, self.grains[table.id][0], table.id in self.stopped)
        if name not in self._found:
            self._found[name] = self.lay_out(subject, table, name[1], name[2])
        return self._found[name]

    def states(self, laid: Iterable[tuple[Planned, Counts]]) -> dict[str, State]:
        """What is known anyway, beside what earlier releases imply."""
        return _states(laid, self.subjects) | _implied(laid, self.fixed, self.kept)

    def sums(self, laid: Sequence[tuple[Planned, Counts]]) -> list[tuple[Planned, Counts]]:
        """Numbers of all people of a subject, and of each sensitive group of offenses that is part of it, by every grain in use.

        They are not published as they stand, but follow wherever the subject's own total is: a quarter from its months.
        """
        found: list[tuple[Planned, Counts]] = []
        for whole in (s for s in self.subjects if not s.part_of):
            parts = [s for s in self.subjects if s.part_of == whole.id and s.total_tier != "T0" and not s.overlaps]
            own = {
                place.period for planned, _ in laid if planned.subject.id == whole.id
                for place in planned.places() if place.is_plain and place.area == CITY
            }  # fmt: skip
            if not parts or not own:
                continue
            ids = {whole.id, *(s.id for s in parts)}
            for grain in sorted({planned.grain for planned, _ in laid if planned.subject.id in ids}):
                found += [sums for subject in (whole, *parts) if (sums := self._sums_of(subject, grain, own))]
        return found

    def _sums_of(self, subject: GroupSubject, grain: str, own: Collection[str]) -> tuple[Planned, Counts] | None:
        """The subject in all, in those periods that the counts of `own` periods say."""
        name = (f"all of {subject.id}", grain, False)
        if name not in self._found:
            self._found[name] = self.lay_out(subject, IN_ALL, grain, False)
        found = self._found[name]
        if found is None:
            return None
        periods = tuple(p for p in found[0].periods if p in own or any(set(parts) <= {*own} for parts in parts_of_period(p)))
        planned = replace(found[0], periods=periods)
        return planned, {place.key: found[1][place.key] for place in planned.places()}

    def coarsen(self, table: GroupTable) -> None:
        """The next period; without one the table is not offered."""
        if len(self.grains[table.id]) > 1:
            self.grains[table.id] = self.grains[table.id][1:]
        else:
            self.missing[table.id] = "too_few"
        log.debug("%s: %s", table.id, self.missing.get(table.id, self.grains[table.id][0]))

    def retreat(self, laid: Sequence[tuple[Planned, Counts]], shown: Collection[str]) -> bool:
        """Coarsen the table that shows least; with only published ones left, hide what is new in one, then stop one.

        False where nothing is left to give up.
        """
        worst = _worst(laid, shown, {*self.fixed})
        if worst is not None:
            self.coarsen(worst)
            return True
        fresh = [(planned, counts) for planned, counts in laid if self._new_cells(planned)]
        worst = _worst(fresh, shown, {*self.hidden, *(self.grains.keys() - self.fixed.keys())})
        if worst is not None:
            log.warning("%s: its new periods are hidden, for they cannot be protected otherwise", worst.id)
            self.hidden.add(worst.id)
            return True
        worst = _worst(laid, shown, {*self.stopped, *(self.grains.keys() - self.fixed.keys())})
        if worst is None:
            return False
        log.warning("%s stops where it was: its new periods cannot be protected", worst.id)
        self.stopped.add(worst.id)
        return True

    def concealed(self, laid: Iterable[tuple[Planned, Counts]]) -> dict[str, bool]:
        """Cells that are hidden with the whole of their period, as decisions."""
        return {key: False for planned, _ in laid if planned.table.id in self.hidden for key in self._new_cells(planned)}

    def _new_cells(self, planned: Planned) -> list[str]:
        """Sensitive cells of a table in periods of which the release before said nothing."""
        said = {place.period for place in planned.places() if place.key in self.kept}
        return [p.key for p in planned.places() if p.period not in said and not is_open(p, planned.subject)]

    def _must_stand(self, table: GroupTable) -> bool:
        return table.always and len(self.grains[table.id]) == 1

    def _can_stand(self, planned: Planned, counts: Counts) -> bool:
        """Whether the table keeps enough visible by itself: beside others it will not show more."""
        name = (planned.table.id, planned.grain)
        if name not in self._alone:
            self._alone[name] = _share(planned, counts, _least(counts, self.k)) >= VISIBLE_SHARE
            if self._alone[name]:
                states = self.states([(planned, counts)])
                try:
                    hidden = _protect(counts, states, unique(planned.equations()), self.k, {}, (), rule="unknown").hidden
                except DisclosureError:
                    self._alone[name] = False
                else:
                    self._alone[name] = _share(planned, counts, counts.keys() - hidden) >= VISIBLE_SHARE
        return self._alone[name]


def _protect(
    counts: Counts, states: Mapping[str, State], equations: Iterable[Equation], k: int, kept: Mapping[str, bool], listed: Collection[str],
    rule: Known = "known",
) -> Pattern:  # fmt: skip
    """`listed`: cells that stand in a table. All others can be worked out where nothing hides them, but nobody sees whether they are hidden."""
    usual = _usual(counts)
    cells = [Cell(key, n, states.get(key, "sensitive"), key in listed, usual[key]) for key, n in sorted(counts.items())]
    return protect(cells, equations, k=k, kept={key: shown for key, shown in kept.items() if key in counts}, rule=rule)


def _usual(counts: Counts) -> dict[str, float]:
    """What a cell usually counts: the mean over all periods, rounded down to a power of two, so that no single count shows in it."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for key in counts:
        subject, area, period, *groups = key.split("|")
        rows.setdefault((subject, area, grain_of(period), *groups), []).append(key)
    usual: dict[str, float] = {}
    for keys in rows.values():
        mean = sum(counts[key] for key in keys) // len(keys)
        usual |= dict.fromkeys(keys, float(2 ** (mean.bit_length() - 1)) if mean else 0.0)
    return usual


def _small_and_alone(counts: Counts, states: Mapping[str, State], equations: Iterable[Equation], k: int) -> frozenset[str]:
    """Small counts on no line, zeros too: where zeros are shown, a hidden count says that somebody was harmed."""
    on_lines = {key for line in equations for key in (line.total, *line.parts)}
    return frozenset(key for key, n in counts.items() if n < k and key not in on_lines and states.get(key) != "public")


def _least(counts: Counts, k: int) -> set[str]:
    return {key for key, count in counts.items() if count >= k}


def _share(planned: Planned, counts: Counts, shown: Collection[str]) -> float:
    """Share of a table's events in cells that are shown and no totals; 0 where it has none."""
    inner = [(place.key, counts[place.key]) for place in planned.places() if planned.is_inner(place)]
    events = sum(n for _, n in inner)
    return sum(n for key, n in inner if key in shown) / events if events else 0.0


def _worst(
    laid: Iterable[tuple[Planned, Counts]], shown: Collection[str], fixed: Collection[str], limit: float = 2.0
) -> GroupTable | None:
    """The table that shows least, if less than `limit`; one of `fixed`, or one that must stand there, is never taken."""
    shares = [
        (_share(planned, counts, shown), planned.table)
        for planned, counts in laid
        if planned.table.id not in fixed and not (planned.table.always and planned.grain == planned.table.grains[-1])
    ]
    low = [(share, table.id, table) for share, table in shares if share < limit]
    return min(low, key=lambda item: item[:2])[2] if low else None


def _join(
    laid: Sequence[tuple[Planned, Counts]], subjects: Iterable[GroupSubject]
) -> tuple[dict[str, int], list[Equation], set[str]]:
    """All cells once, every line that they are in, and which of those that are not published are known all the same."""
    counts: dict[str, int] = {}
    places: dict[str, Place] = {}
    lines: list[Equation] = []
    for planned, own in laid:
        counts |= own
        places |= {place.key: place for place in planned.places()}
        lines += planned.equations()
    rest = remainders(places, subjects, counts)
    return counts | rest.counts, unique([*lines, *link(places), *rest.lines]), rest.public


def _states(laid: Iterable[tuple[Planned, Counts]], subjects: Iterable[GroupSubject]) -> dict[str, State]:
    """What anyone knows anyway: numbers without groups of subjects that are counted freely, and the cells of T0 tables."""
    by_id = {subject.id: subject for subject in subjects}
    return {
        place.key: "public" if is_open(place, by_id[place.subject]) else "sensitive" for planned, _ in laid for place in planned.places()
    }


def _implied(laid: Iterable[tuple[Planned, Counts]], grains: Mapping[str, str], kept: Mapping[str, bool]) -> dict[str, State]:
    """Groups that an earlier release did not tell apart in a period that it published: none there, and anyone could tell."""
    found: dict[str, State] = {}
    for planned, counts in laid:
        published = {place.period for place in planned.places() if place.key in kept} if planned.table.id in grains else set()
        found |= {
            place.key: "public" for place in planned.places()
            if place.period in published and place.key not in kept and counts[place.key] == 0
        }  # fmt: skip
    return found


def is_open(place: Place, subject: GroupSubject) -> bool:
    """Whether a count is published freely, and so known whatever a sensitive table hides."""
    if place.is_plain:
        return subject.total_tier == "T0"
    told = {column: group for column, group in zip(GROUP_COLUMNS, place.groups, strict=True) if group != ALL}
    if place.area != CITY:
        return False
    for table in (t for t in subject.tables if t.tier == "T0"):
        if {column_of(name): group for name, group in table.where.items()} == told and not table.dims:
            return True
        if len(told) == 1 and any(column_of(d) in told and told[column_of(d)] in CATEGORIES[d] for d in table.dims):
            return True
    return False
