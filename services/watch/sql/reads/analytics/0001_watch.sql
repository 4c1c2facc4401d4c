-- Times and states, one row a case: enough to count what is late, and nobody's case, unit or words.
create view v_watch as
select c.state, c.received_at, c.dispatched_at, c.replied_at, c.resolve_due from v_case c where c.received_at is not null;
grant select on v_watch to wl_watch;
