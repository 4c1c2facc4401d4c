-- Tables of the limit programs, in a database of their own. Plain ones: what bare libpq gets without thinking about them.

-- name: intake_case
-- One case row with its text and three secondary indexes, of the key too.
create table intake_case (
	case_id int8 primary key,
	source_msg_id text not null,
	channel text not null,
	area text not null,
	category text not null,
	state int2 not null,
	title text not null,
	body text not null,
	received_at timestamptz not null
);

-- name: intake_case_source
create unique index intake_case_source on intake_case (source_msg_id);

-- name: intake_case_category
create index intake_case_category on intake_case (category, received_at);

-- name: intake_case_area
create index intake_case_area on intake_case (area, received_at);

-- name: intake_out
create table intake_out (
	case_id int8 not null, seq int4 not null, type text not null, body bytea not null, primary key (case_id, seq)
);

-- name: dispatch_case
create table dispatch_case (
	case_id int8 primary key,
	state int2 not null,
	unit text not null,
	due_at timestamptz not null,
	closed_at timestamptz
);

-- name: dispatch_task
create table dispatch_task (
	case_id int8 not null, n int4 not null, unit text not null, due_at timestamptz not null, primary key (case_id, n)
);

-- name: dispatch_out
create table dispatch_out (
	case_id int8 not null, seq int4 not null, type text not null, body bytea not null, primary key (case_id, seq)
);

-- name: reply_case
create table reply_case (
	case_id int8 primary key, state int2 not null, unit text not null, replied_at timestamptz not null
);

-- name: reply_draft
create table reply_draft (
	case_id int8 not null, n int4 not null, text text not null, at timestamptz not null, primary key (case_id, n)
);

-- name: reply_out
create table reply_out (
	case_id int8 not null, seq int4 not null, type text not null, body bytea not null, primary key (case_id, seq)
);

-- name: followup_case
create table followup_case (
	case_id int8 primary key, state int2 not null, rating text not null, closed_at timestamptz
);

-- name: followup_visit
create table followup_visit (
	case_id int8 not null, n int4 not null, means text not null, at timestamptz not null, primary key (case_id, n)
);

-- name: followup_out
create table followup_out (
	case_id int8 not null, seq int4 not null, type text not null, body bytea not null, primary key (case_id, seq)
);

-- name: analytics_fact
create table analytics_fact (
	case_id int8 primary key,
	unit text not null,
	category text not null,
	area text not null,
	received_at timestamptz not null,
	closed_at timestamptz
);
