-- One row per row of the file: a victim or an offense; without complaint numbers each is its own incident.
select
    cast(r."RowID" as varchar) as record_id,
    r."CrimeDateT" as occurred_date,
    r."CrimeCode" || ' ' || r."Descriptio" as offense_text,
    codes.offense_code,
    coalesce(weapons.weapon_code, codes.weapon_code) as weapon_code,
    coalesce(weapons.weapon_code, codes.weapon_code) = 'firearm' as is_gun,
    codes.is_attempted = 'true' as is_attempted,
    coalesce(codes.is_shooting = 'true', false) as is_shooting,
    case when codes.offense_code in ('09A', '11A', '13A', '13B') then 'person' else 'unknown' end as victim_type_code,
    case when codes.offense_code = '09A' then 'fatal' when codes.is_shooting = 'true' then 'gunshot' end as injury_code,
    premises.premise_code,
    nullif(r."Longitude", 0) as longitude,
    nullif(r."Latitude", 0) as latitude,
    r."Location" as location_text
from raw.part1 as r
left join map.part1_codes as codes on codes.code = r."CrimeCode" and codes.description = r."Descriptio"
left join map.weapons as weapons on weapons.stated = trim(regexp_replace(upper(r."Weapon"), '[^A-Z0-9]+', '_', 'g'), '_')
left join map.premises as premises on premises.stated = trim(regexp_replace(upper(r."Premise"), '[^A-Z0-9]+', '_', 'g'), '_')
