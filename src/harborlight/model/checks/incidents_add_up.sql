-- The records of all incidents are all records.
select i.n_in_incidents, r.n_records
from (select sum(n_records) as n_in_incidents from model.incidents) as i
cross join (select count(*) as n_records from model.records) as r
where coalesce(i.n_in_incidents, 0) <> r.n_records
