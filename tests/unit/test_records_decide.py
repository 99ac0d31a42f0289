"""What may be shown of a case, against the rules written down a second time, over generated edge cases: never one too many."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from harborlight.catalog import load_catalog
from harborlight.demo import lay_template
from harborlight.errors import ConfigError
from harborlight.records.decide import (
    CaseFacts,
    ChargeFacts,
    WarrantFacts,
    age_on,
    decide_case,
    is_adult,
    may_name_warrant,
)
from harborlight.records.numbers import checked_statute, is_number, key_of
from harborlight.records.policy import RecordPolicy, is_on

TODAY = date(2026, 11, 10)
N = 1000
RULE = {"id": "all", "title": "All", "text": "All.", "statute": "Code § 1", "in_force_from": "2020-01-01",
        "sets": ["show_outcomes", "adult_age", "months_until_purge", "warrant_days"]}  # fmt: skip
OUTCOMES = ("convicted", "not_criminally_responsible", "probation_before_judgment", "stet", "acquitted", "dismissed", "dropped",
            "merged", "forwarded", "pending")  # fmt: skip


def make_policy(**given: Any) -> RecordPolicy:
    return RecordPolicy.model_validate({"reviewed_by_office": "Counsel", "reviewed_on": "2026-01-01", "rules": [RULE], **given})


def make_case(*charges: tuple[str | None, date | None], **given: Any) -> CaseFacts:
    found = tuple(ChargeFacts(outcome, day, "T0") for outcome, day in charges or [("pending", None)])
    usual: dict[str, Any] = {"ages": [30], "is_child": False, "court_codes": ["district"], "tier": "T0", "has_number": True, "charges": found}
    return CaseFacts(**{**usual, **given})


def is_shown(**given: Any) -> bool:
    return decide_case(make_policy(), make_case(**given), TODAY).is_shown


# --------------------------------------------------------------------------------------------------- ages


def birthday(born: date, years: int) -> date:
    """The day on which somebody is so many years old; born on 29 February, in a common year, on 1 March."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def test_generated_ages() -> None:
    rng, policy, seen = random.Random(18), make_policy(), {"child": 0, "adult": 0, "missing": 0, "leap": 0}
    for _ in range(N):
        leap = rng.random() < 0.25
        born = date(rng.choice([1996, 2000, 2004, 2008]), 2, 29) if leap else date(rng.randint(1950, 2012), rng.randint(1, 12), rng.randint(1, 28))
        day = birthday(born, 18) + timedelta(days=rng.choice([-400, -2, -1, 0, 1, 2, 400]))
        known = rng.random() > 0.15
        age = age_on(born if known else None, day)
        want = known and day >= birthday(born, 18)
        decision = decide_case(policy, make_case(ages=[age]), TODAY)
        assert decision.is_shown == want, (born, day, age)
        assert age == (sum(day >= birthday(born, years) for years in range(1, 130)) if known else None)
        seen["missing" if not known else "adult" if want else "child"] += 1
        seen["leap"] += (born.month, born.day) == (2, 29)
    assert min(seen.values()) > 100, seen


@pytest.mark.parametrize("ages", [[], [None], [30, None], [None, 30], [17], [30, 17], [0], [-1], [121]])
def test_who_is_not_known_to_be_an_adult_is_not_shown(ages: list[int | None]) -> None:
    assert not is_shown(ages=ages)


@pytest.mark.parametrize("is_child", [True, None])
def test_a_child_by_any_sign_is_not_shown(is_child: bool | None) -> None:
    assert not is_shown(is_child=is_child)
    assert not is_shown(court_codes=["juvenile"]) and not is_shown(court_codes=["district", "juvenile"])
    assert not is_shown(court_codes=[None]) and not is_shown(court_codes=[]) and is_shown(court_codes=["district", "circuit"])


def test_an_age_before_birth_is_none() -> None:
    assert age_on(date(2020, 1, 2), date(2020, 1, 1)) is None and age_on(date(2020, 1, 1), None) is None
    assert [is_adult(make_policy(adult_age=21), age) for age in (20, 21, None)] == [False, True, False]


# -------------------------------------------------------------------------------------------- dispositions


