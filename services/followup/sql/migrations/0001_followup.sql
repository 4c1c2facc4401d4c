-- What followup owns: asking the citizen after the reply, and the end of the case.

-- One narrow row a case; state: enum followup_state, plan: enum followup_plan_name.
create table case_file (
	case_id int8 primary key,
	version int4 not null,
	seq int4 not null,
	head bytea not null,
	seen_reply int4 not null,
	state int2 not null,
	plan int2 not null,
	visits int2 not null,                    -- asked so far
	planned int2 not null,
	is_undelivered boolean not null,
	type text,
	rating text,
	reason text,                             -- of the closing: no_answer, undelivered, auto
	delivered_at timestamptz,                -- or when it was known that it cannot be
	next_at timestamptz,                     -- of the timer that stands
	closed_at timestamptz
) with (fillfactor = 50);

-- What happened at each visit, never changed: row 2k-1 says that visit k was made, row 2k what came of it.
create table visit (
	case_id int8 not null,
	n int4 not null,
	visit int2 not null,
	what text not null check (what in ('asked', 'silent')),
	means text not null,                     -- by which the citizen was asked
	at timestamptz not null,
	primary key (case_id, n)
);

create view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_reply, f.state,
	case f.state when 0 then 'UNKNOWN' when 1 then 'FOLLOWING' when 2 then 'CLOSED' end as state_name,
	f.plan, f.visits, f.planned, f.is_undelivered, f.type, f.rating, f.reason, f.delivered_at, f.next_at,
	f.closed_at
from case_file f;
create view v_visit as select case_id, n, visit, what, means, at from visit;

grant select, insert, update on case_file to :"login";
grant select, insert on visit to :"login";
grant select on v_case, v_visit to wl_check, wl_deploy;
