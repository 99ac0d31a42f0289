"""Removes records: out of everything that is stored and shown, and out of no published count."""

from harborlight.removal.carry_out import Done, reissue, remove, take_up
from harborlight.removal.settle import is_settled

__all__ = ["Done", "is_settled", "reissue", "remove", "take_up"]
