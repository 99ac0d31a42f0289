"""Harborlight publishes a city's public-safety record so that anyone can check it."""

from importlib.metadata import version

__version__ = version("harborlight")
