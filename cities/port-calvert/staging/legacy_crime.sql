-- One row per victim or offense row of the closed summary feed. Key: RowID.
-- The system had no offense codes: its descriptions are mapped in legacy_descriptions.csv. Wall-clock times, made UTC by the contract.
select
    r."RowID" as record_id,
    r."ComplaintNo" as incident_id,
    r."CrimeDateTime" as occurred_at,
    r."ReportedDateTime" as reported_at,
    r."District" as district_name,
    r."Neighborhood" as neighborhood_name,
    r."Description" as offense_text,
    d.offense_code,
    w.weapon_code,
    coalesce(w.weapon_code = 'firearm', false) as is_gun,
    -- Someone killed with a gun was shot too; the model keeps the two counts apart.
    coalesce(d.is_shooting = 'yes' or (d.offense_code = '09A' and w.weapon_code = 'firearm'), false) as is_shooting,
    case when r."VictimSex" is null then 'business' else 'person' end as victim_type_code,
    cast(r."VictimAge" as integer) as age_years,
    case r."VictimSex" when 'F' then 'female' when 'M' then 'male' when 'U' then 'unknown' end as sex_code,
    c.race_code,
    case when d.offense_code in ('09A', '09B', '09C') then 'fatal' when d.is_shooting = 'yes' then 'gunshot' end
        as injury_code,
    r."DateOfDeath" as died_at,
    r."DateRuled" as ruled_at,
    coalesce(d.offense_code = '09C', false) as is_justified,
    case r."Status"
        when 'CLOSED - ARREST' then 'cleared_arrest'
        when 'CLOSED - EXCEPTION' then 'cleared_exceptional'
        when 'UNFOUNDED' then 'unfounded'
        else 'open'
    end as status_code,
    case when r."Status" in ('CLOSED - ARREST', 'CLOSED - EXCEPTION')
        then cast(r."StatusDate" as timestamp) + interval 16 hour
    end as cleared_at,
    p.premise_code,
    case when r."Latitude" is not null then r."Longitude" end as longitude,
    case when r."Longitude" is not null then r."Latitude" end as latitude,
    r."Location" as location_text
from raw.legacy_crime as r
left join map.legacy_descriptions as d on r."Description" = d.description
left join map.weapons as w on r."Weapon" = w.weapon
left join map.races as c on r."VictimRace" = c.race
left join map.premises as p on r."Premise" = p.premise
