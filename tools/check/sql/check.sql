-- Proofs over the published views, each read in one snapshot as wl_check. Every invariant has two statements: how much it looked at
-- (iN_count), and what offends (iN): the case's id or the thing's name, what is wrong, and how many offend in all; 20 at most.

-- name: i1_count
select count(*) from intake.v_submission;

-- name: i1
-- Every receipt is one case: the submission has its case, and the case's journal begins with that digest and only once.
with received as (
	select j.case_id, count(*) as n, min(j.seq) as seq from intake.v_journal j
	where j.type = 'intake.received.v1' group by j.case_id),
wrong(id, what) as (
	select s.case_id, 'a submission without its case' from intake.v_submission s
	left join intake.v_case c on c.case_id = s.case_id where c.case_id is null
	union all
	select s.case_id, 'the digest is not the one that was journalled' from intake.v_submission s
	join intake.v_journal j on j.case_id = s.case_id and j.seq = 1
	where position(s.digest in j.body) = 0 and octet_length(j.body) > 0
	union all
	select c.case_id, 'a case without a submission' from intake.v_case c
	left join intake.v_submission s on s.case_id = c.case_id where s.case_id is null
	union all
	select c.case_id, 'received ' || coalesce(r.n, 0) || ' times' from intake.v_case c
	left join received r on r.case_id = c.case_id where r.n is distinct from 1 or r.seq <> 1
	union all
	select s.case_id, 'case and submission were received at two times' from intake.v_submission s
	join intake.v_case c on c.case_id = s.case_id where c.received_at <> s.received_at
	union all
	select s.case_id, 'case and submission name two letters' from intake.v_submission s
	join intake.v_case c on c.case_id = s.case_id where (c.source, c.source_msg_id) <> (s.source, s.source_msg_id)
	union all
	select t.case_id, 'a contact without its case' from intake.v_contact t
	left join intake.v_case c on c.case_id = t.case_id where c.case_id is null
	union all
	select coalesce(c.case_id, l.case_id), 'case and letter are not both there' from intake.v_case c
	full join (select r.case_id from intake.v_letter_row r where r.n = 1) l on l.case_id = c.case_id
	where c.case_id is null or l.case_id is null
	union all
	select r.case_id, 'row ' || r.n || ' of a letter that no case has' from intake.v_letter_row r
	left join intake.v_case c on c.case_id = r.case_id where c.case_id is null
	union all
	select a.case_id, 'attachments that no case has' from intake.v_attachment a
	left join intake.v_case c on c.case_id = a.case_id where c.case_id is null
	union all
	-- The entry's last field, 19, is how many came along: tag \x9801, which ends no body otherwise.
	select coalesce(a.case_id, e.case_id), 'not the attachments that its entry counts' from (
		select t.case_id, count(*)::int4 as n, max(t.n) as last from intake.v_attachment t group by t.case_id) a
	full join (select j.case_id, get_byte(j.body, octet_length(j.body) - 1) as n from intake.v_journal j
		where j.seq = 1 and octet_length(j.body) > 2 and substr(j.body, octet_length(j.body) - 2, 2) = '\x9801'::bytea) e
		on e.case_id = a.case_id
	where a.n is distinct from e.n or a.n <> a.last
	union all
	select coalesce(r.case_id, a.case_id), 'the answer does not go to who wrote' from (
		select r.case_id from reply.v_case r where r.has_letter) r
	full join reply.v_addressee a on a.case_id = r.case_id
	left join intake.v_submission s on s.case_id = a.case_id
	left join intake.v_case c on c.case_id = a.case_id
	where (r.case_id, a.n, a.source, a.source_msg_id, a.channel) is distinct from
		(a.case_id, 1, s.source, s.source_msg_id, c.channel))
select w.id::text, w.what, count(*) over () from wrong w order by w.id limit 20;

-- name: i2_count
select count(*) from intake.v_submission;

-- name: i2
-- One case a (source, source_msg_id), and one submission a case as long as cases are not merged.
with wrong(id, what) as (
	select min(s.case_id), 'one source_msg_id was taken ' || count(*) || ' times' from intake.v_submission s
	group by s.source, s.source_msg_id having count(*) > 1
	union all
	select s.case_id, count(*) || ' submissions have this case' from intake.v_submission s
	group by s.case_id having count(*) > 1)
select w.id::text, w.what, count(*) over () from wrong w order by w.id limit 20;

-- name: i3_count
select (select count(*) from intake.v_case) * 3 + (select count(*) from dispatch.v_case) * 2 + (select count(*) from reply.v_case) * 3 + (select count(*) from followup.v_case) * 4;

-- name: i3
-- proto/streams.def: no subscriber is ahead of a producer, and none is behind without a marker that says so, unless the rest is set
-- aside there (law 12): in order, without a hole, as the producer's journal has it.
with stream(producer, grp, case_id, seq, seen, upto_seq) as (
	select 'intake', 'dispatch', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_intake, 0), coalesce(m.upto_seq, 0)
	from intake.v_case p full join dispatch.v_case g on g.case_id = p.case_id
	left join intake.v_pending m on m.case_id = p.case_id and m.grp = 'dispatch'
	union all
	select 'intake', 'reply', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_intake, 0), coalesce(m.upto_seq, 0)
	from intake.v_case p full join reply.v_case g on g.case_id = p.case_id
	left join intake.v_pending m on m.case_id = p.case_id and m.grp = 'reply'
	union all
	select 'intake', 'analytics', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_intake, 0), coalesce(m.upto_seq, 0)
	from intake.v_case p full join analytics.v_case g on g.case_id = p.case_id
	left join intake.v_pending m on m.case_id = p.case_id and m.grp = 'analytics'
	union all
	select 'dispatch', 'reply', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_dispatch, 0), coalesce(m.upto_seq, 0)
	from dispatch.v_case p full join reply.v_case g on g.case_id = p.case_id
	left join dispatch.v_pending m on m.case_id = p.case_id and m.grp = 'reply'
	union all
	select 'dispatch', 'analytics', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_dispatch, 0), coalesce(m.upto_seq, 0)
	from dispatch.v_case p full join analytics.v_case g on g.case_id = p.case_id
	left join dispatch.v_pending m on m.case_id = p.case_id and m.grp = 'analytics'
	union all
	select 'reply', 'dispatch', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_reply, 0), coalesce(m.upto_seq, 0)
	from reply.v_case p full join dispatch.v_case g on g.case_id = p.case_id
	left join reply.v_pending m on m.case_id = p.case_id and m.grp = 'dispatch'
	union all
	select 'reply', 'followup', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_reply, 0), coalesce(m.upto_seq, 0)
	from reply.v_case p full join followup.v_case g on g.case_id = p.case_id
	left join reply.v_pending m on m.case_id = p.case_id and m.grp = 'followup'
	union all
	select 'reply', 'analytics', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_reply, 0), coalesce(m.upto_seq, 0)
	from reply.v_case p full join analytics.v_case g on g.case_id = p.case_id
	left join reply.v_pending m on m.case_id = p.case_id and m.grp = 'analytics'
	union all
	select 'followup', 'intake', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_followup, 0), coalesce(m.upto_seq, 0)
	from followup.v_case p full join intake.v_case g on g.case_id = p.case_id
	left join followup.v_pending m on m.case_id = p.case_id and m.grp = 'intake'
	union all
	select 'followup', 'dispatch', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_followup, 0), coalesce(m.upto_seq, 0)
	from followup.v_case p full join dispatch.v_case g on g.case_id = p.case_id
	left join followup.v_pending m on m.case_id = p.case_id and m.grp = 'dispatch'
	union all
	select 'followup', 'reply', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_followup, 0), coalesce(m.upto_seq, 0)
	from followup.v_case p full join reply.v_case g on g.case_id = p.case_id
	left join followup.v_pending m on m.case_id = p.case_id and m.grp = 'reply'
	union all
	select 'followup', 'analytics', coalesce(p.case_id, g.case_id), coalesce(p.seq, 0), coalesce(g.seen_followup, 0), coalesce(m.upto_seq, 0)
	from followup.v_case p full join analytics.v_case g on g.case_id = p.case_id
	left join followup.v_pending m on m.case_id = p.case_id and m.grp = 'analytics'),
aside(grp, case_id, producer, seq, state, type, at, body, body_digest, owner, reason, done_by, is_done) as (
	select 'intake', k.case_id, k.producer, k.seq, k.state, k.type, k.at, k.body, k.body_digest, k.owner, k.reason, k.done_by,
		k.done_at is not null from intake.v_parked k
	union all
	select 'dispatch', k.case_id, k.producer, k.seq, k.state, k.type, k.at, k.body, k.body_digest, k.owner, k.reason, k.done_by,
		k.done_at is not null from dispatch.v_parked k
	union all
	select 'reply', k.case_id, k.producer, k.seq, k.state, k.type, k.at, k.body, k.body_digest, k.owner, k.reason, k.done_by,
		k.done_at is not null from reply.v_parked k
	union all
	select 'followup', k.case_id, k.producer, k.seq, k.state, k.type, k.at, k.body, k.body_digest, k.owner, k.reason, k.done_by,
		k.done_at is not null from followup.v_parked k
	union all
	select 'analytics', k.case_id, k.producer, k.seq, k.state, k.type, k.at, k.body, k.body_digest, k.owner, k.reason, k.done_by,
		k.done_at is not null from analytics.v_parked k),
