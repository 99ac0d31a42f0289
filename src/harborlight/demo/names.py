"""Invented names of Port Calvert: neighbourhoods, police districts, streets and test persons.

Nothing goes in; out come tuples of words that belong to no real place or person. They are listed, not made
by chance, because the city's folder (`cities/port-calvert`) repeats some of them by hand.
"""

from __future__ import annotations

# Police districts: id, name, and the two spellings that the feeds use (legacy capitals, current mixed case).
DISTRICTS: tuple[tuple[str, str, str, str], ...] = (
    ("northmoor", "Northmoor", "NORTHMOOR", "Northmoor"),
    ("lantern-hill", "Lantern Hill", "LANTERN HL", "Lantern Hill"),
    ("quayside", "Quayside", "QUAYSIDE", "Quayside"),
    ("westering", "Westering", "WESTERING", "Westering"),
    ("millrace", "Millrace", "MILLRACE", "Millrace"),
    ("saltern", "Saltern", "SALTERN", "Saltern"),
)

NEIGHBORHOODS: tuple[str, ...] = (
    "Muirsend", "Drumlow", "Copperline", "Anselm Yards", "Tallowgate", "Fathom Hill", "Greyline",
    "Kittiwake Hill", "Larkmoor", "Ashpole", "Bellcaster", "Vesper Park", "Candlewright", "Quillian Grove",
    "Dunmarrow", "Beacon Slip", "Stellmoor", "Brindle Park", "Pellam Square", "Old Ropewalk", "Saltmarket",
    "Tarrow Quay", "Easterly Docks", "Wexcombe", "Netherwick", "Thornquay", "Upper Fenwharf",
    "Lower Fenwharf", "Corvane Heights", "Capstan Green", "Tidewell", "Windlass", "Gannet Reach",
    "Mizzen Point", "Orrins Ferry", "Pinnace Row", "Reefcote", "Yardarm", "Gullmere", "Shoalwick",
)  # fmt: skip

# Community statistical areas: letter on the map of layers.py → name.
COMMUNITIES: dict[str, str] = {
    "A": "Muirsend/Larkmoor", "B": "Copperline/Bellcaster", "C": "Fathom Hill/Beacon Slip",
    "D": "Saltmarket/Quillian Grove", "E": "Stellmoor/Wexcombe", "F": "Old Ropewalk/Thornquay",
    "G": "The Fenwharves", "H": "Corvane Heights/Orrins Ferry", "I": "Tidewell/Yardarm", "J": "Gannet Island",
}  # fmt: skip

STREETS: tuple[str, ...] = (
    "Kestrel St", "Lamplighter Ave", "Oakum St", "Halyard St", "Tern Ave", "Cooperage St", "Ballast St",
    "Petrel Ave", "Binnacle St", "Chandlery Rd", "Spindrift Ave", "Sextant St", "Merganser Way",
    "Larch Hollow Rd", "Sandpiper St", "Old Customs Rd", "Trawler St", "Bosun St", "Windrow Ave", "Cutter St",
    "Topsail Ave", "Grebe St", "Ropemaker St", "Tollkeeper Rd", "Skerry St", "Fulmar Ave", "Dory St",
    "Keel St", "Marline Ave", "Pilots Walk", "Gaff St", "Oarlock Ave", "Breakwater Rd", "Causey St",
    "Dunlin St", "Eider Ave", "Foghorn St", "Gunwale Ave", "Hawser St", "Inlet Rd", "Jibboom St", "Knot St",
    "Lugger Ave", "Moorings Rd", "Nautilus St", "Osprey Ave", "Plover St", "Quarterdeck Ave", "Razorbill St",
    "Scupper St", "Thwart Ave", "Undertow Rd", "Vane St", "Whimbrel Ave", "Yawl St", "Zephyr Ave",
    "Tidemill Rd", "Cordage St", "Sailcloth Ave", "Lodestar St",
)  # fmt: skip

# Letters outside ASCII: 0xE9 and the curly apostrophe 0x92 in Windows-1252 (the latter differs from Latin-1).
ACCENTED_STREETS: tuple[str, str] = ("Café Row", "Sailor’s Walk")
