"""The words of Port Calvert's courts and how often each outcome comes: statutes by offense, dispositions, shares and times.

Shares are of the order that published studies of big-city courts report; they describe no city in particular.
"""

from __future__ import annotations

# Offense of the incident → the statutes that it is charged as: words and severity.
STATUTES: dict[str, tuple[tuple[str, str], ...]] = {
    "09A": (("MURDER-FIRST DEGREE", "F"), ("MURDER-SECOND DEGREE", "F")),
    "09B": (("NEGLIGENT MANSLAUGHTER-VEHICLE", "F"),),
    "100": (("KIDNAPPING", "F"),),
    "11A": (("RAPE-FIRST DEGREE", "F"), ("RAPE-SECOND DEGREE", "F")),
    "11B": (("SEX OFFENSE-SECOND DEGREE", "F"),),
    "11D": (("SEX OFFENSE-FOURTH DEGREE", "M"),),
    "36B": (("SEX OFFENSE-THIRD DEGREE", "F"),),
    "64A": (("HUMAN TRAFFICKING", "F"),),
    "120": (("ROBBERY", "F"), ("ARMED ROBBERY", "F")),
    "13A": (("ASSAULT-FIRST DEGREE", "F"),),
    "13B": (("ASSAULT-SEC DEGREE", "M"),),
    "13C": (("THREAT OF VIOLENCE", "M"),),
    "200": (("ARSON-FIRST DEGREE", "F"), ("ARSON-SECOND DEGREE", "F")),
    "210": (("EXTORTION", "F"),),
    "220": (("BURGLARY-FIRST DEGREE", "F"), ("BURGLARY-SECOND DEGREE", "F"), ("BURGLARY-FOURTH DEGREE", "M")),
    "23C": (("THEFT LESS THAN $100", "M"),),
    "23D": (("THEFT: $100 TO UNDER $1,500", "M"),),
    "23F": (("ROGUE AND VAGABOND", "M"),),
    "23G": (("THEFT OF VEHICLE PARTS", "M"),),
    "23H": (("THEFT: $1,500 TO UNDER $25,000", "F"), ("THEFT LESS THAN $1,500", "M")),
    "240": (("MOTOR VEH/UNLAWFUL TAKING", "F"), ("UNAUTH USE: VEHICLE", "M")),
    "250": (("COUNTERFEIT: POSSESS", "F"),),
    "26A": (("THEFT-SCHEME: $1,500 TO UNDER $25,000", "F"), ("THEFT-SCHEME: LESS THAN $1,500", "M")),
    "26B": (("CREDIT CARD FRAUD", "M"),),
    "26C": (("FALSE IDENTITY", "M"),),
    "26F": (("IDENTITY FRAUD", "F"),),
    "270": (("EMBEZZLE: FIDUCIARY", "M"),),
    "280": (("POSSESS STOLEN PROPERTY", "M"),),
    "290": (("MAL DEST PROP/VALUE - $1,000", "M"),),
    "35A": (("CDS: POSS W/INTENT TO DISTRIBUTE", "F"), ("CDS: POSSESSION", "M"), ("CDS: POSSESSION", "M")),
    "35B": (("CDS: PARAPHERNALIA", "M"),),
    "370": (("CHILD PORNOGRAPHY: POSSESS", "M"),),
    "40A": (("PROSTITUTION-GENERAL", "M"),),
    "520": (("REG FIREARM: ILLEGAL POSSESSION", "F"), ("HANDGUN ON PERSON", "M")),
    "720": (("ANIMAL CRUELTY", "M"),),
    "90C": (("DISORDERLY CONDUCT", "M"),),
    "90D": (("DRIVING UNDER THE INFLUENCE", "M"),),
    "90F": (("CHILD NEGLECT", "M"),),
    "90J": (("TRESPASS: PRIVATE PROPERTY", "M"),),
    "90Z": (("FAIL OBEY LAWFUL ORDER", "M"),),
}
# Further charges that come with felonies and with misdemeanors.
LESSER = {
    "F": (("ASSAULT-SEC DEGREE", "M"), ("HANDGUN ON PERSON", "M"), ("RECKLESS ENDANGERMENT", "M"), ("FIREARM USE/FEL-VIOL CRIME", "F"),
          ("MAL DEST PROP/VALUE - $1,000", "M"), ("THEFT LESS THAN $1,500", "M")),
    "M": (("DISORDERLY CONDUCT", "M"), ("FAIL OBEY LAWFUL ORDER", "M"), ("THEFT LESS THAN $1,500", "M"), ("ASSAULT-SEC DEGREE", "M"),
          ("CDS: PARAPHERNALIA", "M"), ("TRESPASS: PRIVATE PROPERTY", "M")),
}  # fmt: skip
NEW_STATUTE, NEW_DISPOSITION = "ZZ NEW STATUTE", "ZZ NEW DISPOSITION"
SENSITIVE_STATUTES = frozenset(
    words for code in ("11A", "11B", "11D", "36B", "64A", "370", "40A", "90F") for words, _ in STATUTES[code]
)

GUILTY, PLEA, DROPPED, STET, PBJ = "GUILTY", "GUILTY - PLEA", "NOLLE PROSEQUI", "STET", "PROBATION BEFORE JUDGMENT"
DISMISSED, ACQUITTED, NCR, MERGED = "DISMISSED", "NOT GUILTY", "NOT CRIMINALLY RESPONSIBLE", "MERGED"
FORWARDED = "FORWARDED - CIRCUIT COURT"
# The words of a disposition → plain outcome.
OUTCOMES = {
    GUILTY: "convicted", PLEA: "convicted", NCR: "not_criminally_responsible", PBJ: "probation_before_judgment", STET: "stet",
    ACQUITTED: "acquitted", DISMISSED: "dismissed", DROPPED: "dropped", MERGED: "merged",
}  # fmt: skip
# Outcome of a case as words, with its share; what is left stays pending for good.
SHARES: dict[str, tuple[tuple[str, float], ...]] = {
    "F": ((PLEA, 0.45), (DROPPED, 0.30), (STET, 0.08), (PBJ, 0.06), (DISMISSED, 0.05), (ACQUITTED, 0.03), (NCR, 0.006)),
    "M": ((PLEA, 0.24), (DROPPED, 0.42), (STET, 0.13), (PBJ, 0.12), (DISMISSED, 0.05), (ACQUITTED, 0.03), (NCR, 0.002)),
}
# Median days from filing to the last disposition.
MEDIAN_DAYS = {"F": 260.0, "M": 105.0}
DECISIONS = ("", "Charged", "Declined", "Released", "Diverted")
