-- One row per victim of an offense, as the layer gives it.
-- District: the lines in force on the day (redrawn on 9 July 2023), else the other column.
-- Shooting: any flag that is not a stated no. Gender NA: the victim is not a person.
select
    cast(r."RowID" as varchar) as record_id,
    r."CCNumber" as incident_id,
    r."CrimeDateTime" as occurred_at,
    upper(case
        when r."CrimeDateTime" < timestamp '2023-07-09 04:00:00' then coalesce(r."Old_District", r."New_District")
        else coalesce(r."New_District", r."Old_District")
    end) as district_name,
    r."Neighborhood" as neighborhood_name,
    r."CrimeCode" || ' ' || r."Description" as offense_text,
    codes.offense_code,
    weapons.weapon_code,
    weapons.weapon_code = 'firearm' as is_gun,
    coalesce(upper(r."Shooting") not in ('N', 'NO', '0', 'FALSE'), false) as is_shooting,
    case
        when r."Gender" = 'NA' then 'business'
        when r."Gender" is not null or r."Age" > 0 or r."Race" <> 'UNKNOWN' then 'person'
        when codes.offense_code in ('09A', '100', '11A', '11B', '11C', '11D', '13A', '13B', '13C', '36A', '36B', '64A', '64B') then 'person'
        else 'unknown'
    end as victim_type_code,
    r."Age" as age_years,
    sexes.code as sex_code,
    races.code as race_code,
    ethnicities.code as ethnicity_code,
    case
        when codes.offense_code = '09A' then 'fatal'
        when upper(r."Shooting") not in ('N', 'NO', '0', 'FALSE') then 'gunshot'
    end as injury_code,
    case
        when premises.stated is not null then premises.premise_code
        when regexp_matches(upper(r."PremiseType"), 'RESID|HOME|DWELL|APART|HOUS') then 'residence'
    end as premise_code,
    nullif(r."Longitude", 0) as longitude,
    nullif(r."Latitude", 0) as latitude,
    r."Location" as location_text
from raw.nibrs_group_a as r
left join map.nibrs_codes as codes on codes.code = r."CrimeCode" and codes.description = r."Description"
left join map.weapons as weapons on weapons.stated = trim(regexp_replace(upper(r."Weapon"), '[^A-Z0-9]+', '_', 'g'), '_')
left join map.premises as premises on premises.stated = trim(regexp_replace(upper(r."PremiseType"), '[^A-Z0-9]+', '_', 'g'), '_')
left join map.victim_words as sexes on sexes.kind = 'sex' and sexes.stated = upper(r."Gender")
left join map.victim_words as races on races.kind = 'race' and races.stated = r."Race"
left join map.victim_words as ethnicities on ethnicities.kind = 'ethnicity' and ethnicities.stated = r."Ethnicity"
