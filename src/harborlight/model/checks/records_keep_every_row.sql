-- Every staged record is in model.records exactly once.
select s.n_staged, m.n_modelled
from (select count(*) as n_staged from staging.records) as s
cross join (select count(*) as n_modelled from model.records) as m
where s.n_staged <> m.n_modelled
