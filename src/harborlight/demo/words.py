"""The words of the two police systems: what each calls an offense, a weapon, a premise.

Index order follows the code tuples of `world.py`. The city's maps in `cities/port-calvert/staging`
translate these words into canonical codes; one word of the old system is missing there on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

RACES = ("W", "B", "A", "I", "P", "O", "U")
NIBRS_WEAPONS = (
    "",
    "99 None",
    "12 Handgun",
    "13 Rifle",
    "20 Knife/Cutting Instrument",
    "40 Personal Weapons",
    "30 Blunt Object",
)
NIBRS_PREMISES = (
    "Highway/Road/Alley/Street/Sidewalk", "Residence/Home", "Commercial/Office Building",
    "Parking/Drop Lot/Garage", "School-Elementary/Secondary", "Vehicle", "Other/Unknown",
)  # fmt: skip
NIBRS_INJURIES = ("", "None", "Apparent Minor Injury", "Other Major Injury", "Gunshot Wound", "Fatal")
NIBRS_RELATIONS = ("SE", "BG", "XR", "PA", "CH", "SB", "OF", "AQ", "ST", "RU")

NIBRS_TITLES = {
    "09A": "Murder & Nonnegligent Manslaughter", "09B": "Negligent Manslaughter",
    "09C": "Justifiable Homicide", "100": "Kidnapping/Abduction", "11A": "Rape", "11B": "Sodomy",
    "11D": "Criminal Sexual Contact", "120": "Robbery", "13A": "Aggravated Assault", "13B": "Simple Assault",
    "13C": "Intimidation", "200": "Arson", "210": "Extortion/Blackmail",
    "220": "Burglary/Breaking & Entering", "23C": "Shoplifting", "23D": "Theft From Building",
    "23F": "Theft From Motor Vehicle", "23G": "Theft of Motor Vehicle Parts", "23H": "All Other Larceny",
    "240": "Motor Vehicle Theft", "250": "Counterfeiting/Forgery", "26A": "False Pretenses/Swindle",
    "26B": "Credit Card/ATM Fraud", "26C": "Impersonation", "26F": "Identity Theft", "270": "Embezzlement",
    "280": "Stolen Property Offenses", "290": "Destruction/Damage/Vandalism",
    "35A": "Drug/Narcotic Violations", "35B": "Drug Equipment Violations", "36B": "Statutory Rape",
    "370": "Pornography/Obscene Material", "40A": "Prostitution", "520": "Weapon Law Violations",
    "64A": "Human Trafficking, Commercial Sex Acts", "720": "Animal Cruelty", "90C": "Disorderly Conduct",
    "90D": "Driving Under the Influence", "90F": "Family Offenses, Nonviolent",
    "90J": "Trespass of Real Property", "90Z": "All Other Offenses", "99Z": "LOCAL ORDINANCE 99Z",
}  # fmt: skip

# What officers write as the charge: the usual words, then a slip of the keyboard. Keys are codes of the incident.
ARREST_CHARGES = {
    "09A": ("MURDER-FIRST DEGREE", "MURDER FIRST DEGRE"), "13A": ("ASSAULT-FIRST DEGREE", "!ST DEGREE ASSAUALT"),
    "13B": ("ASSAULT-SEC DEGREE", "ZND DEGREE ASSAULT"), "13C": ("THREAT OF VIOLENCE", "THREAT OF VIOLENSE"),
    "120": ("ROBBERY", "ROBERY"), "220": ("BURGLARY-FIRST DEGREE", "FIRST DEGREE BURGLARLY"),
    "23C": ("THEFT LESS THAN $1500", "THEFT LESS THEN $1500"), "23H": ("THEFT", "THFT"),
    "240": ("AUTO THEFT", "UNAUTH USE"), "290": ("MALICIOUS DESTRUCTION", "MALICOUS DESTRUCTION"),
    "35A": ("CDS VIOLATION", "CDS"), "520": ("HAND GUN VIOLATION", "HGV"), "90J": ("TRESPASSING", "TRESPASING"),
    "90C": ("DISORDERLY CONDUCT", "DISORDERLEY"), "90D": ("DRIVING UNDER THE INFLUENCE", "DUI"),
}  # fmt: skip
OTHER_CHARGES = ("FAILURE TO APPEAR", "VIOLATION OF PROBATION", "FAILURE TO APPEAR", "OPEN WARRANT", "FTA")

# Other spellings that turn up in the district column; places/police_district.yaml lists them.
EXTRA_SPELLINGS = {
    "LANTERN HL": "LANTERN HILL", "NORTHMOOR": "N MOOR", "QUAYSIDE": "QUAYSIDE DIST",
    "Lantern Hill": "Lantern Hl", "Northmoor": "North Moor", "Quayside": "Quayside District",
}  # fmt: skip


@dataclass(frozen=True)
class LegacyWords:
    """The old system's descriptions; robbery and burglary carry the kind of place in their name."""

    weapons: tuple[str, ...] = ("", "NONE", "FIREARM", "FIREARM", "KNIFE", "HANDS", "OTHER")
    premises: tuple[str, ...] = (
        "STREET",
        "ROW/TOWNHOUSE",
        "RETAIL/OFFICE",
        "PARKING LOT",
        "SCHOOL",
        "VEHICLE",
        "OTHER",
    )

    def describe(self, code: str, premise: int, is_shot: bool) -> str:
        match code:
            case "13A":
                return "SHOOTING" if is_shot else "AGG. ASSAULT"
            case "120":
                place = {0: "STREET", 1: "RESIDENCE", 2: "COMMERCIAL", 5: "CARJACKING"}.get(
                    int(premise), "MISC"
                )
                return f"ROBBERY - {place}"
            case "220":
                return "BURGLARY - RESIDENCE" if premise == 1 else "BURGLARY - OTHER"
            case _:
                return LEGACY_TITLES[code]


LEGACY_TITLES = {
    "09A": "HOMICIDE", "09B": "MANSLAUGHTER BY NEGLIGENCE", "09C": "JUSTIFIED HOMICIDE", "11A": "RAPE",
    "13B": "COMMON ASSAULT", "23C": "LARCENY - SHOPLIFTING", "23D": "LARCENY - FROM BUILDING",
    "23F": "LARCENY FROM AUTO", "23G": "LARCENY - AUTO PARTS", "23H": "LARCENY", "240": "AUTO THEFT",
    "200": "ARSON", "99Z": "ZZ - NEW DESCRIPTION",
}  # fmt: skip

LEGACY_WORDS = LegacyWords()
