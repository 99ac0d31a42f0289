-- Every staged charge is a charge of a followed case, or goes on in another court, or stands in an older row of its case, or has no case.
with staged as (
    select p.case_id, p.is_superseded, p.is_taken_over, s.disposition_code, s.disposed_date, p.taken_over_date, d.outcome
    from staging.charges as s
    left join model.case_parts as p on s.case_id = p.case_id
    left join staging.disposition_codes as d on s.disposition_code = d.code
)

select s.n_staged, m.n_modelled
from (
    select count(*) as n_staged
    from staged
    where
        case_id is not null and not is_superseded
        and not (is_taken_over and (outcome is null or outcome in ('forwarded', 'pending') or (outcome = 'dropped' and disposed_date >= taken_over_date)))
) as s
cross join (select count(*) as n_modelled from model.charges) as m
where s.n_staged <> m.n_modelled
