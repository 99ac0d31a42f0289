-- Every staged firearm row is in model.firearms exactly once.
select s.n_staged, m.n_modelled
from (select count(*) as n_staged from staging.firearms) as s
cross join (select count(*) as n_modelled from model.firearms) as m
where s.n_staged <> m.n_modelled
