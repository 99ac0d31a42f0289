-- A record stands once in its incident, and each incident has one first record in each tier.
select source_id, record_id
from model.places_in_incident
group by source_id, record_id
having count(*) > 1
union all
select r.source_id, r.incident_id
from model.places_in_incident as p
inner join model.records as r on p.source_id = r.source_id and p.record_id = r.record_id
where p.incident_place = 1
group by r.source_id, r.incident_id, r.tier, r.is_counted
having count(*) > 1
