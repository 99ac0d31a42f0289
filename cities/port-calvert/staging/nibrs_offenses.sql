-- One row per victim or offense row of the feed. Key: RowID.
-- Times are UTC. Where the hour is not known the feed gives the local day only, so occurred_at stays empty.
select
    r."RowID" as record_id,
    r."CaseNumber" as incident_id,
    case when r."HourKnown" = 'Y' then r."OccurredAt" end as occurred_at,
    cast(timezone('America/New_York', timezone('UTC', r."OccurredAt")) as date) as occurred_date,
    r."ReportedAt" as reported_at,
    r."District" as district_name,
    r."Neighborhood" as neighborhood_name,
    r."OffenseDescription" as offense_text,
    r."NIBRSCode" as offense_code,
    w.weapon_code,
    coalesce(w.weapon_code = 'firearm', false) as is_gun,
    r."Domestic" = 'Y' as is_domestic,
    r."Attempted" = 'Y' as is_attempted,
    r."Shooting" = 'Y' as is_shooting,
    case r."VictimType" when 'I' then 'person' when 'B' then 'business' when 'S' then 'society' else 'unknown' end
        as victim_type_code,
    cast(r."VictimAge" as integer) as age_years,
    case r."VictimSex" when 'F' then 'female' when 'M' then 'male' when 'U' then 'unknown' end as sex_code,
    c.race_code,
    case r."VictimEthnicity" when 'H' then 'hispanic' when 'N' then 'not_hispanic' when 'U' then 'unknown' end
        as ethnicity_code,
    case r."Injury"
        when 'Fatal' then 'fatal'
        when 'Gunshot Wound' then 'gunshot'
        when 'None' then 'none'
        when 'Apparent Minor Injury' then 'other'
        when 'Other Major Injury' then 'other'
    end as injury_code,
    r."DiedAt" as died_at,
    r."RuledAt" as ruled_at,
    r."NIBRSCode" = '09C' as is_justified,
    l.relationship_code,
    case r."CaseStatus"
        when 'Cleared by Arrest' then 'cleared_arrest'
        when 'Exceptionally Cleared' then 'cleared_exceptional'
        when 'Unfounded' then 'unfounded'
        else 'open'
    end as status_code,
    case when r."CaseStatus" in ('Cleared by Arrest', 'Exceptionally Cleared')
        -- The feed gives a local day; noon keeps it the same day in UTC.
        then cast(r."ClearedOn" as timestamp) + interval 16 hour
    end as cleared_at,
    p.premise_code,
    case when r."Latitude" is not null then r."Longitude" end as longitude,
    case when r."Longitude" is not null then r."Latitude" end as latitude,
    r."Location" as location_text
from raw.nibrs_offenses as r
left join map.weapons as w on r."Weapon" = w.weapon
left join map.races as c on r."VictimRace" = c.race
left join map.relationships as l on r."Relationship" = l.relationship
left join map.premises as p on r."Premise" = p.premise
