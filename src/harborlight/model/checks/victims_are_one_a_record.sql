-- A record has one victimisation or none, and each countable record against a person or property that has one is there.
select v.n_victims, v.n_records, r.n_expected
from (select count(*) as n_victims, count(distinct (source_id, record_id)) as n_records from model.victims) as v
cross join (
    select count(*) as n_expected
    from model.records
    where is_countable and crime_against in ('person', 'property') and coalesce(victim_type_code, 'unknown') <> 'society'
) as r
where v.n_victims <> v.n_records or v.n_victims <> r.n_expected
