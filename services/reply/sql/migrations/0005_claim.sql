-- Deliveries that a channel claims before it calls its provider, and what people find out about those in doubt.

alter table case_file
	add column fence int4 not null default 0,  -- how often this delivery was claimed
	add column claim_id text;                  -- of the claim that is out or in doubt
-- the default stays: programs of the version before insert rows without it

-- What a person says came of a claim that was in doubt: at most once a claim.
create table verification (
	case_id int8 not null,
	n int4 not null,                         -- of the delivery; 0: the notice of a refusal
	fence int4 not null,                     -- of the claim
	was_delivered boolean not null,
	note text not null,                      -- how that is known
	actor text not null,
	at timestamptz not null,
	primary key (case_id, n, fence)
);

-- case_row without the new columns stays: programs of the version before send it.
create type case_row_2 as (
	case_id int8, version int4, seq int4, head bytea, seen_intake int4, seen_dispatch int4, seen_followup int4,
	state int2, has_letter boolean, has_unit boolean, is_signed boolean, draft int4, channel text, klass text,
	type text, unit text, author text, draft_digest bytea, kb_article int8, delivery_id text, fence int4, claim_id text,
	replied_at timestamptz, delivered_at timestamptz, closed_at timestamptz
);

create type verification_row as (
	case_id int8, n int4, fence int4, was_delivered boolean, note text, actor text, at timestamptz
);

create or replace view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_dispatch, f.seen_followup, f.state,
	case f.state when 0 then 'UNKNOWN' when 1 then 'OPEN' when 2 then 'SUBMITTED' when 3 then 'LEAD_APPROVED'
		when 4 then 'APPROVED' when 5 then 'REPLIED' when 6 then 'DELIVERED' when 7 then 'UNDELIVERABLE'
		when 8 then 'CLOSED' when 9 then 'NOTICE' when 10 then 'NOTIFIED' when 11 then 'SENDING' when 12 then 'IN_DOUBT'
		when 13 then 'NOTICE_SENDING' when 14 then 'NOTICE_IN_DOUBT' end as state_name,
	f.has_letter, f.has_unit, f.draft, f.channel, f.klass, f.type, f.unit, f.delivery_id, f.replied_at,
	f.delivered_at, f.closed_at, f.is_signed, f.author, f.draft_digest, f.kb_article, f.fence, f.claim_id
from case_file f;
-- Published without the note.
create view v_verification as
select case_id, n, fence, was_delivered, actor, at, char_length(note) as note_chars from verification;

grant select, insert on verification to :"login";
grant select on v_verification to wl_check, wl_deploy;