def test_generated_dispositions() -> None:
    """Independent rule: nothing of a case with anything unknown; otherwise exactly the charges whose own outcome is listed."""
    rng, shown, hidden = random.Random(10401), 0, 0
    for _ in range(N):
        listed = tuple(rng.sample(["pending", "convicted", "probation_before_judgment", "stet"], rng.randint(1, 4)))
        charges: list[tuple[str | None, date | None]] = []
        for _ in range(rng.randint(1, 5)):
            outcome = rng.choice([*OUTCOMES, *OUTCOMES, "convicted", "pending", None, "guilty?"])
            day = TODAY + timedelta(days=rng.choice([-900, -30, -1, 0, 0, -5, 1]))
            natural = None if outcome == "pending" else day
            charges.append((outcome, natural if rng.random() < 0.95 else rng.choice([None, day])))
        tiers = [rng.choice(["T0"] * 30 + ["T1", None]) for _ in charges]
        case = make_case(charges=tuple(ChargeFacts(o, d, t) for (o, d), t in zip(charges, tiers, strict=True)))
        decision = decide_case(make_policy(show_outcomes=listed), case, TODAY)
        is_clear = all(
            o in OUTCOMES and t == "T0" and ((o == "pending" and d is None) or (o != "pending" and d is not None and d <= TODAY))
            for (o, d), t in zip(charges, tiers, strict=True)
        )
        want = tuple(i for i, (o, _) in enumerate(charges) if o in listed) if is_clear else ()
        assert decision.charges == want and decision.is_shown == bool(want), (charges, listed, decision)
        assert not {charges[i][0] for i in decision.charges} & {"acquitted", "dismissed", "dropped", "not_criminally_responsible", None}
        shown, hidden = shown + bool(want), hidden + (not want)
    assert shown > 150 and hidden > 150


@pytest.mark.parametrize("outcome", [o for o in OUTCOMES if o not in ("pending", "convicted")])
def test_without_a_conviction_a_case_is_gone_on_the_day_of_disposition(outcome: str) -> None:
    assert is_shown(charges=(ChargeFacts("pending", None, "T0"),))
    assert not is_shown(charges=(ChargeFacts(outcome, TODAY, "T0"),))
    mixed = make_case(("convicted", TODAY), (outcome, TODAY))
    assert decide_case(make_policy(), mixed, TODAY).charges == (0,), "also where another charge led to a conviction"


@pytest.mark.parametrize("tier", ["T1", "T2", None, ""])
def test_sensitive_and_unclassified_cases_are_not_shown(tier: str | None) -> None:
    assert not is_shown(tier=tier)
    assert not is_shown(charges=(ChargeFacts("convicted", TODAY, "T0"), ChargeFacts("convicted", TODAY, tier)))


def test_every_refusal_has_its_private_reason() -> None:
    policy = make_policy()
    assert decide_case(None, make_case(), TODAY).reason == "off"
    assert decide_case(policy, make_case(), date(2025, 12, 31)).reason == "off", "the day before the review"
    assert decide_case(policy, make_case(has_number=False), TODAY).reason == "number"
    assert decide_case(policy, make_case(charges=()), TODAY).reason == "no_charges"
    assert decide_case(policy, make_case(("convicted", None)), TODAY).reason == "unknown_disposition"
    assert decide_case(policy, make_case(("pending", TODAY)), TODAY).reason == "unknown_disposition"
    assert decide_case(policy, make_case(("dropped", TODAY)), TODAY).reason == "outcome"
    assert decide_case(policy, make_case(), TODAY).reason == "shown"


# ------------------------------------------------------------------------------------------------ warrants


def test_generated_warrants() -> None:
    """Independent rule, in order: closed unless served, or day 91 has come; sealed, recalled, unclear and conspiracies stay closed."""
    rng, policy, named = random.Random(4316), make_policy(), 0
    for _ in range(N):
        issued = rng.choice([None, *[TODAY - timedelta(days=d) for d in (0, 1, 89, 90, 91, 92, 400, 3000, -1)] * 3])
        served = rng.choice([None, None, None, TODAY, TODAY - timedelta(days=5), TODAY + timedelta(days=1), (issued or TODAY) - timedelta(days=1)])
        recalled = rng.choice([None] * 6 + [TODAY])
        sealed, others = rng.choice([False] * 8 + [True, None]), rng.choice([0] * 8 + [1, None])
        want = False
        if issued and issued <= TODAY and not recalled and sealed is False and others == 0:
            days = (TODAY - issued).days
            want = issued <= served <= TODAY if served else days >= 91
        assert may_name_warrant(policy, WarrantFacts(issued, served, recalled, sealed, others), TODAY) == want
        assert not may_name_warrant(None, WarrantFacts(issued, served, recalled, sealed, others), TODAY)
        named += want
    assert 100 < named < 900


