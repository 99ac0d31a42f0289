-- One row per report that may have a page of its own: its number, month, area, offenses and what police say of it.
-- They are the reports whose records table `records` lists, and nothing of a sensitive record of the same report goes in: a page says what
-- the list says and what police say of these records, so that neither the page nor its absence tells of others. A number that is none, or that two reports share, has no page.
with listed as (
    select
        upper(regexp_replace(r.incident_id, $dropped, '', 'g')) as incident_key,
        trim(r.incident_id) as incident_number,
        e.counted_date,
        e.offense_code,
        r.status_code,
        coalesce(d.area_id, e.district_id) as district_id,
        e.source_id
    from model.events as e
    inner join model.records as r on e.source_id = r.source_id and e.record_id = r.record_id
    left join (
        select l.piece, c.area_id
        from places.versions as v
        inner join places.piece_areas as l on v.lines_ix = l.lines_ix
        inner join places.areas as c on l.lines_ix = c.lines_ix and l.area = c.ix
        where v.layer = 'police_district' and v.is_current
    ) as d on e.piece = d.piece
    where e.tier = 'T0' and e.is_counted and r.has_complaint_number and e.counted_date is not null
    and coalesce(not e.is_listed_late or e.counted_date <= $data_through - interval 28 day, false)
)

select
    incident_key,
    min(incident_number) as incident_number,
    strftime(min(counted_date), '%Y-%m') as "month",
    string_agg(distinct offense_code, ',' order by offense_code) as offense_codes,
    case when count(distinct district_id) = 1 then min(district_id) end as police_district,
    case
        when max(case when status_code = 'cleared_arrest' then 1 else 0 end) = 1 then 'cleared_arrest'
        when max(case when status_code = 'cleared_exceptional' then 1 else 0 end) = 1 then 'cleared_exceptional'
        when max(case when status_code = 'open' then 1 else 0 end) = 1 then 'open'
    end as status_code,
    min(source_id) as source_id
from listed
where $is_on and $show_reports and regexp_matches(incident_key, $key) and regexp_matches(incident_key, $digits)
and not regexp_matches(upper(incident_number), $word)
group by incident_key
having count(distinct incident_number) = 1
order by incident_key
