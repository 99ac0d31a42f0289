"""The fictional city of Port Calvert: a deterministic generator of its portal files, traps included."""

from harborlight.demo.canary import canaries
from harborlight.demo.template import lay_template
from harborlight.demo.truth import DemoTruth
from harborlight.demo.write import EARLIER_EDITIONS, SEED, city_folder, edition_day, write_demo, write_edition

__all__ = ["EARLIER_EDITIONS", "SEED", "DemoTruth", "canaries", "city_folder", "edition_day", "lay_template", "write_demo", "write_edition"]
