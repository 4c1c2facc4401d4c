-- Names of units and categories, the calendar, the clock.
grant select on version, clock, category, org, sla, holiday to wl_portal;