# --------------------------------------------------------------------------------- the policy, the numbers


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reviewed_on": None}, "belong together"),
        ({"reviewed_by_office": ""}, "belong together"),
        ({"show_outcomes": ["dismissed"]}, "Input should be"),
        ({"show_outcomes": ["acquitted", "convicted"]}, "Input should be"),
        ({"show_outcomes": ["convicted", "convicted"]}, "twice"),
        ({"adult_age": 17}, "greater than or equal to 18"),
        ({"warrant_days": 30}, "greater than or equal to 90"),
        ({"rules": []}, "at least 1"),
        ({"rules": [RULE | {"sets": ["adult_age"]}]}, "no rule says why: show_outcomes, months_until_purge, warrant_days"),
        ({"rules": [RULE, RULE]}, "one id"),
        ({"rules": [RULE | {"in_force_from": "2026-06-01"}]}, "after the review"),
        ({"rules": [RULE | {"in_force_from": None}]}, "lack in_force_from"),
        ({"judge": "yes"}, "Extra inputs"),
    ],
)
def test_a_policy_that_says_too_little_or_too_much_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        make_policy(**given)


def test_without_a_review_everything_is_off() -> None:
    bare = make_policy(reviewed_on=None, reviewed_by_office="", rules=[RULE | {"in_force_from": None}])
    assert not is_on(bare, TODAY) and not is_on(None, TODAY) and is_on(make_policy(), TODAY)
    assert not is_on(make_policy(reviewed_on="2026-11-11"), TODAY), "a review that is still to come"


@pytest.mark.parametrize("typed", ["PC24-000999", "pc24000999", " PC24 000999 ", "pc24–000 999", "PC24/000.999", "#PC24_000-999", "ＰＣ24-000999"])
def test_a_number_is_understood_however_it_is_typed(typed: str) -> None:
    assert key_of(typed) == "PC24000999"


@pytest.mark.parametrize("typed", ["", "SMITH", "john smith", "123", "PC2", "a" * 30 + "1234", "1" * 65, "24-00'01", "0001;--", "<b>1234</b>", "１２"])
def test_a_name_or_noise_is_no_number(typed: str) -> None:
    assert key_of(typed) is None


def test_what_a_feed_gives_as_a_number_is_no_name() -> None:
    assert all(map(is_number, ["D-PCA-CR-25-001139", "0D21000005", "PC24-000999", "1C 24 000751", "124073001"]))
    assert not any(map(is_number, [None, "", "SMITH", "SMITH1234", "0D21000005 John Doe", "12", "note 4100"]))
    assert key_of("dpcacr25001139") == key_of("D-PCA-CR-25-001139")


@pytest.mark.parametrize("text", ["CR 3-402", "CR.4.203", "CR § 4-203(a)(1)", "PS 5-133(c)", "CR  3-402", "7-104"])
def test_a_citation_is_kept(text: str) -> None:
    assert checked_statute(text)


@pytest.mark.parametrize("text", [None, "", "SMITH", "CR 3-402 John Smith", "ROBBERY", "3-402 victim 410-555-0100", "CR 3-402; see note"])
def test_anything_else_in_the_field_of_the_law_is_not(text: str | None) -> None:
    assert checked_statute(text) is None


def test_a_new_city_does_not_inherit_the_review(tmp_path: Path) -> None:
    lay_template(tmp_path)
    catalog = load_catalog(tmp_path)
    assert catalog.records and catalog.records.reviewed_on is None and catalog.city.advocate_review is None


def test_the_demo_is_reviewed_and_baltimore_is_not(repository: Path) -> None:
    cities = {name: load_catalog(repository / "cities" / name) for name in ("port-calvert", "baltimore")}
    assert is_on(cities["port-calvert"].records, TODAY) and cities["baltimore"].records and not is_on(cities["baltimore"].records, TODAY)
    assert all({"court_search", "victim_services"} <= {topic for line in city.help for topic in line.topics} for city in cities.values())


def test_check_says_what_is_wrong_with_the_policy_and_where(tmp_path: Path) -> None:
    lay_template(tmp_path)
    path = tmp_path / "records.yaml"
    path.write_text(path.read_text().replace("adult_age: 18", "adult_age: 16"))
    with pytest.raises(ConfigError, match=r"records.yaml:\d+: adult_age: Input should be greater than or equal to 18"):
        load_catalog(tmp_path)
