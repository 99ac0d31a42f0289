-- A homicide record counts on one date.
select source_id, record_id from model.homicide_dates group by source_id, record_id having count(*) > 1
