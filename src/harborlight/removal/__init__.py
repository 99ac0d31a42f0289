"""Removes records: out of everything that is stored and shown, and out of no published count."""

from harborlight.removal.carry_out import Done, follow, follow_rules, published_snapshots, reissue, remove
from harborlight.removal.rules import find_vanished
from harborlight.removal.settle import is_settled

__all__ = ["Done", "find_vanished", "follow", "follow_rules", "is_settled", "published_snapshots", "reissue", "remove"]
