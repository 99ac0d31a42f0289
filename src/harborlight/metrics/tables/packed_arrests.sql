-- One row per row of a source of arrests, as small numbers, sorted by day: no point, no hour, nothing of the person or the charge.
-- Numbers are those of the packed table.
select
    cast(date_diff('day', date '1900-01-01', r.arrested_date) as usmallint) as "day",
    cast((extract(year from r.arrested_date) - 1900) * 12 + extract(month from r.arrested_date) - 1 as usmallint) as "month",
    cast((date_diff('day', date '1900-01-01', r.arrested_date)) % 7 as utinyint) as "weekday",
    a.ix as area,
    cast(r.piece as uinteger) as piece,
    s.ix as "source",
    r.counts_arrest,
    r.is_counted
from model.arrests as r
inner join metric.sources as s on r.source_id = s.source_id
left join metric.areas as a on a.layer = 'police_district' and r.district_id = a.area_id
order by "day", area, piece, "source", r.counts_arrest, r.is_counted
