-- One marker a transaction: it names all cases to whose journals the transaction appended and up to where. It goes when every subscriber
-- has answered for each of them; when its lease runs out it is split into rows of pending, one a case and group that is missing.
\if :{?producer}
\else
	select current_schema() as producer \gset
\endif

create table batch_marker (
	case_id int8 not null,                   -- the lowest of cases: the key
	batch int8 not null,                     -- unique a process and transaction
	cases int8[] not null,
	upto_seqs int4[] not null,               -- in the order of cases
	next_at timestamptz not null,            -- real time: when the lease ends
	primary key (case_id, batch)
);
grant select, insert, update, delete on batch_marker to :"login";

-- What stood for all subscribers by case, before.
insert into pending (case_id, grp, upto_seq, next_at)
select p.case_id, s.grp, p.upto_seq, p.next_at from pending p, v_stream s where p.grp = '*'
on conflict (case_id, grp) do update set upto_seq = greatest(pending.upto_seq, excluded.upto_seq);
delete from pending where grp = '*';

create view v_batch_marker as select case_id, batch, cases, upto_seqs, next_at from batch_marker;
-- A row a case and group, whichever marker says so.
create or replace view v_pending as
select p.case_id, p.grp, max(p.upto_seq) as upto_seq, min(p.next_at) as next_at, max(p.attempts) as attempts
from (
	select q.case_id, q.grp, q.upto_seq, q.next_at, q.attempts from pending q
	union all
	select u.case_id, s.grp, u.upto_seq, b.next_at, 0
	from batch_marker b, unnest(b.cases, b.upto_seqs) as u(case_id, upto_seq), v_stream s) as p
group by p.case_id, p.grp;
grant select on v_batch_marker to wl_check, wl_deploy;
\unset producer
