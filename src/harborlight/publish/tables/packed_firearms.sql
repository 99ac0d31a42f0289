-- Copy of the measured table of the same name, in its order.
select * from metric.packed_firearms
