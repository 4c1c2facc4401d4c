-- Dispatchers dispatch, units sign and contact; consults may be answered without a unit; a unit may have to take a case again.

alter table case_file
	add column redo int2 not null default 0,                -- how often followup asked for it again
	add column is_general_desk boolean not null default false, -- intake: nobody could tell
	add column is_report boolean not null default false,
	add column named_units text not null default '',        -- reports: never the lead; joined by commas
	add column is_direct boolean not null default false,    -- the reply needed no unit
	add column no_article boolean not null default false;   -- reply has no article for it (any more)
alter table case_file alter column redo drop default, alter column is_general_desk drop default,
	alter column is_report drop default, alter column named_units drop default, alter column is_direct drop default,
	alter column no_article drop default;

create or replace view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_reply, f.seen_followup, f.state,
	case f.state when 0 then 'UNKNOWN' when 1 then 'DISPATCHED' when 2 then 'IN_PROGRESS' when 3 then 'RESOLVED'
		when 4 then 'CLOSED' when 5 then 'ACCEPTED' when 6 then 'DIRECT' end as state_name,
	f.task, f.unit, f.type, f.category, f.area, f.dispatched_at, f.signed_at, f.contacted_at, f.resolved_at,
	f.sign_due, f.contact_due, f.resolve_due, f.is_provisional, f.closed_at, f.redo, f.is_general_desk, f.is_report,
	f.named_units, f.is_direct, f.no_article
from case_file f;
