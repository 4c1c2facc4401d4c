-- Law 12: what poisons its consumer is set aside, undecoded and in order, and waits for a person. On the sender's side a marker counts
-- what speaks against the message itself.
\if :{?producer}
\else
	select current_schema() as producer \gset
\endif

alter table pending add column sends int4 not null default 0;  -- that nobody answered, or that were refused
alter table pending add column faults int4 not null default 0; -- of them while the group answered others

create table parked (
	case_id int8 not null,
	producer text not null,
	seq int4 not null,
	type text not null,
	at timestamptz not null,                 -- the event's, business time
	body bytea not null,                     -- as it came; never changed
	body_digest bytea not null,              -- BLAKE2b-256 of body
	state int2 not null,                     -- 1 waits, 2 was applied, 3 was skipped
	sends int4 not null,                     -- how often it had been sent in vain
	owner text not null,                     -- who must see to it
	due_at timestamptz not null,             -- business time
	parked_at timestamptz not null,          -- business time
	why text not null,                       -- what was last said against it
	tries int4 not null default 0,           -- how often people had it tried again
	fixed_body bytea,                        -- taken instead of body
	reason text not null default '',         -- for the last fix or skip
	done_by text not null default '',        -- who had it applied or skipped
	done_at timestamptz,
	history text not null default '',        -- a line each time that somebody did something with it
	primary key (case_id, producer, seq),
	check (state in (1, 2, 3)),
	check ((state = 1) = (done_at is null))
);
create index parked_waits on parked (due_at) where state = 1;

create view v_parked as
select case_id, producer, seq, type, at, body, body_digest, state,
	case state when 1 then 'WAITS' when 2 then 'APPLIED' else 'SKIPPED' end as state_name,
	sends, owner, due_at, parked_at, why, tries, fixed_body, reason, done_by, done_at, history
from parked;

-- With the two counts.
create or replace view v_pending as
select p.case_id, p.grp, max(p.upto_seq) as upto_seq, min(p.next_at) as next_at, max(p.attempts) as attempts,
	max(p.sends) as sends, max(p.faults) as faults
from (
	select q.case_id, q.grp, q.upto_seq, q.next_at, q.attempts, q.sends, q.faults from pending q
	union all
	select u.case_id, s.grp, u.upto_seq, b.next_at, 0, 0, 0
	from batch_marker b, unnest(b.cases, b.upto_seqs) as u(case_id, upto_seq), v_stream s) as p
group by p.case_id, p.grp;

grant select, insert, update on parked to :"login";
grant select on v_parked to wl_check, wl_deploy;
\unset producer
