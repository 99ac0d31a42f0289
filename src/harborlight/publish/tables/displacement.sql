-- Copy of the measured table of the same name.
select * from metric.displacement
