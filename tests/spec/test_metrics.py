"""What each metric counts, by example: records at the left of the story, expected numbers at its end."""

from __future__ import annotations

import pytest

# ----------------------------------------------------------------------------------------------- killed or shot


def test_a_person_shot_who_later_dies_is_counted_once_as_killed(counts):
    counts(
        """
        record | incident | date       | code | shot | injury  | died
        1      | A        | 2024-05-03 | 09A  | yes  | fatal   | 2024-06-20
        2      | A        | 2024-05-03 | 13A  | yes  | gunshot |
        """,
        """
        metric                    | year | n
        homicide_victims          | 2024 | 1
        nonfatal_shooting_victims | 2024 | 1
        killed_or_shot_victims    | 2024 | 2
        """,
    )


def test_a_shooting_that_the_feed_marks_fatal_is_not_a_nonfatal_one_even_before_it_is_recoded(counts):
    counts(
        """
        record | date       | code | shot | injury
        1      | 2024-05-03 | 13A  | yes  | fatal
        """,
        """
        metric                    | n
        nonfatal_shooting_victims | 0
        homicide_victims          | 0
        aggravated_assaults       | 1
        """,
    )


def test_a_killing_without_a_gun_is_a_homicide(counts):
    counts(
        """
        record | date       | code | shot | injury
        1      | 2024-05-03 | 09A  | no   | fatal
        2      | 2024-05-04 | 09A  |      |
        """,
        """
        metric                    | n
        homicide_victims          | 2
        killed_or_shot_victims    | 2
        nonfatal_shooting_victims | 0
        """,
    )


def test_a_killing_ruled_justified_leaves_every_count(counts):
    counts(
        """
        record | date       | code | shot | justified
        1      | 2024-05-03 | 09A  | yes  | yes
        2      | 2024-05-03 | 09C  | yes  |
        3      | 2024-05-03 | 09A  | yes  | no
        """,
        """
        metric                    | n
        homicide_victims          | 1
        killed_or_shot_victims    | 1
        nonfatal_shooting_victims | 0
        incidents                 | 1
        """,
    )


def test_negligent_manslaughter_is_an_incident_but_no_homicide(counts):
    counts(
        """
        record | date       | code
        1      | 2024-05-03 | 09B
        """,
        """
        metric                 | n
        homicide_victims       | 0
        killed_or_shot_victims | 0
        incidents              | 1
        """,
    )


def test_a_person_shot_on_two_days_counts_twice(counts):
    counts(
        """
        record | incident | date       | code | shot
        1      | A        | 2024-01-05 | 13A  | yes
        2      | B        | 2024-09-09 | 13A  | yes
        """,
        """
        metric                    | n
        nonfatal_shooting_victims | 2
        """,
    )


def test_shots_that_hit_nobody_are_no_shooting_victim(counts):
    counts(
        """
        record | date       | code | shot | victim
        1      | 2024-01-05 | 520  | yes  | society
        2      | 2024-01-05 | 13A  | no   | person
        """,
        """
        metric                    | n
        nonfatal_shooting_victims | 0
        """,
    )


def test_a_robbery_in_which_somebody_is_shot_is_a_robbery_and_a_shooting(counts):
    counts(
        """
        record | incident | date       | code | shot
        1      | A        | 2024-01-05 | 120  | yes
        """,
        """
        metric                    | n
        nonfatal_shooting_victims | 1
        robberies                 | 1
        aggravated_assaults       | 0
        """,
    )


# -------------------------------------------------------------------------------------- which year a killing counts in

WOUNDED_IN_2020_DEAD_IN_2021_RULED_IN_2023 = """
    record | date       | code | died       | ruled
    1      | 2020-12-30 | 09A  | 2021-01-02 | 2023-04-01
    2      | 2021-06-01 | 09A  |            |
    """


