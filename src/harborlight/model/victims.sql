-- One row per victimisation: one person, business or unknown party harmed in one record. Key: source_id, record_id.
-- Society is the victim of what is left out here. A person harmed twice has two rows.
-- What is known of a person (age, sex, race, relationship) is here and nowhere else in the model: it leaves in the fixed tables of
-- groups only. Bands and groups are closed lists; whatever is not in them is unknown.
select
    v.source_id,
    v.record_id,
    v.incident_id,
    v.offense_code,
    v.offense_group,
    v.tier,
    v.counted_date,
    v.piece,
    v.district_id,
    coalesce(v.victim_type_code, 'unknown') as victim_type_code,
    v.injury_code,
    v.is_shooting,
    v.is_counted,
    v.is_sealed,
    -- Whoever an offense against a person harms is one, whatever the source calls the victim.
    coalesce(v.victim_type_code, 'unknown') = 'person' or v.crime_against = 'person' as is_person,
    v.offense_group = 'homicide' as is_homicide,
    v.is_shooting and v.offense_group <> 'homicide' and coalesce(v.injury_code, 'none') <> 'fatal' as is_nonfatal_shooting,
    v.offense_group = 'robbery' as is_robbery,
    v.offense_group = 'aggravated_assault' as is_aggravated_assault,
    v.is_shooting or v.offense_group in (
        'homicide', 'rape', 'other_sex_offenses', 'human_trafficking', 'kidnapping', 'robbery', 'aggravated_assault', 'simple_assault',
        'intimidation'
    ) as is_violence,
    p.age_years,
    p.age_years < 18 as is_child,
    case
        when p.age_years < 10 then '0-9'
        when p.age_years < 18 then '10-17'
        when p.age_years < 25 then '18-24'
        when p.age_years < 35 then '25-34'
        when p.age_years < 45 then '35-44'
        when p.age_years < 55 then '45-54'
        when p.age_years < 65 then '55-64'
        when p.age_years >= 65 then '65+'
        else 'unknown'
    end as age_band,
    case when p.sex_code in ('female', 'male') then p.sex_code else 'unknown' end as sex_code,
    case
        when p.race_code in ('white', 'black', 'asian', 'american_indian', 'pacific_islander', 'hispanic', 'other') then p.race_code
        else 'unknown'
    end as race_code,
    case when p.ethnicity_code in ('hispanic', 'not_hispanic', 'other') then p.ethnicity_code else 'unknown' end as ethnicity_code,
    p.relationship_code,
    case
        when p.relationship_code in ('spouse', 'common_law_spouse', 'partner', 'ex_spouse', 'ex_partner') then 'intimate_partner'
        when p.relationship_code in (
            'parent', 'child', 'sibling', 'grandparent', 'grandchild', 'in_law', 'step_parent', 'step_child', 'step_sibling', 'other_family'
        ) then 'family'
        when p.relationship_code in (
            'child_of_partner', 'acquaintance', 'friend', 'neighbor', 'colleague', 'employer', 'caretaker', 'authority_figure', 'otherwise_known'
        ) then 'acquaintance'
        when p.relationship_code = 'stranger' then 'stranger'
        else 'unknown'
    end as relationship_group
from model.records as v
inner join staging.records as p on v.source_id = p.source_id and v.record_id = p.record_id
where
    v.is_countable
    and v.crime_against in ('person', 'property')
    and coalesce(v.victim_type_code, 'unknown') <> 'society'
