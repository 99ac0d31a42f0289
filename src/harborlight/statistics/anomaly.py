"""Control bands for short series.

In go counts of equal periods, out comes for each period the band that the periods just before it make usual.
The square root is used because a Poisson count's root has nearly the same spread whatever its mean, so weeks
with few events and weeks with many are judged alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from harborlight.statistics.estimate import check_count, check_exposure


def control_limits(series: Sequence[int], window: int = 8, z: float = 3.0) -> list[tuple[float, float] | None]:
    """Return for each period (low, high) = (sqrt(mean of `window` periods before) ± z/2) squared, in events.

    None for the first `window` periods. Wheeler 2016, Int. J. Police Science & Management 18(3):159-172.
    """
    counts = [check_count(k) for k in series]
    if window < 1:
        raise ValueError(f"window must be 1 period or more, not {window}")
    check_exposure(z, "z")
    limits: list[tuple[float, float] | None] = []
    for i in range(len(counts)):
        if i < window:
            limits.append(None)
            continue
        root = math.sqrt(sum(counts[i - window : i]) / window)
        limits.append((max(0.0, root - z / 2) ** 2, (root + z / 2) ** 2))
    return limits
