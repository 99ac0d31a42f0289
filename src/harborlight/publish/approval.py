"""Who must sign a release before it goes out, and when it goes out by itself.

In: a manifest (its gates and approvals) and the city's sign-off rule. Out: yes, or a sentence that says what
is missing. Roles, times and notes are public; persons are not named.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from harborlight.catalog.models import SignOff
from harborlight.errors import ReleaseError
from harborlight.publish.gates import NEVER_APPROVED, GateResult
from harborlight.publish.manifest import Approval, Manifest

NOTE_LENGTH = 500


def holding_gates(manifest: Manifest) -> tuple[GateResult, ...]:
    """The checks that hold this release."""
    return tuple(gate for gate in manifest.gates if gate.level == "hold")


def is_approved(manifest: Manifest, sign_off: SignOff) -> bool:
    """Whether the release may be switched to under this rule."""
    return why_held(manifest, sign_off) is None


def why_held(manifest: Manifest, sign_off: SignOff) -> str | None:
    """What keeps a release from going out, as a sentence; None if nothing does.

    With every check passed and `auto_when: checks_pass` nobody need sign. Otherwise each role that the city
    asks for must, or any two different roles where it names none. No signature outweighs numbers that do
    not add up.
    """
    holds = holding_gates(manifest)
    final = [gate for gate in holds if gate.name in NEVER_APPROVED]
    if final:
        return f"{_named(final[0])}This cannot be approved; mend it and refresh."
    if not holds and sign_off.auto_when == "checks_pass":
        return None
    missing = missing_roles(manifest, sign_off)
    if not missing:
        return None
    reason = _named(holds[0]) if holds else ""
    return f"{reason}Approval is missing from {' and '.join(missing)}."


def missing_roles(manifest: Manifest, sign_off: SignOff) -> list[str]:
    """The roles still to sign: those the city names, otherwise as many as make two different ones."""
    given = {_same_role(approval.role) for approval in manifest.approvals}
    if sign_off.roles:
        return [role for role in sign_off.roles if _same_role(role) not in given]
    return {0: ["two different roles"], 1: ["a second role"]}.get(len(given), [])


def goes_out_by_itself(manifest: Manifest, sign_off: SignOff, today: date) -> bool:
    """Whether a refresh may switch to the release unasked: approved, and the city's weekday (Monday is 0)."""
    is_the_day = sign_off.weekday is None or today.weekday() == sign_off.weekday
    return is_the_day and is_approved(manifest, sign_off)


def add_approval(manifest: Manifest, role: str, note: str, now: datetime) -> Manifest:
    """The manifest with one more approval. Raises ReleaseError if the role may not sign, or has signed."""
    role, note = " ".join(role.split()), " ".join(note.split())
    where = f"release {manifest.id}"
    if manifest.published_at is not None:
        raise ReleaseError("this release is published already", where=where, hint="Nothing is left to approve.")
    if not role or not note:
        raise ReleaseError("an approval needs a role and a note", where=where, hint="Give --role and --note.")
    if len(role) > 80 or len(note) > NOTE_LENGTH:
        raise ReleaseError(f"the note is longer than {NOTE_LENGTH} characters or the role than 80", where=where)
    asked = {_same_role(name): name for name in manifest.sign_off.roles}
    if asked and _same_role(role) not in asked:
        hint = f"The city asks for: {', '.join(asked.values())}."
        raise ReleaseError(f"the role {role!r} does not approve releases", where=where, hint=hint)
    if _same_role(role) in {_same_role(approval.role) for approval in manifest.approvals}:
        raise ReleaseError(f"the role {role!r} has approved this release already", where=where)
    approval = Approval(role=asked.get(_same_role(role), role), note=note, approved_at=whole_second(now))
    return manifest.model_copy(update={"approvals": (*manifest.approvals, approval)})


def whole_second(moment: datetime) -> datetime:
    """An instant in UTC without fractions: the form of every time in a manifest."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _same_role(role: str) -> str:
    return " ".join(role.split()).casefold()


def _named(gate: GateResult) -> str:
    return f"Held by {gate.name}{f' of {gate.source}' if gate.source else ''}: {gate.sentence} "
