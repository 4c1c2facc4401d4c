-- This month's rates.
grant select on v_figure to wl_portal;
