-- The charges of a case are numbered 1 to n without gaps, and one of them is the top charge.
select case_id
from model.charges
group by case_id
having min(charge_number) <> 1 or max(charge_number) <> count(*) or count(distinct charge_number) <> count(*) or count(*) filter (where is_top) <> 1
