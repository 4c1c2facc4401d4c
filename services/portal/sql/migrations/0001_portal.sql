-- What the portal owns: how often its pages were looked at (M26), and how often codes were tried. Nothing of it names a person.

-- A session is one browser on one day, known by a cookie that says nothing but that the day was counted.
create table visit_day (
	day date primary key,
	sessions int8 not null,
	views int8 not null
) with (fillfactor = 50);

-- key: keyed hash of a case's number or of an address. Rows go when their pause is over.
create table attempt (
	key bytea primary key,
	n int8 not null,
	ends_at timestamptz not null
) with (fillfactor = 50);
create index attempt_ends_at on attempt (ends_at);

create view v_visit_day as select day, sessions, views from visit_day;

grant select, insert, update on visit_day to :"login";
grant select, insert, update, delete on attempt to :"login";
grant select on v_visit_day to wl_analytics, wl_check, wl_deploy;