-- how far it goes for a subscriber, a case and a producer
behind(grp, case_id, producer, upto, skipped, n) as (
	select a.grp, a.case_id, a.producer, max(a.seq) filter (where a.state <> 2), coalesce(max(a.seq) filter (where a.state = 3), 0),
		count(*) filter (where a.state = 1)
	from aside a group by a.grp, a.case_id, a.producer),
written(producer, case_id, seq, type, at, body, body_digest) as (
	select 'intake', j.case_id, j.seq, j.type, j.at, j.body, j.body_digest from intake.v_journal j
	where j.case_id in (select a.case_id from aside a)
	union all
	select 'dispatch', j.case_id, j.seq, j.type, j.at, j.body, j.body_digest from dispatch.v_journal j
	where j.case_id in (select a.case_id from aside a)
	union all
	select 'reply', j.case_id, j.seq, j.type, j.at, j.body, j.body_digest from reply.v_journal j
	where j.case_id in (select a.case_id from aside a)
	union all
	select 'followup', j.case_id, j.seq, j.type, j.at, j.body, j.body_digest from followup.v_journal j
	where j.case_id in (select a.case_id from aside a)),
known(service, case_id) as (
	select 'intake', c.case_id from intake.v_case c
	union all
	select 'dispatch', c.case_id from dispatch.v_case c
	union all
	select 'reply', c.case_id from reply.v_case c
	union all
	select 'followup', c.case_id from followup.v_case c
	union all
	select 'analytics', c.case_id from analytics.v_case c),
marker(service, case_id, grp) as (
	select 'intake', m.case_id, m.grp from intake.v_pending m
	union all
	select 'dispatch', m.case_id, m.grp from dispatch.v_pending m
	union all
	select 'reply', m.case_id, m.grp from reply.v_pending m
	union all
	select 'followup', m.case_id, m.grp from followup.v_pending m
	union all
	select 'analytics', m.case_id, m.grp from analytics.v_pending m),
-- what stands beside the rows of cases; analytics has markers for channels alone, as it produces nothing and nobody commands it
beside(service, what, case_id) as (
	select m.service, 'marker', m.case_id from marker m
	union all
	select 'intake', 'timer', t.case_id from intake.v_timer t
	union all
	select 'dispatch', 'timer', t.case_id from dispatch.v_timer t
	union all
	select 'reply', 'timer', t.case_id from reply.v_timer t
	union all
	select 'followup', 'timer', t.case_id from followup.v_timer t
	union all
	select 'intake', 'command', c.case_id from intake.v_command c
	union all
	select 'dispatch', 'command', c.case_id from dispatch.v_command c
	union all
	select 'reply', 'command', c.case_id from reply.v_command c
	union all
	select 'followup', 'command', c.case_id from followup.v_command c
	union all
	select 'analytics', 'marker', m.case_id from analytics.v_batch_marker m
	union all
	select 'analytics', 'timer', t.case_id from analytics.v_timer t
	union all
	select 'analytics', 'command', c.case_id from analytics.v_command c
	union all
	select 'analytics', 'journal', j.case_id from analytics.v_journal j),
