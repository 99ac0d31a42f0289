-- Under 18 and in a band of children are the same, for victims and for people arrested.
select age_band from model.victims where coalesce(is_child, false) <> (age_band in ('0-9', '10-17'))
union all
select age_band from model.arrests where coalesce(is_child, false) <> (age_band in ('0-9', '10-17'))
