-- The citizen's rating, and rounds: one more after each redo.

alter table case_file
	add column round int2 not null default 0,            -- 1: of the first answer
	add column redo int2 not null default 0;             -- how often the unit was asked to answer again
update case_file set round = 1 where state > 0;
alter table case_file alter column round drop default, alter column redo drop default;

-- visits and planned count all rounds; row 2k may be the rating that visit k led to.
alter table visit
	drop constraint visit_what_check,
	add constraint visit_what_check check (what in ('asked', 'silent', 'rated')),
	add column round int2 not null default 1,
	add column solved text check (solved in ('yes', 'partly', 'no')),
	add column satisfaction int2 check (satisfaction between 1 and 5),
	add column contacted text check (contacted in ('yes', 'no', '')),  -- whether the unit had contacted the citizen
	add column remark text,                              -- in the citizen's own words; in no event
	add constraint visit_rating_check check ((what = 'rated') = (solved is not null)
		and (solved is null) = (satisfaction is null) and (solved is null) = (contacted is null));
alter table visit alter column round drop default;

create or replace view v_case as
select f.case_id, f.version, f.seq, f.head, f.seen_reply, f.state,
	case f.state when 0 then 'UNKNOWN' when 1 then 'FOLLOWING' when 2 then 'CLOSED' when 3 then 'REDOING' end as state_name,
	f.plan, f.visits, f.planned, f.is_undelivered, f.type, f.rating, f.reason, f.delivered_at, f.next_at,
	f.closed_at, f.round, f.redo
from case_file f;
-- Published without the remark.
create or replace view v_visit as
select case_id, n, visit, what, means, at, round, solved, satisfaction, contacted, char_length(remark) as remark_chars
from visit;
