-- The measured table of the same name; places that only removed records had still count.
select
    d.n_points + s.n_shown + s.n_not_shown as n_points,
    d.n_shown + s.n_shown as n_shown,
    d.n_not_shown + s.n_not_shown as n_not_shown,
    d.median_m,
    d.p90_m,
    d.max_m
from metric.displacement as d
cross join (
    select
        cast(coalesce(sum(n) filter (where reason = 'shown'), 0) as bigint) as n_shown,
        cast(coalesce(sum(n) filter (where reason = 'not_shown'), 0) as bigint) as n_not_shown
    from sealed.books
    where part = 'place'
) as s
