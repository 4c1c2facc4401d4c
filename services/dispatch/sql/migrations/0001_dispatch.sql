-- What dispatch owns: which unit has a case, since when, and until when.

-- One narrow row a case; state: enum dispatch_state (dispatch_states.def). resolved_at and closed_at are facts of reply and
-- followup; they may be known before the state follows.
create table case_file (
	case_id int8 primary key,
	version int4 not null,
	seq int4 not null,
	head bytea not null,
	seen_intake int4 not null,
	seen_reply int4 not null,
	seen_followup int4 not null,
	state int2 not null,
	task int4 not null,                      -- task.n of the unit that has it; 0 none yet
	unit text not null,
	type text not null,
	category text not null,
	area text not null,
	dispatched_at timestamptz,
	signed_at timestamptz,
	contacted_at timestamptz,
	resolved_at timestamptz,
	sign_due timestamptz,
	contact_due timestamptz,
	resolve_due timestamptz,
	is_provisional boolean not null,         -- a due time reaches into a year without a published calendar
	closed_at timestamptz
) with (fillfactor = 50);

-- Every unit that a case was given to, and why. Insert-only.
create table task (
	case_id int8 not null,
	n int4 not null,
	unit text not null,
	co_units text not null,                  -- joined by commas
	reason text not null,                    -- dispatch_reasons.def
	ref_version int4 not null,
	dispatched_at timestamptz not null,
	sign_due timestamptz,
	contact_due timestamptz,
	resolve_due timestamptz,
	primary key (case_id, n)
);

create view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_reply, f.seen_followup, f.state,
	case f.state when 0 then 'UNKNOWN' when 1 then 'DISPATCHED' when 2 then 'IN_PROGRESS' when 3 then 'RESOLVED'
		when 4 then 'CLOSED' end as state_name,
	f.task, f.unit, f.type, f.category, f.area, f.dispatched_at, f.signed_at, f.contacted_at, f.resolved_at,
	f.sign_due, f.contact_due, f.resolve_due, f.is_provisional, f.closed_at
from case_file f;
create view v_task as
select case_id, n, unit, co_units, reason, ref_version, dispatched_at, sign_due, contact_due, resolve_due from task;

grant select, insert, update on case_file to :"login";
grant select, insert on task to :"login";
grant select on v_case, v_task to wl_check, wl_deploy;
