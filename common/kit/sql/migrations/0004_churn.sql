-- Tables whose rows come and go with every transaction: vacuumed when a thousand rows are dead, whatever their size, or each look at them
-- reads what is no longer there. Lists of a marker are not compressed: they live for milliseconds.
alter table pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
alter table timer set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
alter table batch_marker set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
alter table batch_marker alter column cases set storage external, alter column upto_seqs set storage external;