wrong(id, what) as (
	select b.case_id, b.service || ' has a ' || b.what || ' of a case that is not its own' from beside b
	left join known k on k.service = b.service and k.case_id = b.case_id where k.case_id is null
	union all
	select m.case_id, m.service || ' has a marker for ' || m.grp || ', which does not listen to it' from marker m
	where not exists (select s.grp from stream s where s.producer = m.service and s.grp = m.grp)
		and not (m.service = 'reply' and m.grp like 'deliver/%')
		and not (m.service = 'analytics' and m.grp like 'status/%')
	union all
	select r.case_id, 'reply has a marker for ' || m.grp || ' beyond its journal' from reply.v_pending m
	join reply.v_case r on r.case_id = m.case_id -- a claim's own entry needs no other delivery
	where m.grp like 'deliver/%' and m.upto_seq > r.seq - case when r.state_name in ('SENDING', 'NOTICE_SENDING') then 1 else 0 end
	union all
	select m.case_id, 'analytics has a marker for ' || m.grp || ' beyond what is to be told' from analytics.v_pending m
	left join analytics.v_status t on t.case_id = m.case_id where m.upto_seq > coalesce(t.version, 0)
	union all
	select s.case_id, s.grp || ' saw ' || s.seen || ' of ' || s.producer || ', which has only ' || s.seq from stream s
	where s.seen > s.seq
	union all
	select s.case_id, s.grp || ' saw ' || s.seen || ' of ' || s.producer || '''s ' || s.seq || ', and no marker stands' from stream s
	left join behind b on b.grp = s.grp and b.case_id = s.case_id and b.producer = s.producer
	where s.seen < s.seq and s.upto_seq < s.seq and coalesce(b.upto, 0) < s.seq
	union all
	select a.case_id, a.grp || ' has set aside ' || a.seq || ' of ' || a.producer || ', which is not what was written' from aside a
	left join written w on w.producer = a.producer and w.case_id = a.case_id and w.seq = a.seq
	where (w.type, w.at, w.body_digest) is distinct from (a.type, a.at, a.body_digest)
		or octet_length(w.body) > 0 and w.body <> a.body
	union all
	select s.case_id, s.grp || ' has set aside of ' || s.producer || ' with a hole, or what has taken effect' from stream s
	join behind b on b.grp = s.grp and b.case_id = s.case_id and b.producer = s.producer
	where b.n > 0 and b.upto - greatest(s.seen, b.skipped) <> b.n
	union all
	select a.case_id, a.grp || ' has applied ' || a.seq || ' of ' || a.producer || ', and has not seen it' from aside a
	left join stream s on s.grp = a.grp and s.case_id = a.case_id and s.producer = a.producer
	where a.state = 2 and a.seq > coalesce(s.seen, 0)
	union all
	select a.case_id, a.grp || ' has set aside ' || a.seq || ' of ' || a.producer || ', and nobody has it, or nobody says why it went' from aside a
	where a.owner = '' or a.is_done <> (a.state <> 1) or (a.done_by = '') <> (a.state = 1) or a.state = 3 and a.reason = ''
	union all
	select s.case_id, s.producer || ' has a marker for ' || s.grp || ' beyond its journal' from stream s
	where s.upto_seq > s.seq)
select w.id::text, w.what, count(*) over () from wrong w order by w.id limit 20;

-- name: i4_count
select (select count(*) from intake.v_journal) + (select count(*) from dispatch.v_journal) + (select count(*) from reply.v_journal) + (select count(*) from followup.v_journal);

-- name: i4
-- Journals are gapless and end where their row says; each entry may follow the one before it, and each state the last one. The
-- tables here are those of the services' cores; a new step needs a row here.
with step(service, before, type) as (values
	('intake', '', 'intake.received.v1'), ('intake', 'intake.received.v1', 'intake.accepted.v1'),
	('intake', 'intake.received.v1', 'intake.refused.v1'),
	('dispatch', '', 'dispatch.dispatched.v1'), ('dispatch', 'dispatch.dispatched.v1', 'dispatch.signed.v1'),
	('dispatch', 'dispatch.signed.v1', 'dispatch.contacted.v1'),
	('dispatch', 'dispatch.contacted.v1', 'dispatch.resolved.v1'),
	('dispatch', 'dispatch.signed.v1', 'dispatch.resolved.v1'), -- nobody contacted the citizen
	('dispatch', '', 'dispatch.resolved.v1'), -- answered directly
	('dispatch', 'dispatch.dispatched.v1', 'dispatch.resolved.v1'), -- the same, while it was dispatched
	('dispatch', 'dispatch.resolved.v1', 'dispatch.redispatched.v1'),
	('dispatch', 'dispatch.redispatched.v1', 'dispatch.contacted.v1'),
	('dispatch', 'dispatch.redispatched.v1', 'dispatch.resolved.v1'),
	('reply', '', 'reply.submitted.v1'), ('reply', '', 'reply.no_article.v1'),
	('reply', '', 'reply.notified.v1'), ('reply', '', 'reply.unnotified.v1'),
	('reply', 'reply.no_article.v1', 'reply.submitted.v1'), ('reply', 'reply.submitted.v1', 'reply.approved.v1'),
	('reply', 'reply.submitted.v1', 'reply.rejected.v1'), ('reply', 'reply.approved.v1', 'reply.approved.v1'),
	('reply', 'reply.approved.v1', 'reply.rejected.v1'), ('reply', 'reply.approved.v1', 'reply.replied.v1'),
	('reply', 'reply.rejected.v1', 'reply.submitted.v1'),
	('reply', 'reply.replied.v1', 'reply.delivered.v1'), ('reply', 'reply.replied.v1', 'reply.undeliverable.v1'),
	('reply', 'reply.replied.v1', 'reply.sending.v1'), ('reply', '', 'reply.sending.v1'), -- a reply, or a notice, is claimed
	('reply', 'reply.sending.v1', 'reply.delivered.v1'), ('reply', 'reply.sending.v1', 'reply.undeliverable.v1'),
	('reply', 'reply.sending.v1', 'reply.notified.v1'), ('reply', 'reply.sending.v1', 'reply.unnotified.v1'),
	('reply', 'reply.sending.v1', 'reply.in_doubt.v1'), ('reply', 'reply.in_doubt.v1', 'reply.resent.v1'),
	('reply', 'reply.in_doubt.v1', 'reply.delivered.v1'), ('reply', 'reply.in_doubt.v1', 'reply.undeliverable.v1'),
	('reply', 'reply.in_doubt.v1', 'reply.notified.v1'), ('reply', 'reply.in_doubt.v1', 'reply.unnotified.v1'),
	('reply', 'reply.resent.v1', 'reply.sending.v1'), ('reply', 'reply.resent.v1', 'reply.delivered.v1'),
	('reply', 'reply.resent.v1', 'reply.undeliverable.v1'), ('reply', 'reply.resent.v1', 'reply.notified.v1'),
	('reply', 'reply.resent.v1', 'reply.unnotified.v1'),
	('reply', 'reply.delivered.v1', 'reply.submitted.v1'), ('reply', 'reply.undeliverable.v1', 'reply.submitted.v1'),
	('followup', '', 'followup.started.v1'), ('followup', 'followup.started.v1', 'followup.visited.v1'),
	('followup', 'followup.visited.v1', 'followup.silent.v1'), ('followup', 'followup.silent.v1', 'followup.visited.v1'),
	('followup', 'followup.silent.v1', 'followup.closed.v1'), ('followup', 'followup.visited.v1', 'followup.rated.v1'),
	('followup', 'followup.rated.v1', 'followup.redo.v1'), ('followup', 'followup.rated.v1', 'followup.closed.v1'),
	('followup', 'followup.redo.v1', 'followup.started.v1')),
reached(service, type, state) as (values
	('intake', 'intake.received.v1', 'RECEIVED'), ('intake', 'intake.accepted.v1', 'ACCEPTED'),
	('intake', 'intake.accepted.v1', 'CLOSED'), ('intake', 'intake.refused.v1', 'NOT_ACCEPTED'),
	('dispatch', '', 'UNKNOWN'), ('dispatch', '', 'ACCEPTED'), ('dispatch', '', 'DIRECT'), ('dispatch', '', 'CLOSED'),
	('dispatch', 'dispatch.dispatched.v1', 'DISPATCHED'), ('dispatch', 'dispatch.redispatched.v1', 'IN_PROGRESS'),
	('dispatch', 'dispatch.signed.v1', 'IN_PROGRESS'), ('dispatch', 'dispatch.contacted.v1', 'IN_PROGRESS'),
	('dispatch', 'dispatch.resolved.v1', 'RESOLVED'), ('dispatch', 'dispatch.resolved.v1', 'CLOSED'),
	('reply', '', 'UNKNOWN'), ('reply', '', 'OPEN'), ('reply', 'reply.submitted.v1', 'SUBMITTED'),
	('reply', 'reply.approved.v1', 'LEAD_APPROVED'), ('reply', 'reply.approved.v1', 'APPROVED'),
	('reply', 'reply.replied.v1', 'REPLIED'), ('reply', 'reply.delivered.v1', 'DELIVERED'),
	('reply', 'reply.delivered.v1', 'CLOSED'), ('reply', 'reply.undeliverable.v1', 'UNDELIVERABLE'),
	('reply', 'reply.undeliverable.v1', 'CLOSED'), ('reply', 'reply.no_article.v1', 'UNKNOWN'),
	('reply', 'reply.no_article.v1', 'OPEN'), ('reply', 'reply.rejected.v1', 'OPEN'),
	('reply', 'reply.delivered.v1', 'OPEN'), ('reply', 'reply.undeliverable.v1', 'OPEN'),
	('reply', 'reply.sending.v1', 'SENDING'), ('reply', 'reply.in_doubt.v1', 'IN_DOUBT'), ('reply', 'reply.resent.v1', 'REPLIED'),
	('reply', 'reply.sending.v1', 'NOTICE_SENDING'), ('reply', 'reply.in_doubt.v1', 'NOTICE_IN_DOUBT'),
	('reply', 'reply.resent.v1', 'NOTICE'),
	('reply', '', 'NOTICE'), ('reply', 'reply.notified.v1', 'NOTIFIED'), ('reply', 'reply.unnotified.v1', 'NOTIFIED'),
	('followup', '', 'UNKNOWN'), ('followup', 'followup.started.v1', 'FOLLOWING'),
	('followup', 'followup.visited.v1', 'FOLLOWING'), ('followup', 'followup.silent.v1', 'FOLLOWING'),
	('followup', 'followup.closed.v1', 'CLOSED'), ('followup', 'followup.redo.v1', 'REDOING')),
journal(service, case_id, seq, type, before, n, next) as (
	select 'intake', j.case_id, j.seq, j.type, lag(j.type, 1, '') over w, row_number() over w, lead(j.seq) over w
	from intake.v_journal j window w as (partition by j.case_id order by j.seq)
	union all
	select 'dispatch', j.case_id, j.seq, j.type, lag(j.type, 1, '') over w, row_number() over w, lead(j.seq) over w
	from dispatch.v_journal j window w as (partition by j.case_id order by j.seq)
	union all
	select 'reply', j.case_id, j.seq, j.type, lag(j.type, 1, '') over w, row_number() over w, lead(j.seq) over w
	from reply.v_journal j window w as (partition by j.case_id order by j.seq)
	union all
	select 'followup', j.case_id, j.seq, j.type, lag(j.type, 1, '') over w, row_number() over w, lead(j.seq) over w
	from followup.v_journal j window w as (partition by j.case_id order by j.seq)),
case_row(service, case_id, seq, state) as (
	select 'intake', c.case_id, c.seq, c.state_name from intake.v_case c
	union all
	select 'dispatch', c.case_id, c.seq, c.state_name from dispatch.v_case c
	union all
	select 'reply', c.case_id, c.seq, c.state_name from reply.v_case c
	union all
	select 'followup', c.case_id, c.seq, c.state_name from followup.v_case c),
last(service, case_id, seq, type) as (
	select j.service, j.case_id, j.seq, j.type from journal j where j.next is null),
-- rows that stand beside the journal: the n-th of a case belongs to the n-th entry of that type
called(what, case_id, n, at) as (
	select 'refusal', j.case_id, row_number() over (partition by j.case_id order by j.seq), j.at
	from intake.v_journal j where j.type = 'intake.refused.v1'
	union all
	select 'task', j.case_id, row_number() over (partition by j.case_id order by j.seq), j.at
	from dispatch.v_journal j where j.type in ('dispatch.dispatched.v1', 'dispatch.redispatched.v1')
	union all
	select 'visit', j.case_id, row_number() over (partition by j.case_id order by j.seq), j.at
	from followup.v_journal j where j.type in ('followup.visited.v1', 'followup.silent.v1',
		'followup.rated.v1')),
beside(what, case_id, n, at) as (
	select 'refusal', r.case_id, r.n, r.at from intake.v_refusal r
	union all
	select 'task', t.case_id, t.n, t.dispatched_at from dispatch.v_task t
	union all
	select 'visit', v.case_id, row_number() over (partition by v.case_id order by v.n), v.at from followup.v_visit v),
-- what a row repeats of an entry's body (protobuf: the field's tag, then a number or a short text with its length)
number(case_id, type, what, tag, n) as (
	select c.case_id, 'intake.received.v1', 'accept_due', '\x8001'::bytea, (extract(epoch from c.accept_due) * 1000000)::int8
	from intake.v_case c where c.accept_due is not null
	union all
	select c.case_id, 'intake.received.v1', 'is_provisional', '\x8801', 1 from intake.v_case c where c.is_provisional
	union all
	select c.case_id, t.type, v.what, v.tag, v.n
	from intake.v_case c,
	lateral (values (case when c.state_name in ('RECEIVED', 'NOT_ACCEPTED') then 'intake.received.v1'
		else 'intake.accepted.v1' end)) as t(type),
	lateral (values ('intake.received.v1', 'confidence_pct', '\x60'::bytea, c.confidence_pct::int8),
		('intake.received.v1', 'is_general_desk', '\x68', c.is_general_desk::int4),
		('intake.accepted.v1', 'confidence_pct', '\x20', c.confidence_pct),
		('intake.accepted.v1', 'is_general_desk', '\x28', c.is_general_desk::int4),
		('intake.accepted.v1', 'kb_article', '\x78', c.kb_article)) as v(type, what, tag, n)
	where v.type = t.type and v.n <> 0
	union all
	select r.case_id, 'intake.refused.v1', 'guidance', '\x38', char_length(r.guidance) from intake.v_refusal r),
told(case_id, type, what, bytes) as (
	select n.case_id, n.type, n.what, n.tag || (
		select string_agg(set_byte('\x00', 0, (n.n >> 7 * i & 127)::int4 + case when n.n >> 7 * (i + 1) > 0 then 128 else 0 end),
			'' order by i) from generate_series(0, 8) as i where i = 0 or n.n >> 7 * i > 0)
	from number n
	union all
	select r.case_id, 'intake.refused.v1', 'reason', '\x0a' || set_byte('\x00', 0, octet_length(r.reason)) || convert_to(r.reason, 'utf8')
	from intake.v_refusal r where octet_length(r.reason) < 128),
-- visits in followup: the entry says which round it was, counted by the starts before it, and what is in its body
followup_called(case_id, n, what, round, body) as (
	select e.case_id, row_number() over (partition by e.case_id order by e.seq), e.what, e.round, e.body
	from (select j.case_id, j.seq, j.body, case j.type when 'followup.visited.v1' then 'asked' when 'followup.silent.v1' then 'silent'
				when 'followup.rated.v1' then 'rated' end as what,
			count(*) filter (where j.type = 'followup.started.v1') over (partition by j.case_id order by j.seq) as round
		from followup.v_journal j) e
	where e.what is not null),
followup_beside(case_id, n, visit, what, round, means, in_body) as (
	-- protobuf: fields 2 solved, 3 satisfaction, 4 contacted (left out when empty), 5 round stand one behind the other
	select v.case_id, row_number() over (partition by v.case_id order by v.n), v.visit, v.what, v.round, convert_to(v.means, 'UTF8'),
		case v.what when 'rated' then convert_to(v.solved, 'UTF8') || '\x18'::bytea || set_byte('\x00', 0, v.satisfaction)
			|| case v.contacted when '' then '' else '\x22'::bytea || set_byte('\x00', 0, octet_length(v.contacted))
				|| convert_to(v.contacted, 'UTF8') end || '\x28'::bytea else '' end
	from followup.v_visit v),
-- the same in reply, where the entry says more: who, and something that stands in its body
reply_called(what, case_id, n, at, actor, body) as (
	select t.what, j.case_id, row_number() over (partition by j.case_id, t.what order by j.seq), j.at, t.actor, j.body
	from reply.v_journal j, lateral (values ('draft', 'reply.submitted.v1', j.actor),
		('rejection', 'reply.rejected.v1', j.actor), ('delivery', 'reply.replied.v1', ''),
		-- what a person found out of a claim that was in doubt: it had arrived, or it goes out again
		('verification', 'reply.resent.v1', 'false ' || j.actor), ('verification', 'reply.delivered.v1', 'true ' || j.actor),
		('verification', 'reply.notified.v1', 'true ' || j.actor)) as t(what, type, actor)
	where j.type = t.type and (t.what <> 'verification' or j.actor <> 'system')),
reply_beside(what, case_id, n, at, actor, in_body) as (
	select 'draft', d.case_id, d.n, d.at, d.actor, d.text_digest from reply.v_draft d
	union all
	select 'rejection', r.case_id, row_number() over (partition by r.case_id order by r.n), r.at, r.actor,
		case r.stage when 1 then 'unit_lead' when 2 then 'reviewer' else '?' end::bytea
	from reply.v_rejection r
	union all
	select 'delivery', d.case_id, row_number() over (partition by d.case_id order by d.n), d.at, '',
		convert_to(d.delivery_id, 'UTF8')
	from reply.v_delivery d where d.n > 0
	union all
	-- protobuf: the fence is field 5 of a delivery, field 2 of one that goes out again, behind the delivery's name
	select 'verification', v.case_id, row_number() over (partition by v.case_id order by v.n, v.fence), v.at, v.was_delivered || ' ' || v.actor,
		case when v.was_delivered then '\x28'::bytea else convert_to('/' || v.n, 'UTF8') || '\x10'::bytea end
			|| set_byte('\x00', 0, v.fence & 127)
	from reply.v_verification v),
-- claims of the present delivery: how many, and the last one's entry
reply_claims(case_id, n, body) as (
	select j.case_id, count(*), (array_agg(j.body order by j.seq desc))[1] from reply.v_journal j
	where j.type = 'reply.sending.v1' and not exists (select r.seq from reply.v_journal r
		where r.case_id = j.case_id and r.type = 'reply.replied.v1' and r.seq > j.seq)
	group by j.case_id),
-- times on a row that are those of an entry of the journal
stamp(service, case_id, type, at) as (
	select 'intake', c.case_id, 'intake.received.v1', c.received_at from intake.v_case c
	union all
	select 'dispatch', c.case_id, t.type, t.at from dispatch.v_case c, lateral (values
		('dispatch.dispatched.v1', c.dispatched_at), ('dispatch.signed.v1', c.signed_at),
		('dispatch.contacted.v1', c.contacted_at)) as t(type, at)
	union all
	select 'reply', c.case_id, case c.state_name when 'NOTIFIED' then 'reply.notified.v1' else 'reply.delivered.v1' end,
		c.delivered_at from reply.v_case c
	union all
	select 'followup', c.case_id, 'followup.closed.v1', c.closed_at from followup.v_case c),
entry(service, case_id, type, at) as (
	select 'intake', j.case_id, j.type, max(j.at) from intake.v_journal j group by j.case_id, j.type
	union all
	select 'dispatch', j.case_id, j.type, max(j.at) from dispatch.v_journal j group by j.case_id, j.type
	union all
	select 'reply', j.case_id, j.type, max(j.at) from reply.v_journal j group by j.case_id, j.type
	union all
	select 'followup', j.case_id, j.type, max(j.at) from followup.v_journal j group by j.case_id, j.type),
wrong(id, what) as (
	select coalesce(c.case_id, b.case_id), 'journal and rows differ at ' || coalesce(c.what, b.what) || ' ' || coalesce(c.n, b.n)
	from called c full join beside b on b.what = c.what and b.case_id = c.case_id and b.n = c.n
	where c.at is distinct from b.at
	union all
	select s.case_id, 'the row and ' || s.type || ' are of two times' from stamp s
	left join entry e on e.service = s.service and e.case_id = s.case_id and e.type = s.type
	where s.at is distinct from e.at
	union all
	select t.case_id, 'the row has another ' || t.what || ' than ' || t.type from told t
	join intake.v_journal j on j.case_id = t.case_id and j.type = t.type
	where position(t.bytes in j.body) = 0 and octet_length(j.body) > 0
	union all
	select r.case_id, 'the refusal and its entry are of two actors' from intake.v_refusal r
	join intake.v_journal j on j.case_id = r.case_id and j.type = 'intake.refused.v1' where j.actor <> r.actor
	union all
	select c.case_id, 'nobody could tell, and yet the general desk does not have it' from intake.v_case c
	where c.confidence_pct = 0 and not c.is_general_desk
	union all
	select c.case_id, 'names ' || u.code || ', which is no organisation' from intake.v_case c,
	lateral unnest(string_to_array(nullif(c.named_units, ''), ',')) as u(code)
	where not exists (select o.code from ref.org o where o.code = u.code)
	union all
	select c.case_id, 'is answered by article ' || c.kb_article || ', which is not there' from intake.v_case c
	where c.kb_article <> 0 and not exists (select a.id from reply.v_kb_article a where a.id = c.kb_article)
	union all
	select d.case_id, 'dispatch is CLOSED without an entry, and intake refused nothing' from dispatch.v_case d
	where d.state_name = 'CLOSED' and d.seq = 0
		and not exists (select r.case_id from intake.v_refusal r where r.case_id = d.case_id)
	union all
	select d.case_id, 'dispatch says it has ' || case when d.no_article then 'no' else 'an' end || ' article, reply the contrary'
	from dispatch.v_case d
	where d.no_article <> exists (select j.case_id from reply.v_journal j where j.case_id = d.case_id and j.type = 'reply.no_article.v1')
		and not exists (select m.case_id from reply.v_pending m where m.case_id = d.case_id and m.grp in ('dispatch', '*')
			union all select k.case_id from dispatch.v_parked k where k.case_id = d.case_id and k.producer = 'reply' and k.state <> 2)
	union all
	select d.case_id, 'dispatch knows ' || d.redo || ' redos of ' || count(j.seq) from dispatch.v_case d
	left join followup.v_journal j on j.case_id = d.case_id and j.type = 'followup.redo.v1'
	group by d.case_id, d.redo having d.redo > count(j.seq) or d.redo < count(j.seq)
		and not exists (select m.case_id from followup.v_pending m where m.case_id = d.case_id and m.grp in ('dispatch', '*')
			union all select k.case_id from dispatch.v_parked k where k.case_id = d.case_id and k.producer = 'followup' and k.state <> 2)
	union all
	select d.case_id, 'dispatch is at redo ' || d.redo || ' with task ' || d.task from dispatch.v_case d
	where d.task > 0 and (d.redo < d.task - 1 or d.redo > d.task - 1 and d.state_name in ('RESOLVED', 'CLOSED'))
	union all
	select d.case_id, 'dispatch takes the answer for ' || case when d.is_direct then 'a direct' else 'a unit''s' end || ' one'
	from dispatch.v_case d
	left join lateral (select j.body from reply.v_journal j where j.case_id = d.case_id and j.type = 'reply.replied.v1'
		order by j.seq desc limit 1) r on d.resolved_at is not null
	where d.is_direct <> case when d.resolved_at is null then false when d.unit = '' then d.state_name <> 'UNKNOWN' or d.is_direct
		when octet_length(r.body) > 0
			then position('\x22' || set_byte('\x00', 0, octet_length(d.unit)) || convert_to(d.unit, 'utf8') in r.body) = 0
		else d.is_direct end
	union all
	select c.case_id, 'what dispatch says of the unit is not what its task ' || c.task || ' says' from dispatch.v_case c
	left join dispatch.v_task t on t.case_id = c.case_id and t.n = c.task
	where c.task > 0 and (t.unit, t.sign_due, t.contact_due, t.resolve_due) is distinct from
		(c.unit, c.sign_due, c.contact_due, c.resolve_due)
	union all
	select c.case_id, 'dispatch is at task ' || c.task || ' of ' || count(t.n) from dispatch.v_case c
	left join dispatch.v_task t on t.case_id = c.case_id group by c.case_id, c.task having c.task <> count(t.n)
	union all
	select c.case_id, 'reply is at draft ' || c.draft || ' of ' || count(d.n) from reply.v_case c
	left join reply.v_draft d on d.case_id = c.case_id group by c.case_id, c.draft having c.draft <> count(d.n)
	union all
	select coalesce(c.case_id, b.case_id), 'journal and rows differ at ' || coalesce(c.what, b.what) || ' ' || coalesce(c.n, b.n)
	from reply_called c full join reply_beside b on b.what = c.what and b.case_id = c.case_id and b.n = c.n
	where (c.at, c.actor) is distinct from (b.at, b.actor)
		or octet_length(c.body) > 0 and position(b.in_body in c.body) = 0
	union all
	select c.case_id, 'reply says otherwise of draft ' || c.draft || ' than the draft itself' from reply.v_case c
	left join reply.v_draft d on d.case_id = c.case_id and d.n = c.draft
	where (coalesce(c.author, ''), c.draft_digest) is distinct from
		(split_part(split_part(coalesce(d.actor, ''), '@', 1), '/', 2), d.text_digest)
	union all
	select r.case_id, 'draft ' || r.n || ' was rejected, but there are only ' || c.draft from reply.v_rejection r
	join reply.v_case c on c.case_id = r.case_id where r.n > c.draft
	union all
	select d.case_id, 'delivery ' || d.n || ' is not named as its case is' from reply.v_delivery d
	left join reply.v_case c on c.case_id = d.case_id
	where (d.delivery_id, d.channel) is distinct from (split_part(c.delivery_id, '/', 1) || '/' || d.n, c.channel)
	union all
	select c.case_id, 'reply is at delivery ' || c.delivery_id || ', the last one is ' || coalesce(d.n::text, 'none')
	from reply.v_case c
	left join (select y.case_id, max(y.n) as n from reply.v_delivery y group by y.case_id) d on d.case_id = c.case_id
	where split_part(c.delivery_id, '/', 2) is distinct from d.n::text
	union all
	select v.case_id, 'a claim of delivery ' || v.n || ' was verified, which is not there' from reply.v_verification v
	left join reply.v_delivery d on d.case_id = v.case_id and d.n = v.n where d.case_id is null
	union all
	select c.case_id, 'reply counts ' || c.fence || ' claims of delivery ' || c.delivery_id || ', its journal ' || coalesce(j.n, 0)
	from reply.v_case c left join reply_claims j on j.case_id = c.case_id
	where c.fence <> coalesce(j.n, 0)
		or octet_length(j.body) > 0 and position('\x10'::bytea || set_byte('\x00', 0, c.fence & 127) in j.body) = 0
	union all
	select c.case_id, 'reply is ' || c.state_name || ' with claim ' || coalesce(c.claim_id, 'none') from reply.v_case c
	left join reply_claims j on j.case_id = c.case_id
	where (c.claim_id is not null) <> (c.state_name in ('SENDING', 'IN_DOUBT', 'NOTICE_SENDING', 'NOTICE_IN_DOUBT'))
		or octet_length(j.body) > 0 and position('\x1a'::bytea || set_byte('\x00', 0, octet_length(c.claim_id))
			|| convert_to(c.claim_id, 'UTF8') in j.body) = 0
	union all
	select c.case_id, 'a notice that is none of a refusal' from reply.v_case c
	left join reply.v_delivery d on d.case_id = c.case_id and d.n = 0
	where (c.state_name in ('NOTICE', 'NOTICE_SENDING', 'NOTICE_IN_DOUBT', 'NOTIFIED')) <> (d.case_id is not null) or d.at <> c.replied_at or d.unit is not null
	union all
	select c.case_id, 'the answer goes out as another unit''s than the draft was' from reply.v_case c
	join reply.v_delivery d on d.case_id = c.case_id and d.n > 0 and d.n = c.draft
	join reply_called j on j.what = 'draft' and j.case_id = c.case_id and j.n = c.draft
	left join reply.v_kb_article k on k.id = c.kb_article
	where octet_length(j.body) > 0 and (position(convert_to(coalesce(d.unit, '?'), 'UTF8') in j.body) = 0) <> (c.kb_article <> 0)
		or c.kb_article <> 0 and k.id is null
	union all
	select v.case_id, 'visit ' || v.visit || ' stands at ' || v.n from followup.v_visit v
	join followup.v_case c on c.case_id = v.case_id
	where v.visit <> (v.n + 1) / 2 or (v.what = 'asked') <> (v.n % 2 = 1) or v.visit > c.visits
	union all
	select coalesce(c.case_id, v.case_id), 'visit ' || coalesce(v.visit::text, '?') || ' is not what was journalled of it'
	from followup_called c full join followup_beside v on v.case_id = c.case_id and v.n = c.n
	where (c.what, c.round) is distinct from (v.what, v.round)
		or octet_length(c.body) > 0 and (position(v.in_body in c.body) = 0 or position(v.means in c.body) = 0 and v.what <> 'silent')
	union all
	select c.case_id, 'followup is at round ' || c.round || ', redo ' || c.redo || ', the journal at ' || coalesce(j.rounds, 0)
		|| ', ' || coalesce(j.redos, 0)
	from followup.v_case c
	left join (select e.case_id, count(*) filter (where e.type = 'followup.started.v1') as rounds,
			count(*) filter (where e.type = 'followup.redo.v1') as redos
		from followup.v_journal e group by e.case_id) j on j.case_id = c.case_id
	where (c.round, c.redo) is distinct from (coalesce(j.rounds, 0), coalesce(j.redos, 0))
	union all
	select c.case_id, 'followup has the rating ' || coalesce(c.rating, 'none') || ', its visits ' || coalesce(v.rating, 'none')
	from followup.v_case c
	left join (select t.case_id, t.round, max(t.solved || '/' || t.satisfaction) as rating
		from followup.v_visit t where t.what = 'rated' group by t.case_id, t.round) v on v.case_id = c.case_id and v.round = c.round
	where c.rating is distinct from v.rating
	union all
	select c.case_id, 'followup counts ' || c.visits || ' visits of ' || count(v.n) from followup.v_case c
	left join followup.v_visit v on v.case_id = c.case_id and v.what = 'asked'
	group by c.case_id, c.visits having c.visits <> count(v.n)
	union all
	select j.case_id, j.service || ' journalled number ' || j.seq || ' as its entry ' || j.n from journal j
	where j.seq <> j.n
	union all
	select coalesce(c.case_id, l.case_id), coalesce(c.service, l.service) || '''s row ends at ' || coalesce(c.seq::text, 'nothing')
		|| ', its journal at ' || coalesce(l.seq, 0)
	from case_row c full join last l on l.service = c.service and l.case_id = c.case_id
	where coalesce(l.seq, 0) is distinct from c.seq
	union all
	select j.case_id, j.type || ' after ' || coalesce(nullif(j.before, ''), 'nothing') from journal j
	left join step s on s.service = j.service and s.before = j.before and s.type = j.type
	where s.service is null
	union all
	select c.case_id, c.service || ' is ' || coalesce(c.state, '?') || ' after ' || coalesce(l.type, 'nothing') from case_row c
	left join last l on l.service = c.service and l.case_id = c.case_id
	left join reached r on r.service = c.service and r.type = coalesce(l.type, '') and r.state = c.state
	where r.service is null
	union all
	select c.case_id, c.service || ' is CLOSED, followup is not' from case_row c
	left join followup.v_case f on f.case_id = c.case_id and f.state_name = 'CLOSED'
	where c.state = 'CLOSED' and f.case_id is null
		and not exists (select r.case_id from intake.v_refusal r where r.case_id = c.case_id))
