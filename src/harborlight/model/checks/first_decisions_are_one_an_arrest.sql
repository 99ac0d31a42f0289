-- Every arrest that counts has one first decision or none, and nothing is told of a child's.
select source_id, arrest_id
from model.first_decisions
group by source_id, arrest_id
having count(*) <> 1 or count(case when is_child then decision_code end) > 0
union all
select a.source_id, a.arrest_id
from model.arrests as a
left join model.first_decisions as d on a.source_id = d.source_id and a.arrest_id = d.arrest_id
where a.counts_arrest and a.is_counted and d.arrest_id is null
