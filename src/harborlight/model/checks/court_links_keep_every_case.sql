-- Every followed case is asked for its incident and its arrest exactly once.
select l.n_links, c.n_cases
from (select count(*) as n_links from model.court_links where link_code in ('case_incident', 'case_arrest')) as l
cross join (select count(*) as n_cases from model.court_cases) as c
where l.n_links <> 2 * c.n_cases
