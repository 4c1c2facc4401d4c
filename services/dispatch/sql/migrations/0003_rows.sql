-- What rows travel as: an array of these is $1 of the statements that write them, in the order of the columns in dispatch_store.c.
-- A type never changes: programs of the version before send it while this schema is newer. Who needs one more column makes a new type.

create type case_row as (
	case_id int8, version int4, seq int4, head bytea, seen_intake int4, seen_reply int4, seen_followup int4,
	state int2, task int4, unit text, type text, category text, area text, dispatched_at timestamptz,
	signed_at timestamptz, contacted_at timestamptz, resolved_at timestamptz, sign_due timestamptz,
	contact_due timestamptz, resolve_due timestamptz, is_provisional boolean, closed_at timestamptz, redo int2,
	is_general_desk boolean, is_report boolean, named_units text, is_direct boolean, no_article boolean
);

create type task_row as (
	case_id int8, n int4, unit text, co_units text, reason text, ref_version int4, dispatched_at timestamptz,
	sign_due timestamptz, contact_due timestamptz, resolve_due timestamptz
);
