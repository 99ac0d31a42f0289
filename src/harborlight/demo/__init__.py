"""The fictional city of Port Calvert: a deterministic generator of its portal files, traps included."""

from harborlight.demo.canary import canaries
from harborlight.demo.truth import DemoTruth
from harborlight.demo.write import city_folder, write_demo

__all__ = ["DemoTruth", "canaries", "city_folder", "write_demo"]
