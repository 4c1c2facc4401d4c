-- What every service that owns cases has: its journal, markers, timers and results of commands (laws 2, 3, 14).
-- Applied in the service's own schema (search_path) under its owner role; psql's variable `login` is its login role. Beside it stands the service's case_file.

create table journal (
	case_id int8 not null,
	seq int4 not null,                       -- 1, 2, 3 … a case
	at timestamptz not null,                 -- business time
	type text not null,                      -- intake.accepted.v1
	actor text not null,
	body bytea not null,                     -- protobuf, by type; may be erased by law
	body_digest bytea not null,              -- BLAKE2b-256 of body
	hash bytea not null,                     -- BLAKE2b-256 over (previous hash, case_id, seq, at, type, actor, body_digest)
	primary key (case_id, seq)
);

-- "This group has not answered up to here yet."
create table pending (
	case_id int8 not null,
	grp text not null,
	upto_seq int4 not null,
	next_at timestamptz not null,            -- real time: when the lease ends
	attempts int4 not null default 0,
	primary key (case_id, grp)
) with (fillfactor = 50);

create table timer (
	case_id int8 not null,
	name text not null,
	due_at timestamptz not null,             -- business time
	claimed_until timestamptz not null default '-infinity', -- real time
	primary key (case_id, name)
) with (fillfactor = 70);
create index timer_due on timer (due_at);

-- Results of commands, so that a repeat gives the same result; kept for 90 days.
create table command (
	case_id int8 not null,                   -- 0: a command that belongs to no case
	command_id text not null,
	at timestamptz not null,
	type text not null,
	actor text not null,
	code int2 not null,                      -- wire/codes.def
	text text not null,
	body bytea not null,
	seq int4 not null,                       -- the journal's end after it
	primary key (case_id, command_id)
);

create view v_journal as select case_id, seq, at, type, actor, body, body_digest, hash from journal;
create view v_pending as select case_id, grp, upto_seq, next_at, attempts from pending;
create view v_timer as select case_id, name, due_at from timer;
create view v_command as select case_id, command_id, at, type, actor, code, seq from command;

-- The journal is insert-only for everybody; published views are read by name (law 8).
grant select, insert on journal to :"login";
grant select, insert, update, delete on pending, timer to :"login";
grant select, insert, delete on command to :"login";
grant select on v_journal, v_pending, v_timer, v_command to wl_check, wl_deploy;
