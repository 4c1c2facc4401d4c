-- People accept letters, or refuse them on a lawful ground with guidance.

-- Where the letter comes from, which each event repeats; what the classifier thought of it, or what was accepted; until when
-- somebody decides.
alter table case_file
	add column source text,
	add column source_msg_id text,
	add column confidence_pct int2 not null default 0,      -- of the category; 100 when a person chose it
	add column is_general_desk boolean not null default false, -- nobody could tell
	add column named_units text not null default '',        -- bodies that the letter names, joined by commas
	add column kb_article int8 not null default 0,          -- that would answer it; 0 none
	add column accept_due timestamptz,
	add column is_provisional boolean not null default false; -- accept_due reaches into a year without a published calendar
update case_file f set source = s.source, source_msg_id = s.source_msg_id from submission s where s.case_id = f.case_id;
alter table case_file alter column source set not null, alter column source_msg_id set not null,
	alter column confidence_pct drop default, alter column is_general_desk drop default, alter column named_units drop default,
	alter column kb_article drop default, alter column is_provisional drop default;

-- Why a letter was refused, and where its writer should turn. Insert-only; n = 1, later ones after an appeal.
create table refusal (
	case_id int8 not null,
	n int4 not null,
	reason text not null,                    -- intake_reasons.def
	sentence text not null,                  -- what the reason says to the citizen
	guidance text not null,
	actor text not null,
	at timestamptz not null,
	primary key (case_id, n)
);

create or replace view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_followup, f.state,
	case f.state when 0 then 'UNKNOWN' when 1 then 'RECEIVED' when 2 then 'ACCEPTED' when 3 then 'CLOSED'
		when 4 then 'NOT_ACCEPTED' end as state_name,
	f.channel, f.klass, f.type, f.category, f.area, f.received_at, f.closed_at, f.source, f.source_msg_id,
	f.confidence_pct, f.is_general_desk, f.named_units, f.kb_article, f.accept_due, f.is_provisional
from case_file f;
create view v_refusal as select case_id, n, reason, sentence, guidance, actor, at from refusal;

grant select, insert on refusal to :"login";
grant select on v_refusal to wl_reply, wl_check, wl_deploy;
