-- The visible state and the facts of each case.
grant select on v_case to wl_portal;
