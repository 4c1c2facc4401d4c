-- What intake owns: the letter, who sent it, how to answer it, and what the case is about.

-- Numbers of cases; gaps are harmless (law 9). The cell's number goes into the high bits.
create sequence case_seq cache 1000;

-- One narrow row a case; state: enum intake_state (intake_states.def).
create table case_file (
	case_id int8 primary key,
	version int4 not null,
	seq int4 not null,
	head bytea not null,
	seen_followup int4 not null,
	state int2 not null,
	channel text not null,
	klass text not null,                     -- '' or 'report' (举报)
	type text not null,
	category text not null,
	area text not null,                      -- county-level unit, '' unknown
	received_at timestamptz not null,
	closed_at timestamptz
) with (fillfactor = 50);

-- Which letters are in, once for ever a source; the digest tells a repeat from a different letter.
create table submission (
	source text not null,
	source_msg_id text not null,
	case_id int8 not null,
	digest bytea not null,
	received_at timestamptz not null,
	primary key (source, source_msg_id)
);
create index submission_case on submission (case_id);

-- What the citizen wrote: n = 1 the letter, later ones are additions. Insert-only.
create table letter (
	case_id int8 not null,
	n int4 not null,
	title text not null,
	body text not null,
	written_at timestamptz,
	likes int4 not null,
	primary key (case_id, n)
);

-- Contact data stay as they came, encrypted under the epoch's key; lookup is a keyed hash of phone or account.
create table contact (
	case_id int8 not null,
	n int4 not null,
	epoch bytea,
	record bytea,
	lookup bytea,
	reply_address text not null,             -- sealed by the channel for itself
	primary key (case_id, n)
);
create index contact_lookup on contact (lookup) where lookup is not null;

-- Data keys, wrapped to the vault. Erasing one erases all contact data of its epoch.
create table epoch (
	epoch bytea primary key,
	sealed_key bytea not null
);

-- Integrators' keys with what they may use.
create table channel_key (
	public_key text primary key,             -- Z85
	source text not null,
	channels text[] not null,
	is_revoked boolean not null,
	added_at timestamptz not null
);

create view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_followup, f.state,
	case f.state when 0 then 'UNKNOWN' when 1 then 'RECEIVED' when 2 then 'ACCEPTED' when 3 then 'CLOSED' end
		as state_name,
	f.channel, f.klass, f.type, f.category, f.area, f.received_at, f.closed_at
from case_file f;
create view v_letter as select case_id, n, title, body, written_at, likes from letter;
create view v_submission as select case_id, source, source_msg_id, digest, received_at from submission;
-- Where an answer goes: what reply needs to deliver, and nothing more.
create view v_reply_address as
select s.case_id, f.channel, s.source, s.source_msg_id, coalesce(c.reply_address, '') as reply_address
from submission s
join case_file f on f.case_id = s.case_id
left join contact c on c.case_id = s.case_id and c.n = 1;
-- Whether contact is there and complete, never what it says.
create view v_contact as
select c.case_id, c.n, c.epoch is not null as has_record, e.epoch is not null as has_key,
	c.lookup is not null as has_lookup
from contact c
left join epoch e on e.epoch = c.epoch;
create view v_channel_key as select public_key, source, channels, is_revoked, added_at from channel_key;

grant usage on sequence case_seq to :"login";
grant select, insert, update on case_file, channel_key to :"login";
grant select, insert on submission, letter, contact, epoch to :"login";
grant select on v_case, v_submission, v_contact, v_channel_key to wl_check, wl_deploy;
grant select on v_reply_address to wl_reply, wl_check;
