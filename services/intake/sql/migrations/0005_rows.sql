-- What rows travel as: an array of these is $1 of the statements that write them, in the order of the columns in intake_store.c.
-- A type never changes: programs of the version before send it while this schema is newer. Who needs one more column makes a new type.

create type case_row as (
	case_id int8, version int4, seq int4, head bytea, seen_followup int4, state int2, channel text, klass text,
	type text, category text, area text, received_at timestamptz, closed_at timestamptz, source text,
	source_msg_id text, confidence_pct int2, is_general_desk boolean, named_units text, kb_article int8,
	accept_due timestamptz, is_provisional boolean
);

create type submission_row as (
	case_id int8, source text, source_msg_id text, digest bytea, received_at timestamptz
);

create type letter_row as (
	case_id int8, n int4, title text, body text, written_at timestamptz, likes int4
);

create type contact_row as (
	case_id int8, n int4, epoch bytea, record bytea, lookup bytea, reply_address text
);

create type epoch_row as (
	case_id int8, epoch bytea, sealed_key bytea
);

create type refusal_row as (
	case_id int8, n int4, reason text, sentence text, guidance text, actor text, at timestamptz
);
