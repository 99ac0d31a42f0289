"""The only way out: tiers, allow-list, checks, signed releases."""

from harborlight.publish.facts import SourceState
from harborlight.publish.publish import current_manifest, is_unchanged, publish
from harborlight.publish.release import sweep

__all__ = ["SourceState", "current_manifest", "is_unchanged", "publish", "sweep"]
