-- Review by people, direct answers, notices of refusals, answers given again.

alter table case_file
	add column is_signed boolean not null default false,  -- the unit has signed
	add column author text,                               -- name of who made the last draft
	add column draft_digest bytea,                        -- BLAKE2b-256 of its text
	add column kb_article int8 not null default 0;        -- the last draft is this article; 0: a unit's
update case_file f set is_signed = f.has_unit,
	draft_digest = (select d.text_digest from draft d where d.case_id = f.case_id and d.n = f.draft);
alter table case_file alter column is_signed drop default, alter column kb_article drop default;

-- n 0: the notice of a refusal, which has no draft.
alter table delivery add column unit text;                -- who answers; none: a notice
update delivery y set unit = (select f.unit from case_file f where f.case_id = y.case_id);

-- Why a draft went back to the unit: at most once a draft.
create table rejection (
	case_id int8 not null,
	n int4 not null,                         -- of the draft that was rejected
	stage int2 not null,                     -- 1 unit_lead, 2 reviewer
	reason text not null,
	actor text not null,
	at timestamptz not null,
	primary key (case_id, n)
);

-- An article is known by what it answers: put again, it is the same one.
create unique index kb_article_title on kb_article (category, title);

create or replace view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_dispatch, f.seen_followup, f.state,
	case f.state when 0 then 'UNKNOWN' when 1 then 'OPEN' when 2 then 'SUBMITTED' when 3 then 'LEAD_APPROVED'
		when 4 then 'APPROVED' when 5 then 'REPLIED' when 6 then 'DELIVERED' when 7 then 'UNDELIVERABLE'
		when 8 then 'CLOSED' when 9 then 'NOTICE' when 10 then 'NOTIFIED' end as state_name,
	f.has_letter, f.has_unit, f.draft, f.channel, f.klass, f.type, f.unit, f.delivery_id, f.replied_at,
	f.delivered_at, f.closed_at, f.is_signed, f.author, f.draft_digest, f.kb_article
from case_file f;
create or replace view v_delivery as select case_id, n, delivery_id, channel, at, unit from delivery;
-- Published without the reason.
create view v_rejection as
select case_id, n, stage, actor, at, char_length(reason) as reason_chars from rejection;

grant select, insert on rejection to :"login";
grant usage on sequence kb_article_id_seq to :"login";
grant select on v_rejection to wl_check, wl_deploy;
