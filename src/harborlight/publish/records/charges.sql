-- One row per charge of a case that might be shown, with the days of its sentence: private, read by the publish step alone.
with sentenced as (
    select
        case_id,
        charge_number,
        min(imposed_date) as imposed_date,
        max(served_days) as jail_days,
        max(probation_days) as probation_days
    from model.sentences
    group by case_id, charge_number
)

select
    h.case_id,
    h.charge_number,
    h.statute_text,
    h.offense_code,
    h.severity_code,
    h.outcome_code,
    h.disposed_date,
    case when h.is_classified then h.tier end as tier,
    s.imposed_date,
    s.jail_days,
    s.probation_days
from model.charges as h
inner join model.court_cases as c on h.case_id = c.case_id
left join sentenced as s on h.case_id = s.case_id and h.charge_number = s.charge_number
where $is_on and c.is_open
order by h.case_id, h.charge_number
