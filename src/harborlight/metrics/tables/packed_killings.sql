-- One row per person killed or shot and rule, as small numbers: what answers the switches rule, justified and unit=incidents.
-- rule is 0 for the city's own of the time, 1 injured, 2 died, 3 ruled; all other numbers are those of the packed table.
-- x and y are web mercator of the public point, for the map.
-- counts_incident stands for its incident among all killed or shot, counts_incident_group among those killed or those shot.
select
    cast(case k.rule when 'official' then 0 when 'injured' then 1 when 'died' then 2 else 3 end as utinyint) as "rule",
    cast(date_diff('day', date '1900-01-01', k.counted_date) as usmallint) as "day",
    cast((extract(year from k.counted_date) - 1900) * 12 + extract(month from k.counted_date) - 1 as usmallint) as "month",
    cast((date_diff('day', date '1900-01-01', k.counted_date)) % 7 as utinyint) as "weekday",
    case when not k.is_listed_late or k.counted_date <= $data_through - interval 28 day then cast(k.occurred_hour as utinyint) end as "hour",
    o.ix as offense,
    a.ix as area,
    cast(k.piece as uinteger) as piece,
    case when coalesce(not k.is_listed_late or k.counted_date <= $data_through - interval 28 day, false) then cast(k.snap as uinteger) end as snap,
    cast(case k.weapon_code when 'none' then 0 when 'firearm' then 1 when 'knife' then 2 when 'hands' then 3 when 'other' then 4 end as utinyint) as weapon,
    s.ix as "source",
    k.incident_place = 1 as counts_incident,
    k.group_place = 1 as counts_incident_group,
    k.counts_offense,
    k.counts_victim,
    k.is_homicide,
    k.is_nonfatal_shooting,
    true as is_killed_or_shot,
    k.is_justified,
    k.is_counted,
    cast(k.incident_number as uinteger) as incident,
    case when coalesce(not k.is_listed_late or k.counted_date <= $data_through - interval 28 day, false) then g.x end as x,
    case when coalesce(not k.is_listed_late or k.counted_date <= $data_through - interval 28 day, false) then g.y end as y
from model.killings as k
inner join metric.offenses as o on k.offense_code = o.code
inner join metric.sources as s on k.source_id = s.source_id
left join places.snap_points as g on k.snap = g.snap
left join metric.areas as a on a.layer = 'police_district' and k.district_id = a.area_id
order by "rule", "day", offense, area, "hour", k.source_id, k.record_id
