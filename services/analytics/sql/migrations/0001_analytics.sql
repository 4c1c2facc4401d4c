-- What analytics owns: one row of facts a case, and counts that can be made again from them.

-- state: enum analytics_state, from the times that are known. A time that is null has not happened, as far as we heard.
create table case_file (
	case_id int8 primary key,
	version int4 not null,
	seq int4 not null,
	head bytea not null,
	seen_intake int4 not null,
	seen_dispatch int4 not null,
	seen_reply int4 not null,
	seen_followup int4 not null,
	state int2 not null,
	visits int2 not null,                   -- how often the citizen was asked
	is_on_time boolean not null,            -- says something once resolved_at is known
	is_undelivered boolean not null,
	received_day date,                      -- in Shanghai; the day of its counts
	channel text,
	klass text,
	type text,
	category text,
	area text,
	unit text,
	reason text,                            -- of the closing
	received_at timestamptz,
	accepted_at timestamptz,
	dispatched_at timestamptz,
	signed_at timestamptz,
	contacted_at timestamptz,
	resolve_due timestamptz,
	resolved_at timestamptz,
	submitted_at timestamptz,
	replied_at timestamptz,
	delivered_at timestamptz,               -- or when it was known that it cannot be
	followed_at timestamptz,
	closed_at timestamptz
) with (fillfactor = 50);

-- How many of the cases received on a day have that key, by dimension: channel, unit, category, state (its name).
-- An empty key counts those that have none yet; so each dimension of a day adds up to all its cases.
create table cell (
	day date not null,
	dim text not null,
	key text not null,
	n int8 not null,
	primary key (day, dim, key)
) with (fillfactor = 50);

create view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_dispatch, f.seen_reply, f.seen_followup, f.state,
	case f.state when 0 then 'UNKNOWN' when 10 then 'RECEIVED' when 20 then 'ACCEPTED' when 30 then 'DISPATCHED'
		when 40 then 'IN_PROGRESS' when 50 then 'REPLY_REVIEW' when 60 then 'REPLIED' when 70 then 'FOLLOW_UP'
		when 80 then 'CLOSED' end as state_name,
	f.visits, case when f.resolved_at is not null then f.is_on_time end as is_on_time, f.is_undelivered,
	f.received_day, f.channel, f.klass, f.type, f.category, f.area, f.unit, f.reason, f.received_at, f.accepted_at,
	f.dispatched_at, f.signed_at, f.contacted_at, f.resolve_due, f.resolved_at, f.submitted_at, f.replied_at,
	f.delivered_at, f.followed_at, f.closed_at
from case_file f;
create view v_cell as select day, dim, key, n from cell;

grant select, insert, update on case_file, cell to :"login";
grant select on v_case, v_cell to wl_check, wl_deploy;
