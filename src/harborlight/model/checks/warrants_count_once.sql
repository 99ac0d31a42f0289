-- Each warrant has exactly one row that stands for it, and every staged row is there.
select source_id, warrant_id
from model.warrants
group by source_id, warrant_id
having count(*) filter (where counts_warrant) <> 1
union all
select s.n, m.n
from (select cast(count(*) as varchar) as n from staging.warrants) as s
cross join (select cast(count(*) as varchar) as n from model.warrants) as m
where s.n <> m.n
