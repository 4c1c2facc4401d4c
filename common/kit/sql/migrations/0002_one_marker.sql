-- One marker a commit: group '*' stands for every subscriber of streams.def that has not answered; when its lease runs out it is split
-- into one row a group. A command whose result is no more than "done" is found in the journal, which it wrote anyway.
-- psql's variable `producer` names the streams' producer where it is not the schema (tests).
\if :{?producer}
\else
	select current_schema() as producer \gset
\endif

alter table journal add column command_id text;
create or replace view v_journal as select case_id, seq, at, type, actor, body, body_digest, hash, command_id from journal;

-- Who is meant by '*', as in proto/streams.def; a test compares.
create view v_stream as
select s.producer, s.grp from (values ('intake', 'dispatch'), ('intake', 'reply'), ('intake', 'analytics'),
	('dispatch', 'reply'), ('dispatch', 'analytics'),
	('reply', 'dispatch'), ('reply', 'followup'), ('reply', 'analytics'),
	('followup', 'intake'), ('followup', 'dispatch'), ('followup', 'reply'), ('followup', 'analytics')) as s(producer, grp)
where s.producer = :'producer';

-- A row a group, as before.
create or replace view v_pending as
select p.case_id, coalesce(s.grp, p.grp) as grp, max(p.upto_seq) as upto_seq, min(p.next_at) as next_at, max(p.attempts) as attempts
from pending p left join v_stream s on p.grp = '*'
group by p.case_id, coalesce(s.grp, p.grp);
grant select on v_stream to wl_check, wl_deploy;
\unset producer
