-- One row per month, kind of link and whether it was found.
select "month", link_code, is_linked, cast(sum(n) as bigint) as n
from (
    select "month", link_code, is_linked, n from outcome.case_links
    union all
    select "month", link_code, is_linked, n from sealed.case_links
) as l
where "month" <= (select strftime(as_of, '%Y-%m') from metric.outcome_edge)
group by "month", link_code, is_linked
having sum(n) <> 0
order by "month", link_code, is_linked
