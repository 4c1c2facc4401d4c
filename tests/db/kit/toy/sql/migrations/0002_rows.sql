-- What rows travel as, in the order of the columns in toy_store.c.

create type case_row as (
	case_id int8, version int4, seq int4, head bytea, seen_intake int4, seen_followup int4, n int4,
	is_jammed boolean
);

create type effect_row as (
	case_id int8, n int4, what text
);

create type claim_row as (
	case_id int8, key text
);
