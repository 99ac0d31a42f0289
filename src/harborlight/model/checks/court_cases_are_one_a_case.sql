-- Each followed case is one row, and each staged case is in one of them.
select p.followed_case_id, count(*) as n
from (select distinct followed_case_id from model.case_parts) as p
full join model.court_cases as c on p.followed_case_id = c.case_id
group by p.followed_case_id
having count(*) <> 1 or count(c.case_id) <> 1 or p.followed_case_id is null
