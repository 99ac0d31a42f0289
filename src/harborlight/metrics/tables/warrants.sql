-- One row per month, measure, kind, holder, severity and age: how many warrants were issued, served or recalled in it, or open at its end.
-- A warrant leaves once, on the day on which it was served or recalled, whichever came first. One that was served on the day on which it was
-- issued was issued and served, and never open at the end of a day. The age is that at the end of the month; only open warrants have one.
with counted as (
    select
        kind_code,
        holder_code,
        severity_code,
        issued_date,
        open_to,
        case when recalled_date is not null and (served_date is null or recalled_date < served_date) then 'recalled' else 'served' end as left_as
    from model.warrants
    where counts_warrant and is_counted and issued_date is not null
),

moves as (
    select m."month", 'issued' as measure, w.kind_code, w.holder_code, w.severity_code, '' as age_code
    from counted as w
    inner join metric.warrant_months as m on w.issued_date between m.first_day and m.last_day
    union all
    select m."month", w.left_as as measure, w.kind_code, w.holder_code, w.severity_code, '' as age_code
    from counted as w
    inner join metric.warrant_months as m on w.open_to between m.first_day and m.last_day
    union all
    select m."month", 'open' as measure, w.kind_code, w.holder_code, w.severity_code,
        case
            when date_diff('day', w.issued_date, m.last_day) < 90 then 'under_90_days'
            when w.issued_date + interval 1 year > m.last_day then 'under_1_year'
            when w.issued_date + interval 5 year > m.last_day then 'under_5_years'
            else '5_years'
        end as age_code
    from counted as w
    inner join metric.warrant_months as m on w.issued_date <= m.last_day and (w.open_to is null or w.open_to > m.last_day)
)

select "month", measure, kind_code, holder_code, severity_code, age_code, count(*) as n
from moves
group by "month", measure, kind_code, holder_code, severity_code, age_code
order by "month", measure, kind_code, holder_code, severity_code, age_code
