-- One row per charge of a followed case, numbered anew without gaps. Key: case_id, charge_number.
-- A charge of the District Court that another court has taken over is there once, in the court where it goes on: so what the District Court
-- closes as nolle prosequi from that day on is forwarded, and never a dismissal. A charge that was forwarded and has not arrived is pending.
-- The top charge is a felony before a misdemeanor, then the first in the order of offense codes.
with ours as (
    select
        s.source_id,
        p.followed_case_id as case_id,
        p.is_later,
        s.case_id as row_case_id,
        s.charge_seq,
        s.statute_text,
        c.code as offense_code,
        c.offense_group,
        coalesce(c.tier, 'T1') as tier,
        cast(c.sort as integer) as offense_sort,
        s.severity_code,
        case s.severity_code when 'felony' then 1 when 'misdemeanor' then 2 when 'infraction' then 3 else 4 end as severity_rank,
        s.disposition_code,
        -- Neither a disposition without a date nor a date without one can be trusted, nor words that nobody has mapped.
        case
            when s.disposition_code is null then s.disposed_date is null
            when d.is_final = 'yes' then s.disposed_date is not null
            else coalesce(d.code <> 'unclassified', false)
        end as is_classified,
        case
            when p.is_taken_over and (d.outcome is null or d.outcome in ('forwarded', 'pending')) then 'forwarded'
            when p.is_taken_over and d.outcome = 'dropped' and s.disposed_date >= p.taken_over_date then 'forwarded'
            when d.is_final = 'yes' and s.disposed_date is not null then d.outcome
            else 'pending'
        end as outcome_code,
        s.disposed_date
    from staging.charges as s
    inner join model.case_parts as p on s.case_id = p.case_id
    left join staging.offense_codes as c on s.offense_code = c.code
    left join staging.disposition_codes as d on s.disposition_code = d.code
    where not p.is_superseded
),

numbered as (
    select
        o.*,
        row_number() over (
            partition by o.case_id
            order by o.is_later, o.row_case_id, o.charge_seq nulls last, o.offense_sort nulls last, o.statute_text nulls last, o.disposed_date nulls last
        ) as charge_number
    from ours as o
    where o.outcome_code <> 'forwarded'
)

select
    n.source_id,
    n.case_id,
    n.charge_number,
    n.row_case_id,
    n.charge_seq,
    n.statute_text,
    n.offense_code,
    n.offense_group,
    n.tier,
    n.severity_code,
    case when n.outcome_code <> 'pending' then n.disposition_code end as disposition_code,
    n.outcome_code,
    case when n.outcome_code <> 'pending' then n.disposed_date end as disposed_date,
    n.is_classified,
    row_number() over (
        partition by n.case_id
        order by n.severity_rank, n.offense_sort nulls last, n.charge_number
    ) = 1 as is_top
from numbered as n