select w.id::text, w.what, count(*) over () from wrong w order by w.id limit 20;

-- name: i5_count
select count(*) from intake.v_case c where c.state_name <> 'CLOSED';

-- name: i5
-- No open case without somebody who has it and a time by which it moves. A message or a timer on its way moves it; else whoever
-- accepts or dispatches has it by accept_due, or a unit by its due time. What is set aside, and what a person skipped, has an owner and
-- a due time of its own. A reply on its way has its delivery's marker, and a timer from
-- the claim of it on; in doubt it has none of the first and the supervisor's due time, which is a timer too. A follow-up has its timer, a
-- refusal is over once its notice was handed over.
with moving(case_id) as (
	select m.case_id from intake.v_pending m
	union all
	select m.case_id from dispatch.v_pending m
	union all
	select m.case_id from reply.v_pending m
	union all
	select m.case_id from followup.v_pending m
	union all
	select t.case_id from intake.v_timer t
	union all
	select t.case_id from dispatch.v_timer t
	union all
	select t.case_id from reply.v_timer t
	union all
	select t.case_id from followup.v_timer t
	union all
	select k.case_id from intake.v_parked k where k.state <> 2 and k.owner <> ''
	union all
	select k.case_id from dispatch.v_parked k where k.state <> 2 and k.owner <> ''
	union all
	select k.case_id from reply.v_parked k where k.state <> 2 and k.owner <> ''
	union all
	select k.case_id from followup.v_parked k where k.state <> 2 and k.owner <> ''
	union all
	select k.case_id from analytics.v_parked k where k.state <> 2 and k.owner <> ''),
