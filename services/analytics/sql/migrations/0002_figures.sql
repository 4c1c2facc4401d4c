-- breaking
-- The row gets what the city's figures need, and the figures get cells of their own. Rows of before know only what they knew:
-- `./wangli rebuild analytics` makes all anew from the journals.

-- How far each service is, by its own events (analytics_parts.def); state is derived from these four and the redo numbers.
alter table case_file
	add column intake_part int2 not null default 0,
	add column dispatch_part int2 not null default 0,
	add column reply_part int2 not null default 0,
	add column followup_part int2 not null default 0,
	add column redo int2 not null default 0,             -- of dispatch: the redo that it works on
	add column replies int2 not null default 0,          -- of reply: how many were approved
	add column round int2 not null default 0,            -- of followup: its round from 0, or the redo that it asked for
	add column rejects int2 not null default 0,
	add column reply_wd int2 not null default -1,        -- working days from dispatch to the first reply; -1: not both known
	add column confidence int2 not null default 0,
	add column solved int2 not null default 0,           -- 1 yes, 2 partly, 3 no
	add column satisfaction int2 not null default 0,     -- 5 very … 1 not at all
	add column contacted int2 not null default 0,        -- 1 yes, 2 no
	add column flags int2 not null default 0,            -- enum analytics_flag
	add column refusal text,
	add column accept_due timestamptz,
	add column refused_at timestamptz,
	add column sign_due timestamptz,
	add column contact_due timestamptz,
	add column redo_due timestamptz,
	add column last_replied_at timestamptz,
	add column answered_at timestamptz,
	add column rated_at timestamptz;
update case_file set flags = (case when is_on_time then 8 else 0 end) + (case when is_undelivered then 64 else 0 end),
	intake_part = case when accepted_at is not null then 2 when received_at is not null then 1 else 0 end,
	dispatch_part = case when resolved_at is not null then 3 when signed_at is not null then 2
		when dispatched_at is not null then 1 else 0 end,
	reply_part = case when is_undelivered then 5 when delivered_at is not null then 4 when replied_at is not null then 3
		when submitted_at is not null then 1 else 0 end,
	followup_part = case when closed_at is not null then 3 when followed_at is not null then 1 else 0 end,
	replies = case when replied_at is not null then 1 else 0 end, last_replied_at = replied_at,
	answered_at = case when not is_undelivered then delivered_at end;
drop view v_case;
alter table case_file drop column is_on_time, drop column is_undelivered;
alter table case_file alter column intake_part drop default, alter column dispatch_part drop default,
	alter column reply_part drop default, alter column followup_part drop default, alter column redo drop default,
	alter column replies drop default, alter column round drop default, alter column rejects drop default,
	alter column reply_wd drop default, alter column confidence drop default, alter column solved drop default,
	alter column satisfaction drop default, alter column contacted drop default, alter column flags drop default;

-- Dimensions: channel, unit, state, place. place is category and area together: what is hot where; its sums are both alone.
drop view v_cell;
alter table cell add column sub text not null default '';
alter table cell alter column sub drop default;
alter table cell drop constraint cell_pkey, add primary key (day, dim, key, sub);
delete from cell where dim = 'category';
insert into cell (day, dim, key, sub, n)
select f.received_day, 'place', coalesce(f.category, ''), coalesce(f.area, ''), count(*) from case_file f
where f.received_day is not null group by 1, 3, 4;

-- A figure's numerator, denominator and exclusions of a day: analytics_figures.def. unit '': units are not told apart, or none had it.
create table figure (
	day date not null,
	unit text not null,
	code text not null,
	num int8 not null,
	den int8 not null,
	excl int8 not null,
	primary key (day, unit, code)
) with (fillfactor = 50);
grant select, insert, update on figure to :"login";

