-- What is due is found by its time, however many rows stand or died here. Rows of pending are rare since a transaction has one marker, so
-- what the index costs is little; deliveries that a channel has not taken are most of them.
create index pending_due on pending (next_at);
create index batch_marker_due on batch_marker (next_at);
