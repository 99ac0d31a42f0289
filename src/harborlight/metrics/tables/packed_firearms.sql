-- One row per row of a source of firearms, as small numbers, sorted by day: no point, no hour, no number of the firearm, no trace.
-- Numbers are those of the packed table; kind, reason and privately made are numbered as in `metrics/compile.py`.
select
    cast(date_diff('day', date '1900-01-01', r.recovered_date) as usmallint) as "day",
    cast((extract(year from r.recovered_date) - 1900) * 12 + extract(month from r.recovered_date) - 1 as usmallint) as "month",
    cast((date_diff('day', date '1900-01-01', r.recovered_date)) % 7 as utinyint) as "weekday",
    a.ix as area,
    cast(r.piece as uinteger) as piece,
    s.ix as "source",
    cast(case r.kind_code when 'pistol' then 0 when 'revolver' then 1 when 'rifle' then 2 when 'shotgun' then 3 when 'other' then 4 else 5 end as utinyint) as kind,
    cast(case r.privately_made when 'yes' then 0 when 'no' then 1 else 2 end as utinyint) as made,
    cast(case r.reason_code when 'arrest' then 0 when 'stop' then 1 when 'search_warrant' then 2 when 'crime_scene' then 3 when 'found' then 4
        when 'handed_in' then 5 when 'other' then 6 else 7 end as utinyint) as reason,
    r.counts_firearm,
    r.is_counted
from model.firearms as r
inner join metric.sources as s on r.source_id = s.source_id
left join metric.areas as a on a.layer = 'police_district' and r.district_id = a.area_id
order by "day", area, piece, "source", kind, made, reason, r.counts_firearm, r.is_counted
