-- Every journey is one incident of the open count, and every such incident of the time that the arrests cover is one.
with members as (
    select e.source_id, e.incident_id, e.counted_date
    from model.events as e
    where e.tier = 'T0' and e.is_counted and e.counts_incident
)

select j.source_id, j.incident_id
from model.journeys as j
left join members as m on j.source_id = m.source_id and j.incident_id = m.incident_id
group by j.source_id, j.incident_id
having count(*) <> 1 or count(m.incident_id) <> 1
union all
select m.source_id, m.incident_id
from members as m
inner join (
    select a.source_id, min(a.arrested_date) as first_day
    from model.arrests as a
    inner join staging.arrests as s on a.source_id = s.source_id and a.arrest_id = s.arrest_id
    where a.is_counted and s.incident_id is not null
    group by a.source_id
) as f on m.counted_date >= f.first_day
inner join staging.supplies as p on f.source_id = p.source_id and p.offense_group = 'arrests' and m.counted_date between p.date_from and p.date_to
left join model.journeys as j on m.source_id = j.source_id and m.incident_id = j.incident_id
where j.incident_id is null
