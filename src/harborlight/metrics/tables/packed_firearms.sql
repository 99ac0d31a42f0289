-- One row per row of a source of firearms, as small numbers: its month and police district, and nothing finer. Many are recovered at homes.
-- A month is here once it is over: `day` is its first. The district is the one that the place lies in by the lines in force; where the
-- city has no lines, the one that the source states. Kind, reason and privately made are numbered as in `metrics/compile.py`.
with supplied as (
    select least(f.recovered_date, coalesce(p.date_to, f.recovered_date)) as last_date
    from model.firearms as f
    inner join staging.sources as s on f.source_id = s.source_id
    inner join staging.supplies as p on f.source_id = p.source_id and p.offense_group = 'firearms'
    where f.recovered_date <= s.fetched_on
),

edge as (
    select date_trunc('month', max(last_date) + interval 1 day) as open_month
    from supplied
),

lines as (
    select max(lines_ix) as lines_ix
    from places.versions
    where layer = 'police_district' and is_current
)

select
    cast(date_diff('day', date '1900-01-01', date_trunc('month', r.recovered_date)) as usmallint) as "day",
    cast((extract(year from r.recovered_date) - 1900) * 12 + extract(month from r.recovered_date) - 1 as usmallint) as "month",
    cast(case when v.lines_ix is null then a.ix else l.area end as utinyint) as area,
    s.ix as "source",
    cast(case r.kind_code when 'pistol' then 0 when 'revolver' then 1 when 'rifle' then 2 when 'shotgun' then 3 when 'other' then 4 else 5 end as utinyint) as kind,
    cast(case r.privately_made when 'yes' then 0 when 'no' then 1 else 2 end as utinyint) as made,
    cast(case r.reason_code when 'arrest' then 0 when 'stop' then 1 when 'search_warrant' then 2 when 'crime_scene' then 3 when 'found' then 4
        when 'handed_in' then 5 when 'other' then 6 else 7 end as utinyint) as reason,
    r.counts_firearm,
    r.is_counted
from model.firearms as r
inner join metric.sources as s on r.source_id = s.source_id
cross join edge as e
cross join lines as v
left join metric.areas as a on a.layer = 'police_district' and r.district_id = a.area_id
left join places.piece_areas as l on v.lines_ix = l.lines_ix and r.piece = l.piece
where r.recovered_date is null or r.recovered_date < e.open_month
order by "day", area, "source", kind, made, reason, r.counts_firearm, r.is_counted
