-- Every countable incident holds at least one offense.
select i.n_incidents, o.n_with_offense
from (select count(*) as n_incidents from model.incidents where is_countable) as i
cross join (select count(*) as n_with_offense from (select distinct source_id, incident_id from model.offenses) as d) as o
where i.n_incidents <> o.n_with_offense
