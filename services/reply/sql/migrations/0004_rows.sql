-- What rows travel as: an array of these is $1 of the statements that write them, in the order of the columns in reply_store.c.
-- A type never changes: programs of the version before send it while this schema is newer. Who needs one more column makes a new type.

create type case_row as (
	case_id int8, version int4, seq int4, head bytea, seen_intake int4, seen_dispatch int4, seen_followup int4,
	state int2, has_letter boolean, has_unit boolean, is_signed boolean, draft int4, channel text, klass text,
	type text, unit text, author text, draft_digest bytea, kb_article int8, delivery_id text,
	replied_at timestamptz, delivered_at timestamptz, closed_at timestamptz
);

create type addressee_row as (
	case_id int8, n int4, source text, source_msg_id text, channel text
);

create type draft_row as (
	case_id int8, n int4, text text, actor text, at timestamptz, text_digest bytea
);

create type rejection_row as (
	case_id int8, n int4, stage int2, reason text, actor text, at timestamptz
);

create type delivery_row as (
	case_id int8, n int4, delivery_id text, channel text, unit text, at timestamptz
);