held(case_id, state, is_held) as (
	select c.case_id, c.state_name || ' in intake, ' || coalesce(d.state_name, 'UNKNOWN') || ' in dispatch',
		case when c.state_name = 'RECEIVED' then c.accept_due is not null
			when c.state_name = 'NOT_ACCEPTED' then coalesce(r.state_name, '') = 'NOTIFIED'
			when d.state_name = 'ACCEPTED' then c.accept_due is not null
			when d.state_name in ('DISPATCHED', 'IN_PROGRESS') then d.unit <> '' and d.resolve_due is not null
			else false end
	from intake.v_case c left join dispatch.v_case d on d.case_id = c.case_id
	left join reply.v_case r on r.case_id = c.case_id where c.state_name <> 'CLOSED'),
wrong(id, what) as (
	select h.case_id, 'open (' || h.state || '), with nobody who has it by a time' from held h
	where not h.is_held and not exists (select m.case_id from moving m where m.case_id = h.case_id)
	union all
	select r.case_id, 'what was written to the citizen is on its way, and no marker stands for channel ' || r.channel
	from reply.v_case r where r.state_name in ('REPLIED', 'NOTICE', 'SENDING', 'NOTICE_SENDING')
		and not exists (select m.case_id from reply.v_pending m where m.case_id = r.case_id and m.grp = 'deliver/' || r.channel)
	union all
	select m.case_id, 'a marker for ' || m.grp || ' stands, and nothing is on its way' from reply.v_pending m
	left join reply.v_case r on r.case_id = m.case_id and r.state_name in ('REPLIED', 'NOTICE', 'SENDING', 'NOTICE_SENDING')
		and m.grp = 'deliver/' || r.channel
	where m.grp like 'deliver/%' and r.case_id is null
	union all
	select coalesce(r.case_id, t.case_id), 'reply is ' || coalesce(r.state_name, '?') || ' with ' || case when t.n = 1 then 'timer ' || t.name
		else coalesce(t.n, 0) || ' timers' end
	from (select c.case_id, c.state_name, case when c.state_name in ('SENDING', 'NOTICE_SENDING') then 'claim'
			when c.state_name in ('IN_DOUBT', 'NOTICE_IN_DOUBT') then 'verify' end as timer
		from reply.v_case c) r
	full join (select q.case_id, count(*) as n, min(q.name) as name from reply.v_timer q group by q.case_id) t on t.case_id = r.case_id
	where (coalesce(t.n, 0), t.name) is distinct from (case when r.timer is null then 0 else 1 end, r.timer)
	union all
	select coalesce(a.case_id, t.case_id), 'what its channel is to be told is ' || coalesce(t.state::text, 'nothing')
		|| ', not ' || coalesce(a.state::text, 'nothing')
	from (select c.case_id, c.state from analytics.v_case c where c.flags & 128 <> 0) a
	full join analytics.v_status t on t.case_id = a.case_id
	where a.state is distinct from t.state
	union all
	select t.case_id, 'status ' || t.version || ' was not taken, and no marker stands for it' from analytics.v_status t
	where t.told < t.version and not exists (
		select m.case_id from analytics.v_pending m where m.case_id = t.case_id and m.grp like 'status/%')
	union all
	select coalesce(f.case_id, t.case_id), 'followup is ' || coalesce(f.state_name, '?') || ' with ' || count(t.case_id) || ' timers'
	from followup.v_case f full join followup.v_timer t on t.case_id = f.case_id
	group by coalesce(f.case_id, t.case_id), f.state_name
	having count(t.case_id) <> case f.state_name when 'FOLLOWING' then 1 else 0 end
	union all
	select f.case_id, 'followup plans ' || coalesce(f.next_at::text, 'nothing') || ', its timer ' || t.name || ' is set for ' || t.due_at
	from followup.v_case f join followup.v_timer t on t.case_id = f.case_id
	where (t.due_at, t.name) is distinct from (f.next_at, case when f.visits < f.planned then 'visit' else 'close' end))
