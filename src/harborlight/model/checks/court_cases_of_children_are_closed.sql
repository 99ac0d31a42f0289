-- No case of a child, of a juvenile court or with a sensitive or unmapped offense is open.
select c.case_id
from model.court_cases as c
left join model.case_parts as p on c.case_id = p.followed_case_id
left join staging.cases as s on p.source_id = s.source_id and p.case_id = s.case_id
left join staging.charges as h on s.case_id = h.case_id
left join staging.offense_codes as o on h.offense_code = o.code
where c.is_open and (s.age_years < 18 or s.court_code = 'juvenile' or c.is_child or c.tier = 'T1' or coalesce(o.tier, 'T1') = 'T1')
