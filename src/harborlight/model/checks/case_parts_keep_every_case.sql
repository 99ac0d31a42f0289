-- Every staged case belongs to exactly one followed case, whose first row is itself staged.
select c.case_id
from (select distinct case_id from staging.cases) as c
left join model.case_parts as p on c.case_id = p.case_id
left join model.case_parts as f on p.followed_case_id = f.case_id
group by c.case_id
having count(f.case_id) <> 1
