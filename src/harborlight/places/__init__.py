"""Areas with versions: reading their boundaries, locating points, generalising locations."""

from harborlight.places.basemap import check_base_tiles
from harborlight.places.build import build_places
from harborlight.places.files import find_file, with_files_hashed
from harborlight.places.locate import NOWHERE, Locator

__all__ = ["NOWHERE", "Locator", "build_places", "check_base_tiles", "find_file", "with_files_hashed"]
