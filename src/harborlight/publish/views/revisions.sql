-- One row per published count that later changed: before, after, from which day, and why.
select
    metric,
    grain,
    period,
    area_id,
    before,
    n as after,
    known_from as known_on,
    why,
    new_days,
    late,
    reclassified,
    unfounded,
    restated
from ledger
where step > 1 and before is distinct from n
order by known_from, metric, grain, period, area_id, step
