-- Every staged arrest row is in model.arrests exactly once.
select s.n_staged, m.n_modelled
from (select count(*) as n_staged from staging.arrests) as s
cross join (select count(*) as n_modelled from model.arrests) as m
where s.n_staged <> m.n_modelled