select w.id::text, w.what, count(*) over () from wrong w order by w.id limit 20;

-- name: i6_count
select (select count(*) from followup.v_case c where c.state_name = 'CLOSED')
	+ (select count(*) from intake.v_case c where c.state_name = 'NOT_ACCEPTED');

-- name: i6
-- Over means that a reply was delivered, or cannot be, and why it ended; or that it was refused on a ground, with guidance, of which
-- the citizen is told.
with wrong(id, what) as (
	select c.case_id, 'closed without a delivery or without a reason' from followup.v_case c
	left join reply.v_journal j on j.case_id = c.case_id and j.type in ('reply.delivered.v1', 'reply.undeliverable.v1')
	where c.state_name = 'CLOSED' and (coalesce(c.reason, '') = '' or j.case_id is null)
	union all
	select c.case_id, 'refused without a ground or without guidance' from intake.v_case c
	left join intake.v_refusal r on r.case_id = c.case_id
	where c.state_name = 'NOT_ACCEPTED' and (coalesce(r.reason, '') = '' or r.sentence = '' or r.guidance = '')
	union all
	select c.case_id, 'refused, and the citizen is not told' from intake.v_case c
	left join reply.v_case r on r.case_id = c.case_id
	where c.state_name = 'NOT_ACCEPTED' and coalesce(r.state_name not in ('NOTICE', 'NOTICE_SENDING', 'NOTICE_IN_DOUBT', 'NOTIFIED'), true)
		and not exists (select m.case_id from intake.v_pending m where m.case_id = c.case_id and m.grp = 'reply'
			union all select k.case_id from reply.v_parked k where k.case_id = c.case_id and k.producer = 'intake' and k.state <> 2)
	union all
	select c.case_id, 'refused, and dispatch goes on with it' from intake.v_case c
	join dispatch.v_case d on d.case_id = c.case_id
	where c.state_name = 'NOT_ACCEPTED' and d.state_name <> 'CLOSED'
		and not exists (select m.case_id from intake.v_pending m where m.case_id = c.case_id and m.grp = 'dispatch'
			union all select k.case_id from dispatch.v_parked k where k.case_id = c.case_id and k.producer = 'intake' and k.state <> 2)
	union all
	select r.case_id, 'told of a refusal that intake does not know' from reply.v_case r
	join intake.v_case c on c.case_id = r.case_id
	where r.state_name in ('NOTICE', 'NOTICE_SENDING', 'NOTICE_IN_DOUBT', 'NOTIFIED') and c.state_name <> 'NOT_ACCEPTED')
select w.id::text, w.what, count(*) over () from wrong w order by w.id limit 20;

