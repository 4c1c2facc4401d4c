-- What reply owns: the answer to a letter from its draft to the citizen's hand.

-- One narrow row a case; state: enum reply_state.
create table case_file (
	case_id int8 primary key,
	version int4 not null,
	seq int4 not null,
	head bytea not null,
	seen_intake int4 not null,
	seen_dispatch int4 not null,
	seen_followup int4 not null,
	state int2 not null,
	has_letter boolean not null,
	has_unit boolean not null,
	draft int4 not null,                     -- number of the last draft
	channel text,
	klass text,
	type text,
	unit text,
	delivery_id text,                        -- of the delivery under way, or of the last one
	replied_at timestamptz,                  -- as the unit dates it
	delivered_at timestamptz,
	closed_at timestamptz
) with (fillfactor = 50);

-- Whom the answer goes to: the letter as its channel names it. More than one once cases can be merged.
create table addressee (
	case_id int8 not null,
	n int4 not null,
	source text not null,
	source_msg_id text not null,
	channel text not null,
	primary key (case_id, n)
);

create table draft (
	case_id int8 not null,
	n int4 not null,
	text text not null,
	actor text not null,
	at timestamptz not null,
	text_digest bytea not null,              -- BLAKE2b-256
	primary key (case_id, n)
);

create table delivery (
	case_id int8 not null,
	n int4 not null,                         -- of the draft that is delivered
	delivery_id text not null,               -- the same each time it is sent
	channel text not null,
	at timestamptz not null,
	primary key (case_id, n)
);

-- Published without the text of a reply.
create view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_dispatch, f.seen_followup, f.state,
	case f.state when 0 then 'UNKNOWN' when 1 then 'OPEN' when 2 then 'SUBMITTED' when 3 then 'LEAD_APPROVED'
		when 4 then 'APPROVED' when 5 then 'REPLIED' when 6 then 'DELIVERED' when 7 then 'UNDELIVERABLE'
		when 8 then 'CLOSED' end as state_name,
	f.has_letter, f.has_unit, f.draft, f.channel, f.klass, f.type, f.unit, f.delivery_id, f.replied_at,
	f.delivered_at, f.closed_at
from case_file f;
create view v_addressee as select case_id, n, source, source_msg_id, channel from addressee;
create view v_draft as select case_id, n, actor, at, text_digest, char_length(text) as text_chars from draft;
create view v_delivery as select case_id, n, delivery_id, channel, at from delivery;

grant select, insert, update on case_file to :"login";
grant select, insert on addressee, draft, delivery to :"login";
grant select on v_case, v_addressee, v_draft, v_delivery to wl_check, wl_deploy;
