-- Each firearm has exactly one row that stands for it.
select source_id, firearm_id
from model.firearms
group by source_id, firearm_id
having count(*) filter (where counts_firearm) <> 1
