-- What rows travel as: an array of these is $1 of the statements that write them, in the order of the columns in analytics_store.c.
-- A type never changes: programs of the version before send it while this schema is newer. Who needs one more column makes a new type.

create type case_row as (
	case_id int8, version int4, seq int4, head bytea, seen_intake int4, seen_dispatch int4, seen_reply int4,
	seen_followup int4, state int2, intake_part int2, dispatch_part int2, reply_part int2, followup_part int2,
	redo int2, replies int2, round int2, rejects int2, visits int2, reply_wd int2, confidence int2, solved int2,
	satisfaction int2, contacted int2, flags int2, received_day date, channel text, klass text, type text,
	category text, area text, unit text, refusal text, reason text, received_at timestamptz,
	accept_due timestamptz, accepted_at timestamptz, refused_at timestamptz, dispatched_at timestamptz,
	sign_due timestamptz, signed_at timestamptz, contact_due timestamptz, contacted_at timestamptz,
	resolve_due timestamptz, resolved_at timestamptz, redo_due timestamptz, submitted_at timestamptz,
	replied_at timestamptz, last_replied_at timestamptz, delivered_at timestamptz, answered_at timestamptz,
	followed_at timestamptz, rated_at timestamptz, closed_at timestamptz
);

create type cell_row as (
	case_id int8, day date, dim text, key text, sub text, n int8
);

create type figure_row as (
	case_id int8, day date, unit text, code text, num int8, den int8, excl int8
);
