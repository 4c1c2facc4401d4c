-- Which cases a figure counts.
grant select on v_figure_case to wl_portal;