-- name: i8_count
select (select count(*) from intake.v_case) + (select count(*) from analytics.v_cell) + (select count(*) from analytics.v_figure);

-- name: i8
-- The books agree: per channel received = open + closed + refused, the same in analytics apart from what is on its way; each case has in
-- analytics the channel, category and unit that their owners gave it; each cell is the count of its cases, each figure theirs.
with in_flight(case_id) as (
	select m.case_id from intake.v_pending m where m.grp in ('analytics', '*')
	union all
	select m.case_id from dispatch.v_pending m where m.grp in ('analytics', '*')
	union all
	select m.case_id from reply.v_pending m where m.grp in ('analytics', '*')
	union all
	select m.case_id from followup.v_pending m where m.grp in ('analytics', '*')
	union all
	select k.case_id from analytics.v_parked k where k.state <> 2),
settled(case_id, channel, category, unit, is_closed, is_refused) as (
	select c.case_id, c.channel, c.category, coalesce(d.unit, ''), c.state_name = 'CLOSED', c.state_name = 'NOT_ACCEPTED'
	from intake.v_case c
	left join dispatch.v_case d on d.case_id = c.case_id
	where not exists (select f.case_id from in_flight f where f.case_id = c.case_id)),
book(channel, received, open, closed, refused) as (
	select s.channel, count(*), count(*) filter (where not s.is_closed and not s.is_refused), count(*) filter (where s.is_closed),
		count(*) filter (where s.is_refused)
	from settled s group by s.channel),
projected(channel, received, open, closed, refused) as (
	select a.channel, count(*), count(*) filter (where a.state_name not in ('CLOSED', 'NOT_ACCEPTED')),
		count(*) filter (where a.state_name = 'CLOSED'), count(*) filter (where a.state_name = 'NOT_ACCEPTED')
	from analytics.v_case a
	where not exists (select f.case_id from in_flight f where f.case_id = a.case_id)
		and not exists (select m.case_id from followup.v_pending m where m.case_id = a.case_id and m.grp in ('intake', '*')
			union all select k.case_id from intake.v_parked k where k.case_id = a.case_id and k.producer = 'followup' and k.state <> 2)
	group by a.channel),
still(channel, n) as (
	select s.channel, count(*) from settled s
	where exists (select m.case_id from followup.v_pending m where m.case_id = s.case_id and m.grp in ('intake', '*')
			union all select k.case_id from intake.v_parked k where k.case_id = s.case_id and k.producer = 'followup' and k.state <> 2)
	group by s.channel),
