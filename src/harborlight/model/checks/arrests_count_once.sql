-- Each arrest has exactly one row that stands for it.
select source_id, arrest_id
from model.arrests
group by source_id, arrest_id
having count(*) filter (where counts_arrest) <> 1
