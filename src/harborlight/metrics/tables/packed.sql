-- One row per countable record that is not sensitive, as small numbers, sorted by offense and day.
-- day counts from 1 January 1900, month from January 1900; weapon 0 none, 1 firearm, 2 knife, 3 hands, 4 other, empty: not known.
-- An assault or threat at a home (or at a place not known) has no hour and is not listed until 28 days have passed: it counts at once in its area.
-- incident numbers the incidents that have several records; where it is empty the record is its incident.
-- A row that is counted and listed nowhere has neither hour nor public point.
-- piece is counted in every area at once; snap, the public point, waits with the listing.
select
    cast(date_diff('day', date '1900-01-01', e.counted_date) as usmallint) as "day",
    cast((extract(year from e.counted_date) - 1900) * 12 + extract(month from e.counted_date) - 1 as usmallint) as "month",
    cast((date_diff('day', date '1900-01-01', e.counted_date)) % 7 as utinyint) as "weekday",
    case when not e.is_listed_late or e.counted_date <= $data_through - interval 28 day then cast(e.occurred_hour as utinyint) end as "hour",
    o.ix as offense,
    a.ix as area,
    cast(e.piece as uinteger) as piece,
    case when coalesce(not e.is_listed_late or e.counted_date <= $data_through - interval 28 day, false) then cast(e.snap as uinteger) end as snap,
    cast(case e.weapon_code when 'none' then 0 when 'firearm' then 1 when 'knife' then 2 when 'hands' then 3 when 'other' then 4 end as utinyint) as weapon,
    s.ix as "source",
    e.counts_incident,
    e.counts_incident_group,
    e.counts_incident_code,
    e.counts_offense,
    e.counts_victim,
    e.is_homicide,
    e.is_nonfatal_shooting,
    e.is_killed_or_shot,
    e.is_robbery,
    e.is_aggravated_assault,
    e.is_burglary,
    e.is_auto_theft,
    e.is_counted,
    not e.is_sealed and coalesce(not e.is_listed_late or e.counted_date <= $data_through - interval 28 day, false) as is_listed,
    cast(e.incident_number as uinteger) as incident
from model.events as e
inner join metric.offenses as o on e.offense_code = o.code
inner join metric.sources as s on e.source_id = s.source_id
left join metric.areas as a on a.layer = 'police_district' and e.district_id = a.area_id
where e.tier = 'T0'
order by offense, "day", area, "hour", e.source_id, e.record_id
