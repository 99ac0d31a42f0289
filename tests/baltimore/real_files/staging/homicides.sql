-- One row per person killed. The list gives local date and time apart; where the time is blank only the date is known.
-- It asks one question for race and ethnicity: `hispanic` is one of its answers.
select
    cast(r.id as varchar) as record_id,
    timezone('UTC', timezone('America/New_York', r.date + r.time)) as occurred_at,
    r.date as occurred_date,
    cast(extract(hour from r.time) as tinyint) as occurred_hour,
    nullif(r.district, '??') as district_name,
    'homicide by ' || r.cause as offense_text,
    '09A' as offense_code,
    case r.cause
        when 'shooting' then 'firearm'
        when 'stabbing' then 'knife'
        when 'unknown' then null
        else 'other'
    end as weapon_code,
    r.cause = 'shooting' as is_gun,
    r.cause = 'shooting' as is_shooting,
    'person' as victim_type_code,
    r.age as age_years,
    r.gender as sex_code,
    r.race as race_code,
    case r.race when 'hispanic' then 'hispanic' end as ethnicity_code,
    'fatal' as injury_code,
    r.longitude,
    r.latitude,
    r.street_address as location_text
from raw.homicides as r