@pytest.mark.parametrize(
    ("rule", "by_year"),
    [
        ("[{rule: injured}]", {2020: 1, 2021: 1, 2023: 0}),
        ("[{rule: died}]", {2020: 0, 2021: 2, 2023: 0}),
        ("[{rule: ruled}]", {2020: 0, 2021: 1, 2023: 1}),
        ("[{rule: ruled, until: 2023-12-31}, {rule: injured}]", {2020: 0, 2021: 1, 2023: 1}),
        ("[{rule: ruled, until: 2022-12-31}, {rule: injured}]", {2020: 1, 2021: 1, 2023: 0}),
    ],
)
def test_the_city_says_which_date_of_a_killing_counts(counts, rule, by_year):
    lines = "\n".join(f"homicide_victims | {year} | {n}" for year, n in by_year.items())
    counts(WOUNDED_IN_2020_DEAD_IN_2021_RULED_IN_2023, f"metric | year | n\n{lines}\nhomicide_victims | | 2", rule)


def test_only_homicides_move_with_the_rule(counts):
    counts(
        """
        record | date       | code | died       | ruled
        1      | 2020-12-30 | 13A  | 2021-01-02 | 2023-04-01
        """,
        """
        metric              | year | n
        aggravated_assaults | 2020 | 1
        aggravated_assaults | 2023 | 0
        """,
        "[{rule: ruled}]",
    )


# ------------------------------------------------------------------------------------------ offences and incidents


def test_a_robbery_of_three_people_is_one_robbery(counts):
    counts(
        """
        record | incident | date       | code | victim
        1      | A        | 2024-03-01 | 120  | person
        2      | A        | 2024-03-01 | 120  | person
        3      | A        | 2024-03-01 | 120  | business
        """,
        """
        metric    | unit      | n
        robberies | offenses  | 1
        robberies | incidents | 1
        robberies | victims   | 3
        incidents | incidents | 1
        """,
    )


def test_two_vehicles_in_one_complaint_are_two_auto_thefts(counts):
    counts(
        """
        record | incident | date       | code
        1      | A        | 2024-03-01 | 240
        2      | A        | 2024-03-01 | 240
        """,
        """
        metric      | unit      | n
        auto_thefts | offenses  | 2
        auto_thefts | incidents | 1
        """,
    )


def test_an_assault_of_two_people_is_two_assaults(counts):
    counts(
        """
        record | incident | date       | code
        1      | A        | 2024-03-01 | 13A
        2      | A        | 2024-03-01 | 13A
        """,
        """
        metric              | unit      | n
        aggravated_assaults | offenses  | 2
        aggravated_assaults | incidents | 1
        """,
    )


def test_a_break_in_at_a_shared_house_is_one_burglary(counts):
    counts(
        """
        record | incident | date       | code
        1      | A        | 2024-03-01 | 220
        2      | A        | 2024-03-01 | 220
        3      | B        | 2024-03-01 | 220
        """,
        """
        metric     | n
        burglaries | 2
        """,
    )


def test_an_incident_with_two_offences_is_one_incident_and_stands_under_both(counts):
    counts(
        """
        record | incident | date       | code
        1      | A        | 2024-03-01 | 120
        2      | A        | 2024-03-01 | 13A
        """,
        """
        metric    | unit      | offense            | n
        incidents | incidents |                    | 1
        incidents | incidents | robbery            | 1
        incidents | incidents | aggravated_assault | 1
        incidents | offenses  |                    | 2
        """,
    )


def test_an_incident_counts_on_its_earliest_day_in_the_district_of_that_record(counts):
    counts(
        """
        record | incident | date       | code | district
        1      | A        | 2024-01-01 | 120  | South
        2      | A        | 2023-12-31 | 120  | n dist
        """,
        """
        metric    | year | district | n
        robberies | 2023 | north    | 1
        robberies | 2024 |          | 0
        robberies |      | south    | 0
        """,
    )


def test_a_complaint_number_of_another_source_is_another_incident(counts):
    counts(
        """
        record | incident | date       | code | source
        1      | A        | 2024-03-01 | 120  | reports
        1      | A        | 2024-03-01 | 120  | ledger
        """,
        """
        metric    | n
        robberies | 1
        """,
    )


def test_a_source_that_supplies_nothing_is_never_added(counts):
    counts(
        """
        record | date       | code | source
        1      | 2024-03-01 | 09A  | ledger
        2      | 2024-03-01 | 09A  | reports
        """,
        """
        metric           | n
        homicide_victims | 1
        incidents        | 1
        """,
    )
