-- How replies stand, one row a case, without its name.
create view v_watch as select c.state_name as state from v_case c;
grant select on v_watch to wl_watch;
