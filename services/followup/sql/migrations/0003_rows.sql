-- What rows travel as: an array of these is $1 of the statements that write them, in the order of the columns in followup_store.c.
-- A type never changes: programs of the version before send it while this schema is newer. Who needs one more column makes a new type.

create type case_row as (
	case_id int8, version int4, seq int4, head bytea, seen_reply int4, state int2, plan int2, round int2,
	redo int2, visits int2, planned int2, is_undelivered boolean, type text, rating text, reason text,
	delivered_at timestamptz, next_at timestamptz, closed_at timestamptz
);

create type visit_row as (
	case_id int8, n int4, visit int2, round int2, what text, means text, at timestamptz, solved text,
	satisfaction int2, contacted text, remark text
);