create view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_dispatch, f.seen_reply, f.seen_followup, f.state,
	case f.state when 0 then 'UNKNOWN' when 10 then 'RECEIVED' when 15 then 'NOT_ACCEPTED' when 20 then 'ACCEPTED'
		when 30 then 'DISPATCHED' when 40 then 'IN_PROGRESS' when 50 then 'REPLY_REVIEW' when 60 then 'REPLIED'
		when 70 then 'FOLLOW_UP' when 75 then 'REDO' when 80 then 'CLOSED' end as state_name,
	f.intake_part, f.dispatch_part, f.reply_part, f.followup_part, f.redo, f.replies, f.round, f.rejects, f.visits,
	case when f.reply_wd >= 0 then f.reply_wd end as reply_wd, f.confidence,
	case f.solved when 1 then 'yes' when 2 then 'partly' when 3 then 'no' end as solved,
	case when f.satisfaction > 0 then f.satisfaction end as satisfaction,
	case f.contacted when 1 then 'yes' when 2 then 'no' else '' end as contacted,
	f.flags, f.flags & 1 <> 0 as is_general_desk,
	case when f.signed_at is not null then f.flags & 2 <> 0 end as is_sign_on_time,
	case when f.contacted_at is not null then f.flags & 4 <> 0 end as is_contact_on_time,
	case when f.resolved_at is not null then f.flags & 8 <> 0 end as is_on_time,
	f.flags & 16 <> 0 as is_redo_on_time, f.flags & 32 <> 0 as is_direct, f.flags & 64 <> 0 as is_undelivered,
	f.received_day, f.channel, f.klass, f.type, f.category, f.area, f.unit, f.refusal, f.reason, f.received_at,
	f.accept_due, f.accepted_at, f.refused_at, f.dispatched_at, f.sign_due, f.signed_at, f.contact_due, f.contacted_at,
	f.resolve_due, f.resolved_at, f.redo_due, f.submitted_at, f.replied_at, f.last_replied_at, f.delivered_at,
	f.answered_at, f.followed_at, f.rated_at, f.closed_at
from case_file f;

-- Each dimension of a day adds up to all its cases; '' counts those that have none yet.
create view v_cell as
select c.day, c.dim, c.key, c.n from cell c where c.dim <> 'place'
union all
select c.day, 'category', c.key, sum(c.n)::int8 from cell c where c.dim = 'place' group by c.day, c.key
union all
select c.day, 'area', c.sub, sum(c.n)::int8 from cell c where c.dim = 'place' group by c.day, c.sub;
create view v_place as select c.day, c.key as category, c.sub as area, c.n from cell c where c.dim = 'place';
create view v_figure as select f.day, f.unit, f.code, f.num, f.den, f.excl from figure f;

-- Which cases a figure counts, on which day and unit, and as what: the way from each figure to its cases. Told from the rows anew, so that
-- check can hold it against the cells. num: in the numerator (M18: working days); den, excl: 1 or 0.
create view v_figure_case as
select c.case_id, t.code, (t.at at time zone 'Asia/Shanghai')::date as day, t.unit, t.num::int8 as num, t.den::int8 as den,
	t.excl::int8 as excl
from v_case c,
lateral (values
	('M03', c.accepted_at, '', (c.is_direct and c.dispatched_at is null)::int, 1, 0),
	('M05', c.sign_due - interval '1 us', coalesce(c.unit, ''), coalesce(c.is_sign_on_time, false)::int, 1, 0),
	('M08', c.contact_due - interval '1 us', coalesce(c.unit, ''), coalesce(c.is_contact_on_time, false)::int, 1, 0),
	('M09', c.rated_at, coalesce(c.unit, ''), (c.dispatched_at is not null
		and (c.contacted = 'yes' or c.contacted = '' and c.contacted_at is not null))::int,
		(c.dispatched_at is not null)::int, (c.dispatched_at is null)::int),
	('M10', c.rated_at, coalesce(c.unit, ''),
		(c.solved = 'yes' and coalesce(c.type, '') not in ('consult', 'suggestion', 'praise'))::int,
		(coalesce(c.type, '') not in ('consult', 'suggestion', 'praise'))::int,
		(coalesce(c.type, '') in ('consult', 'suggestion', 'praise'))::int),
	('M11', c.rated_at, coalesce(c.unit, ''), (coalesce(c.satisfaction, 0) >= 3)::int, 1, 0),
	('M12', c.resolve_due - interval '1 us', coalesce(c.unit, ''), coalesce(c.is_on_time, false)::int, 1, 0),
	('M13', c.dispatched_at, coalesce(c.unit, ''), (c.replied_at is not null)::int, 1, 0),
	('M15', c.replied_at, coalesce(c.unit, ''), (c.redo > 0)::int, 1, 0),
	('M16', c.closed_at, coalesce(c.unit, ''), (c.redo = 0)::int, 1, 0),
	('M18', c.replied_at, coalesce(c.unit, ''), coalesce(c.reply_wd, 0), (c.reply_wd is not null)::int,
		(c.reply_wd is null)::int),
	('M28', c.answered_at, '', 1, 0, 0)
) as t(code, at, unit, num, den, excl)
where t.at is not null;

grant select on v_case, v_cell, v_place, v_figure, v_figure_case to wl_check, wl_deploy;
insert into figure (day, unit, code, num, den, excl)
select v.day, v.unit, v.code, sum(v.num)::int8, sum(v.den)::int8, sum(v.excl)::int8 from v_figure_case v
group by v.day, v.unit, v.code;
