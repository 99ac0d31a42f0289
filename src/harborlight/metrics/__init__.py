"""Declared measures: the question grammar, the tables that answer it, answers and headlines, and the referee."""

from harborlight.metrics.measure import measure

__all__ = ["measure"]
