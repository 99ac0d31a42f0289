"""The policy file of a place (`records.yaml`) and whether it is in force."""

from __future__ import annotations

from datetime import date

from harborlight.catalog.record_policy import RecordPolicy as RecordPolicy
from harborlight.catalog.record_policy import RecordRule as RecordRule


def is_on(policy: RecordPolicy | None, today: date) -> bool:
    """Whether single records may be shown at all: only under a policy that counsel has reviewed by this day."""
    return policy is not None and bool(policy.reviewed_by_office) and policy.reviewed_on is not None and policy.reviewed_on <= today
