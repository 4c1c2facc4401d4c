-- What entries of a journal travel as: an array of these is $1 of journal_append, in the order of journal_cols (kit_write.c).
-- A type never changes: programs of the version before send it while this schema is newer. Who needs one more column makes a new type.

create type journal_row as (
	case_id int8, seq int4, at timestamptz, type text, actor text, body bytea, body_digest bytea, hash bytea,
	command_id text
);
