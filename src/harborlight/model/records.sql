-- One row per accepted record, with what it counts as. Key: source_id, record_id.
-- A record without a date counts only where no other source gives the official count of its group: it cannot be counted twice.
-- Which source gives the count goes by the day of the event, whatever rule says in which year a killing counts: so no rule loses
-- or doubles one where two sources take turns.
-- A killing ruled justified (NIBRS 09C) is not a crime and leaves the homicide count. An unfounded report counts as nothing.
-- Only offenses that are published row by row (T0) have a piece of the map and a public point; all others have no place but the stated district.
with coded as (
    select
        r.source_id,
        r.record_id,
        r.incident_id,
        r.has_complaint_number,
        r.counting_system,
        c.code as offense_code,
        c.offense_group,
        c.crime_against,
        c.counts_once_per,
        coalesce(c.tier, 'T1') as tier,
        coalesce(h.counted_date, r.occurred_date) as counted_date,
        coalesce(r.occurred_date, h.died_date, h.ruled_date) as event_date,
        r.occurred_date,
        r.occurred_hour,
        p.area_id as district_id,
        case when c.tier = 'T0' then g.piece end as piece,
        case when c.tier = 'T0' and not coalesce(r.is_sealed, false) then g.snap end as snap,
        r.weapon_code,
        r.premise_code,
        r.victim_type_code,
        r.injury_code,
        r.status_code,
        coalesce(r.is_shooting, false) as is_shooting,
        coalesce(r.is_gun, false) as is_gun,
        coalesce(r.status_code = 'unfounded', false) as is_unfounded,
        coalesce(r.is_justified, false) as is_justified,
        coalesce(r.is_sealed, false) as is_sealed
    from staging.records as r
    left join staging.offense_codes as c
        on c.code = case when r.offense_code = '09A' and r.is_justified then '09C' else r.offense_code end
    left join model.homicide_dates as h on r.source_id = h.source_id and r.record_id = h.record_id
    left join staging.places as p
        on p.layer = 'police_district' and p.name_key = lower(trim(r.district_name))
    left join places.points as g on r.longitude = g.longitude and r.latitude = g.latitude
)

select
    d.*,
    d.offense_code is not null and not d.is_unfounded and d.crime_against <> 'not_a_crime' as is_countable,
    s.source_id is not null
    and coalesce(d.event_date between s.date_from and s.date_to, s.is_only_source) as is_counted
from coded as d
left join staging.supplies as s
    on d.source_id = s.source_id
    and s.offense_group = case when d.offense_group = 'justifiable_homicide' then 'homicide' else d.offense_group end