-- what analytics says of a case, beside what the owners of these facts say
fact(case_id, name, owners, ours) as (
	select a.case_id, v.name, v.owners, v.ours from analytics.v_case a
	join settled s on s.case_id = a.case_id
	join intake.v_case i on i.case_id = a.case_id
	left join dispatch.v_case d on d.case_id = a.case_id
	left join followup.v_case f on f.case_id = a.case_id,
	lateral (values ('klass', i.klass, a.klass), ('type', i.type, coalesce(a.type, '')), ('area', i.area, coalesce(a.area, '')),
		('received_day', to_char(i.received_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD'), a.received_day::text),
		('resolve_due', d.resolve_due::text, coalesce(a.redo_due, a.resolve_due)::text), ('reason', coalesce(f.reason, ''), coalesce(a.reason, '')),
		('visits', coalesce(f.visits, 0)::text, a.visits::text),
		('is_undelivered', coalesce(f.is_undelivered, false)::text, a.is_undelivered::text)) as v(name, owners, ours)),
-- and when it says that each step was taken
step(case_id, type, at) as (
	select a.case_id, v.type, v.at from analytics.v_case a join settled s on s.case_id = a.case_id,
	lateral (values ('intake.received.v1', a.received_at), ('intake.accepted.v1', a.accepted_at),
		('intake.refused.v1', a.refused_at),
		('dispatch.dispatched.v1', a.dispatched_at), ('dispatch.signed.v1', a.signed_at),
		('dispatch.contacted.v1', a.contacted_at), ('dispatch.resolved.v1', a.resolved_at),
		('reply.submitted.v1', a.submitted_at), ('reply.replied.v1', a.replied_at),
		(case when a.is_undelivered then 'reply.undeliverable.v1' else 'reply.delivered.v1' end, a.delivered_at),
		('followup.started.v1', a.followed_at),
		('followup.rated.v1', a.rated_at), ('followup.closed.v1', a.closed_at)) as v(type, at)),
entry(case_id, type, first_at, last_at) as (
	select j.case_id, j.type, min(j.at), max(j.at) from intake.v_journal j group by j.case_id, j.type
	union all
	select j.case_id, j.type, min(j.at), max(j.at) from dispatch.v_journal j group by j.case_id, j.type
	union all
	select j.case_id, j.type, min(j.at), max(j.at) from reply.v_journal j group by j.case_id, j.type
	union all
	select j.case_id, j.type, min(j.at), max(j.at) from followup.v_journal j group by j.case_id, j.type),
dim(day, dim, key, n) as (
	select a.received_day, v.dim, coalesce(v.key, ''), count(*) from analytics.v_case a,
		lateral (values ('channel', a.channel), ('unit', a.unit), ('category', a.category), ('area', a.area),
			('state', a.state_name), ('place', coalesce(a.category, '') || ' in ' || coalesce(a.area, ''))) as v(dim, key)
	where a.received_day is not null group by a.received_day, v.dim, coalesce(v.key, '')),
cell(day, dim, key, n) as (
	select c.day, c.dim, c.key, c.n from analytics.v_cell c
	union all
	select p.day, 'place', p.category || ' in ' || p.area, p.n from analytics.v_place p),
figure(day, unit, code, num, den, excl) as (
	select f.day, f.unit, f.code, sum(f.num), sum(f.den), sum(f.excl) from analytics.v_figure_case f
	group by f.day, f.unit, f.code),
wrong(id, what) as (
	select 'channel ' || coalesce(b.channel, p.channel), 'received ' || coalesce(b.received, 0) || ', in analytics '
		|| coalesce(p.received, 0) + coalesce(t.n, 0)
	from book b full join projected p on p.channel = b.channel left join still t on t.channel = b.channel
	where coalesce(b.received, 0) <> coalesce(p.received, 0) + coalesce(t.n, 0)
	union all
	select 'channel ' || b.channel, 'open, closed and refused ' || b.open || ' + ' || b.closed || ' + ' || b.refused || ', in analytics '
		|| p.open || ' + ' || p.closed || ' + ' || p.refused
	from book b join projected p on p.channel = b.channel left join still t on t.channel = b.channel
	where t.n is null and (b.open, b.closed, b.refused) <> (p.open, p.closed, p.refused)
	union all
	select s.case_id::text, 'analytics does not have its channel, category or unit' from settled s
	left join analytics.v_case a on a.case_id = s.case_id
	where a.channel is distinct from s.channel or a.category is distinct from s.category or coalesce(a.unit, '') <> s.unit
	union all
	select f.case_id::text, f.name || ' is ' || coalesce(f.owners, 'nothing') || ', in analytics ' || coalesce(f.ours, 'nothing')
	from fact f where f.owners is distinct from f.ours
	union all
	select t.case_id::text, 'analytics knows another time of ' || t.type from step t
	left join entry e on e.case_id = t.case_id and e.type = t.type
	where (t.at is null) <> (e.type is null) or t.at not between e.first_at and e.last_at
	union all
	select d.case_id::text, 'dispatch has another type, category, area or desk than intake' from dispatch.v_case d
	join intake.v_case i on i.case_id = d.case_id
	where d.state_name <> 'UNKNOWN' and i.state_name <> 'NOT_ACCEPTED'
		and (d.type, d.category, d.area, d.is_general_desk, d.is_report, d.named_units) is distinct from (i.type, i.category, i.area,
			i.is_general_desk, i.klass = 'report', case when i.klass = 'report' then i.named_units else '' end)
	union all
	select r.case_id::text, 'reply has another channel, class or type than intake' from reply.v_case r
	join intake.v_case i on i.case_id = r.case_id
	where r.has_letter and (r.channel, r.klass, coalesce(r.type, i.type)) is distinct from (i.channel, i.klass, i.type)
		and not exists (select m.case_id from intake.v_pending m where m.case_id = r.case_id and m.grp = 'reply'
			union all select k.case_id from reply.v_parked k where k.case_id = r.case_id and k.producer = 'intake' and k.state <> 2)
	union all
	select r.case_id::text, 'reply has another unit than dispatch' from reply.v_case r
	left join dispatch.v_case d on d.case_id = r.case_id
	where (r.has_unit <> (coalesce(d.task, 0) > 0) or r.has_unit and r.unit is distinct from d.unit)
		and not exists (select m.case_id from dispatch.v_pending m where m.case_id = r.case_id and m.grp = 'reply'
			union all select k.case_id from reply.v_parked k where k.case_id = r.case_id and k.producer = 'dispatch' and k.state <> 2)
	union all
	select r.case_id::text, 'reply and dispatch do not agree whether the unit signed' from reply.v_case r
	left join dispatch.v_case d on d.case_id = r.case_id
	where r.is_signed <> (d.signed_at is not null)
		and not exists (select m.case_id from dispatch.v_pending m where m.case_id = r.case_id and m.grp = 'reply'
			union all select k.case_id from reply.v_parked k where k.case_id = r.case_id and k.producer = 'dispatch' and k.state <> 2)
	union all
	select r.case_id::text, 'reply names an article, and a unit wrote the answer' from reply.v_case r
	left join reply.v_draft d on d.case_id = r.case_id and d.n = r.draft
	where r.kb_article <> 0 and (d.case_id is null or d.actor like 'unit\_officer/%')
	union all
	select d.case_id::text, 'dispatch holds what nobody has told it yet' from dispatch.v_case d
	where d.task = 0 and (d.sign_due is not null or d.contact_due is not null or d.resolve_due is not null or d.unit <> '')
		or d.seq = 0 and d.state_name in ('UNKNOWN', 'CLOSED') and (d.type <> '' or d.category <> '' or d.area <> ''
			or d.named_units <> '' or d.is_general_desk or d.is_report)
	union all
	select r.case_id::text, 'reply holds what nobody has told it yet' from reply.v_case r
	where not r.has_unit and r.unit is not null
		or not r.has_letter and (r.klass is not null or r.type is not null)
		or not r.has_letter and r.state_name = 'UNKNOWN' and r.channel is not null
	union all
	select r.case_id::text, 'reply is ' || r.state_name || ', as if it knew otherwise what letter, unit and signature are'
	from reply.v_case r
	where r.state_name = 'OPEN' and not (r.has_letter and r.has_unit and r.is_signed)
		or r.state_name = 'UNKNOWN' and r.has_letter and r.has_unit and r.is_signed
	union all
	select y.case_id::text, 'delivery ' || y.n || ' is signed by ' || y.unit || ', which neither had the case nor wrote its article'
	from reply.v_delivery y join reply.v_case r on r.case_id = y.case_id
	where y.unit <> ''
		and not exists (select t.case_id from dispatch.v_task t where t.case_id = y.case_id and t.unit = y.unit)
		and not exists (select a.id from reply.v_kb_article a where a.id = r.kb_article and a.unit = y.unit)
	union all
	select coalesce(d.day, c.day) || ' ' || coalesce(d.dim, c.dim) || ' ' || coalesce(d.key, c.key),
		'the cell says ' || coalesce(c.n, 0) || ', the cases are ' || coalesce(d.n, 0)
	from dim d full join cell c on c.day = d.day and c.dim = d.dim and c.key = d.key
	where coalesce(d.n, 0) <> coalesce(c.n, 0)
	union all
	select coalesce(f.code, g.code) || ' ' || coalesce(f.day, g.day) || ' ' || coalesce(f.unit, g.unit), 'the figure says '
		|| coalesce(g.num, 0) || '/' || coalesce(g.den, 0) || ' (' || coalesce(g.excl, 0) || ' left out), the cases are '
		|| coalesce(f.num, 0) || '/' || coalesce(f.den, 0) || ' (' || coalesce(f.excl, 0) || ')'
	from figure f full join analytics.v_figure g on g.day = f.day and g.unit = f.unit and g.code = f.code
	where (coalesce(f.num, 0), coalesce(f.den, 0), coalesce(f.excl, 0))
		<> (coalesce(g.num, 0), coalesce(g.den, 0), coalesce(g.excl, 0)))
select w.id, w.what, count(*) over () from wrong w order by w.id limit 20;

-- name: heads
-- A row without a journal has no head; analytics writes no journal. Both are zeros.
with row(service, case_id, seq, head) as (
	select 'intake', c.case_id, c.seq, c.head from intake.v_case c
	union all
	select 'dispatch', c.case_id, c.seq, c.head from dispatch.v_case c
	union all
	select 'reply', c.case_id, c.seq, c.head from reply.v_case c
	union all
	select 'followup', c.case_id, c.seq, c.head from followup.v_case c
	union all
	select 'analytics', c.case_id, c.seq, c.head from analytics.v_case c)
select r.case_id, r.service from row r
where (r.seq = 0 or r.service = 'analytics')
	and (r.seq <> 0 or r.head <> decode(repeat('00', 32), 'hex'))
order by r.case_id, r.service;

-- name: journal_intake
-- $1 case id and $2 seq after which to go on, $3 how many: entries in order, with the end that the case's row knows
select j.case_id, j.seq, j.at, j.type, j.actor, j.body, j.body_digest, j.hash, coalesce(c.seq, 0), coalesce(c.head, '')
from intake.v_journal j left join intake.v_case c on c.case_id = j.case_id
where (j.case_id, j.seq) > ($1::int8, $2::int4)
order by j.case_id, j.seq limit $3::int4;

-- name: journal_dispatch
-- $1 case id and $2 seq after which to go on, $3 how many: entries in order, with the end that the case's row knows
select j.case_id, j.seq, j.at, j.type, j.actor, j.body, j.body_digest, j.hash, coalesce(c.seq, 0), coalesce(c.head, '')
from dispatch.v_journal j left join dispatch.v_case c on c.case_id = j.case_id
where (j.case_id, j.seq) > ($1::int8, $2::int4)
order by j.case_id, j.seq limit $3::int4;

-- name: journal_reply
-- $1 case id and $2 seq after which to go on, $3 how many: entries in order, with the end that the case's row knows
select j.case_id, j.seq, j.at, j.type, j.actor, j.body, j.body_digest, j.hash, coalesce(c.seq, 0), coalesce(c.head, '')
from reply.v_journal j left join reply.v_case c on c.case_id = j.case_id
where (j.case_id, j.seq) > ($1::int8, $2::int4)
order by j.case_id, j.seq limit $3::int4;

-- name: journal_followup
-- $1 case id and $2 seq after which to go on, $3 how many: entries in order, with the end that the case's row knows
select j.case_id, j.seq, j.at, j.type, j.actor, j.body, j.body_digest, j.hash, coalesce(c.seq, 0), coalesce(c.head, '')
from followup.v_journal j left join followup.v_case c on c.case_id = j.case_id
where (j.case_id, j.seq) > ($1::int8, $2::int4)
order by j.case_id, j.seq limit $3::int4;

-- name: i10_count
select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('intake', 'dispatch', 'reply', 'followup', 'analytics', 'ref') and c.relkind in ('r', 'p', 'v', 'm', 'S');

-- name: i10
-- Law 8: nobody who can log in may write in a schema that is not his, own anything, or be an owner; ref is the deploy role's.
-- Law 2: nobody may change or delete what is journalled.
with role(oid, name) as (
	select r.oid, r.rolname::text from pg_roles r where r.rolname like 'wl\_%' and r.rolcanlogin),
thing(oid, schema, name, kind) as (
	select c.oid, n.nspname::text, c.relname::text, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
	where n.nspname in ('intake', 'dispatch', 'reply', 'followup', 'analytics', 'ref') and c.relkind in ('r', 'p', 'v', 'm', 'S')),
wrong(id, what) as (
	select r.name, 'may write ' || t.schema || '.' || t.name from role r, thing t
	where r.name <> 'wl_' || t.schema and not (r.name = 'wl_deploy' and t.schema = 'ref')
		and case t.kind when 'S' then has_sequence_privilege(r.oid, t.oid, 'usage, update')
			else has_table_privilege(r.oid, t.oid, 'insert, update, delete, truncate')
				or has_any_column_privilege(r.oid, t.oid, 'insert, update') end
	union all
	select r.name, 'owns ' || t.schema || '.' || t.name from role r, thing t, pg_class c
	where c.oid = t.oid and c.relowner = r.oid
	union all
	select r.name, 'may change what stands in ' || t.schema || '.journal' from role r, thing t
	where (t.name = 'journal' or t.name like 'journal\_%') and (has_table_privilege(r.oid, t.oid, 'update, delete, truncate')
		or has_any_column_privilege(r.oid, t.oid, 'update'))
	union all
	select r.name, 'may create in schema ' || n.nspname from role r, pg_namespace n
	where n.nspname in ('intake', 'dispatch', 'reply', 'followup', 'analytics', 'ref', 'public')
		and has_schema_privilege(r.oid, n.oid, 'create')
	union all
	select r.name, 'is a member of ' || o.rolname from role r, pg_roles o
	where o.rolname like 'wl\_%\_owner' and pg_has_role(r.oid, o.oid, 'member')
	union all
	select r.rolname::text, 'is more than a login role' from pg_roles r
	where r.rolname like 'wl\_%' and (r.rolsuper or r.rolcreatedb or r.rolcreaterole or r.rolreplication or r.rolbypassrls))
select w.id, w.what, count(*) over () from wrong w order by w.id, w.what limit 20;
