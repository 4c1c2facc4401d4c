-- What the migrations make of schema analytics; written by tests/db/schema/update.sh.

CREATE SCHEMA analytics;

CREATE TYPE analytics.case_row AS (
	case_id bigint,
	version integer,
	seq integer,
	head bytea,
	seen_intake integer,
	seen_dispatch integer,
	seen_reply integer,
	seen_followup integer,
	state smallint,
	intake_part smallint,
	dispatch_part smallint,
	reply_part smallint,
	followup_part smallint,
	redo smallint,
	replies smallint,
	round smallint,
	rejects smallint,
	visits smallint,
	reply_wd smallint,
	confidence smallint,
	solved smallint,
	satisfaction smallint,
	contacted smallint,
	flags smallint,
	received_day date,
	channel text,
	klass text,
	type text,
	category text,
	area text,
	unit text,
	refusal text,
	reason text,
	received_at timestamp with time zone,
	accept_due timestamp with time zone,
	accepted_at timestamp with time zone,
	refused_at timestamp with time zone,
	dispatched_at timestamp with time zone,
	sign_due timestamp with time zone,
	signed_at timestamp with time zone,
	contact_due timestamp with time zone,
	contacted_at timestamp with time zone,
	resolve_due timestamp with time zone,
	resolved_at timestamp with time zone,
	redo_due timestamp with time zone,
	submitted_at timestamp with time zone,
	replied_at timestamp with time zone,
	last_replied_at timestamp with time zone,
	delivered_at timestamp with time zone,
	answered_at timestamp with time zone,
	followed_at timestamp with time zone,
	rated_at timestamp with time zone,
	closed_at timestamp with time zone
);

CREATE TYPE analytics.cell_row AS (
	case_id bigint,
	day date,
	dim text,
	key text,
	sub text,
	n bigint
);

CREATE TYPE analytics.figure_row AS (
	case_id bigint,
	day date,
	unit text,
	code text,
	num bigint,
	den bigint,
	excl bigint
);

CREATE TYPE analytics.journal_row AS (
	case_id bigint,
	seq integer,
	at timestamp with time zone,
	type text,
	actor text,
	body bytea,
	body_digest bytea,
	hash bytea,
	command_id text
);

CREATE TYPE analytics.status_row AS (
	case_id bigint,
	source text,
	source_msg_id text,
	version integer,
	state smallint,
	at timestamp with time zone
);

CREATE TYPE analytics.status_told_row AS (
	case_id bigint,
	version integer
);

CREATE FUNCTION analytics.age_out(business_now timestamp with time zone, OUT aged integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'analytics', 'pg_temp'
    SET lock_timeout TO '200ms'
    AS $$
begin
	delete from command c
	where (c.case_id, c.command_id) in (
		select o.case_id, o.command_id from command o where o.at < business_now - interval '90 days' order by o.at limit 2000);
	get diagnostics aged = row_count;
exception when lock_not_available or deadlock_detected then
	aged := 0;
end $$;

CREATE FUNCTION analytics.partition_above(id bigint, width bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'analytics', 'pg_temp'
    AS $$
	select (id / width + 1) * width
$$;

CREATE FUNCTION analytics.partition_add(parent text, low bigint, high bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'analytics', 'pg_temp'
    AS $$
begin
	execute format('create table %I (like %I including all)', parent || '_below_' || high, parent);
	execute format('alter table %I attach partition %I for values from (%s) to (%s)', parent, parent || '_below_' || high, low, high);
end $$;

CREATE FUNCTION analytics.partition_add_rest(parent text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'analytics', 'pg_temp'
    AS $$
begin
	execute format('create table %I (like %I including all)', parent || '_rest', parent);
	execute format('alter table %I attach partition %I default', parent, parent || '_rest');
end $$;

CREATE FUNCTION analytics.partition_adopt(parent text, one text, low bigint, high bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'analytics', 'pg_temp'
    AS $$
declare
	part text := parent || '_below_' || high;
begin
	execute format('alter table %I rename to %I', one, part);
	execute format('alter table %I rename constraint %I to %I', part, one || '_pkey', part || '_pkey');
	execute format('alter table %I attach partition %I for values from (%s) to (%s)', parent, part,
		coalesce(low::text, 'minvalue'), high);
	perform partition_add_rest(parent);
end $$;

CREATE FUNCTION analytics.partition_bound(parent text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'analytics', 'pg_temp'
    AS $$
	select max(substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''?(-?\d+)''?\)')::int8)
	from pg_inherits i join pg_class c on c.oid = i.inhrelid
	where i.inhparent = parent::regclass
$$;

CREATE FUNCTION analytics.partition_cut(parent text, part_width bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'analytics', 'pg_temp'
    AS $$
declare
	was text := parent || '_whole';
	key text;
	highest int8;
	one record;
	later text[] := array[]::text[];
	statement text;
begin
	execute format('lock table %I in access exclusive mode', parent);
	select pg_get_constraintdef(c.oid) into strict key from pg_constraint c where c.conrelid = parent::regclass and c.contype = 'p';
	execute format('select coalesce(max(case_id), 0) from %I', parent) into highest;
	for one in
		select a.privilege_type as privilege, pg_get_userbyid(a.grantee) as grantee
		from pg_class c, aclexplode(c.relacl) a
		where c.oid = parent::regclass and a.grantee <> c.relowner and a.grantee <> 0
	loop
		later := later || format('grant %s on %I to %I', one.privilege, parent, one.grantee)
			|| format('revoke %s on %I from %I', one.privilege, parent || '_below_' || partition_above(highest, part_width), one.grantee);
	end loop;
	for one in
		select distinct v.oid::regclass::text as name, pg_get_viewdef(v.oid) as body
		from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class and v.relkind = 'v'
		where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = parent::regclass
	loop
		later := later || format('create or replace view %s as %s', one.name, one.body);
	end loop;
	execute format('alter table %I rename to %I', parent, was);
	execute format('alter table %I rename constraint %I to %I', was, parent || '_pkey', was || '_pkey');
	execute format('create table %I (like %I including all excluding indexes) partition by range (case_id)', parent, was);
	execute format('alter table %I add constraint %I %s', parent, parent || '_pkey', key);
	perform partition_adopt(parent, was, null, partition_above(highest, part_width));
	foreach statement in array later loop
		execute statement;
	end loop;
	insert into partitioning (name, width) values (parent, part_width);
end $$;

CREATE FUNCTION analytics.partitions_ahead(OUT made integer, OUT room bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'analytics', 'pg_temp'
    SET lock_timeout TO '200ms'
    AS $$
declare
	one record;
	rest text;
	bound int8;
	highest int8;
	in_rest int8;
begin
	made := 0;
	for one in select p.name, p.width from partitioning p order by p.name loop
		rest := one.name || '_rest';
		execute format('lock table %I in share update exclusive mode nowait', one.name);
		bound := partition_bound(one.name);
		execute format('select max(case_id) from %I', rest) into in_rest;
		if in_rest is not null then
			-- In the order in which services lock.
			execute format('lock table %I in access exclusive mode', one.name);
			execute format('select max(case_id) from %I', rest) into in_rest;
			execute format('alter table %I detach partition %I', one.name, rest);
			perform partition_adopt(one.name, rest, bound, partition_above(in_rest, one.width));
			bound := partition_above(in_rest, one.width);
			made := made + 1;
		end if;
		execute format('select coalesce(max(case_id), 0) from %I', one.name) into highest;
		if bound - highest <= one.width / 2 then
			execute format('lock table %I in access exclusive mode', rest);
			execute format('select max(case_id) from %I', rest) into in_rest;
			if in_rest is not null then
				raise lock_not_available; -- it came between the two looks
			end if;
			perform partition_add(one.name, bound, bound + one.width);
			bound := bound + one.width;
			made := made + 1;
		end if;
		room := least(room, bound - highest);
	end loop;
exception when lock_not_available or deadlock_detected then
	made := 0;
	room := -1;
end $$;

CREATE FUNCTION analytics.shadow_make() RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
	one text;
begin
	execute 'drop schema if exists analytics_shadow cascade';
	execute 'create schema analytics_shadow authorization wl_analytics_owner';
	foreach one in array array['case_file', 'cell', 'figure'] loop
		execute format('create table analytics_shadow.%I (like analytics.%I including all) with (fillfactor = 50)', one, one);
		execute format('alter table analytics_shadow.%I owner to wl_analytics_owner', one);
	end loop;
end $$;

CREATE FUNCTION analytics.shadow_swap() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $$
declare
	one text;
	definition record;
	privilege record;
	definitions text[] := array[]::text[];
	grants text[] := array[]::text[];
begin
	for definition in
		select distinct v.oid::regclass::text as name, pg_get_viewdef(v.oid) as body
		from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class and v.relkind = 'v'
		where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid in
			('analytics.case_file'::regclass, 'analytics.cell'::regclass, 'analytics.figure'::regclass)
	loop
		definitions := definitions || format('create or replace view %s as %s', definition.name, definition.body);
	end loop;
	for privilege in
		select c.relname, a.privilege_type, pg_get_userbyid(a.grantee) as grantee
		from pg_class c, aclexplode(c.relacl) a
		where c.oid in ('analytics.case_file'::regclass, 'analytics.cell'::regclass, 'analytics.figure'::regclass)
			and a.grantee <> c.relowner and a.grantee <> 0
	loop
		grants := grants || format('grant %s on analytics.%I to %I', privilege.privilege_type, privilege.relname,
			privilege.grantee);
	end loop;
	execute 'create schema analytics_old';
	foreach one in array array['case_file', 'cell', 'figure'] loop
		execute format('alter table analytics.%I set schema analytics_old', one);
		execute format('alter table analytics_shadow.%I set schema analytics', one);
	end loop;
	foreach one in array grants || definitions loop
		execute one;
	end loop;
	execute 'drop schema analytics_old cascade';
	execute 'drop schema analytics_shadow';
end $$;

CREATE TABLE analytics.batch_marker (
    case_id bigint NOT NULL,
    batch bigint NOT NULL,
    cases bigint[] NOT NULL,
    upto_seqs integer[] NOT NULL,
    next_at timestamp with time zone NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');
ALTER TABLE ONLY analytics.batch_marker ALTER COLUMN cases SET STORAGE EXTERNAL;
ALTER TABLE ONLY analytics.batch_marker ALTER COLUMN upto_seqs SET STORAGE EXTERNAL;

CREATE TABLE analytics.case_file (
    case_id bigint NOT NULL,
    version integer NOT NULL,
    seq integer NOT NULL,
    head bytea NOT NULL,
    seen_intake integer NOT NULL,
    seen_dispatch integer NOT NULL,
    seen_reply integer NOT NULL,
    seen_followup integer NOT NULL,
    state smallint NOT NULL,
    visits smallint NOT NULL,
    received_day date,
    channel text,
    klass text,
    type text,
    category text,
    area text,
    unit text,
    reason text,
    received_at timestamp with time zone,
    accepted_at timestamp with time zone,
    dispatched_at timestamp with time zone,
    signed_at timestamp with time zone,
    contacted_at timestamp with time zone,
    resolve_due timestamp with time zone,
    resolved_at timestamp with time zone,
    submitted_at timestamp with time zone,
    replied_at timestamp with time zone,
    delivered_at timestamp with time zone,
    followed_at timestamp with time zone,
    closed_at timestamp with time zone,
    intake_part smallint NOT NULL,
    dispatch_part smallint NOT NULL,
    reply_part smallint NOT NULL,
    followup_part smallint NOT NULL,
    redo smallint NOT NULL,
    replies smallint NOT NULL,
    round smallint NOT NULL,
    rejects smallint NOT NULL,
    reply_wd smallint NOT NULL,
    confidence smallint NOT NULL,
    solved smallint NOT NULL,
    satisfaction smallint NOT NULL,
    contacted smallint NOT NULL,
    flags smallint NOT NULL,
    refusal text,
    accept_due timestamp with time zone,
    refused_at timestamp with time zone,
    sign_due timestamp with time zone,
    contact_due timestamp with time zone,
    redo_due timestamp with time zone,
    last_replied_at timestamp with time zone,
    answered_at timestamp with time zone,
    rated_at timestamp with time zone
)
WITH (fillfactor='50');

CREATE TABLE analytics.cell (
    day date NOT NULL,
    dim text NOT NULL,
    key text NOT NULL,
    n bigint NOT NULL,
    sub text NOT NULL,
    CONSTRAINT cell_check CHECK (((dim = 'place'::text) OR (sub = ''::text)))
)
WITH (fillfactor='50');

CREATE TABLE analytics.command (
    case_id bigint NOT NULL,
    command_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    code smallint NOT NULL,
    text text NOT NULL,
    body bytea NOT NULL,
    seq integer NOT NULL
);

CREATE TABLE analytics.figure (
    day date NOT NULL,
    unit text NOT NULL,
    code text NOT NULL,
    num bigint NOT NULL,
    den bigint NOT NULL,
    excl bigint NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE analytics.journal (
    case_id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    body bytea NOT NULL,
    body_digest bytea NOT NULL,
    hash bytea NOT NULL,
    command_id text
)
PARTITION BY RANGE (case_id);

CREATE TABLE analytics.journal_below_10000000 (
    case_id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    body bytea NOT NULL,
    body_digest bytea NOT NULL,
    hash bytea NOT NULL,
    command_id text
);

CREATE TABLE analytics.journal_rest (
    case_id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    body bytea NOT NULL,
    body_digest bytea NOT NULL,
    hash bytea NOT NULL,
    command_id text
);

CREATE TABLE analytics.migration (
    source text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    is_breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE analytics.parked (
    case_id bigint NOT NULL,
    producer text NOT NULL,
    seq integer NOT NULL,
    type text NOT NULL,
    at timestamp with time zone NOT NULL,
    body bytea NOT NULL,
    body_digest bytea NOT NULL,
    state smallint NOT NULL,
    sends integer NOT NULL,
    owner text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    parked_at timestamp with time zone NOT NULL,
    why text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    fixed_body bytea,
    reason text DEFAULT ''::text NOT NULL,
    done_by text DEFAULT ''::text NOT NULL,
    done_at timestamp with time zone,
    history text DEFAULT ''::text NOT NULL,
    CONSTRAINT parked_check CHECK (((state = 1) = (done_at IS NULL))),
    CONSTRAINT parked_state_check CHECK ((state = ANY (ARRAY[1, 2, 3])))
);

CREATE TABLE analytics.partitioning (
    name text NOT NULL,
    width bigint NOT NULL,
    CONSTRAINT partitioning_width_check CHECK ((width >= 100))
);

CREATE TABLE analytics.pending (
    case_id bigint NOT NULL,
    grp text NOT NULL,
    upto_seq integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    sends integer DEFAULT 0 NOT NULL,
    faults integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE analytics.status (
    case_id bigint NOT NULL,
    source text NOT NULL,
    source_msg_id text NOT NULL,
    version integer NOT NULL,
    told integer NOT NULL,
    state smallint NOT NULL,
    at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE analytics.timer (
    case_id bigint NOT NULL,
    name text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE VIEW analytics.v_batch_marker AS
 SELECT batch_marker.case_id,
    batch_marker.batch,
    batch_marker.cases,
    batch_marker.upto_seqs,
    batch_marker.next_at
   FROM analytics.batch_marker;

CREATE VIEW analytics.v_case AS
 SELECT f.case_id,
    f.version,
    f.seq,
    f.head,
    f.seen_intake,
    f.seen_dispatch,
    f.seen_reply,
    f.seen_followup,
    f.state,
        CASE f.state
            WHEN 0 THEN 'UNKNOWN'::text
            WHEN 10 THEN 'RECEIVED'::text
            WHEN 15 THEN 'NOT_ACCEPTED'::text
            WHEN 20 THEN 'ACCEPTED'::text
            WHEN 30 THEN 'DISPATCHED'::text
            WHEN 40 THEN 'IN_PROGRESS'::text
            WHEN 50 THEN 'REPLY_REVIEW'::text
            WHEN 60 THEN 'REPLIED'::text
            WHEN 70 THEN 'FOLLOW_UP'::text
            WHEN 75 THEN 'REDO'::text
            WHEN 80 THEN 'CLOSED'::text
            ELSE NULL::text
        END AS state_name,
    f.intake_part,
    f.dispatch_part,
    f.reply_part,
    f.followup_part,
    f.redo,
    f.replies,
    f.round,
    f.rejects,
    f.visits,
        CASE
            WHEN (f.reply_wd >= 0) THEN f.reply_wd
            ELSE NULL::smallint
        END AS reply_wd,
    f.confidence,
        CASE f.solved
            WHEN 1 THEN 'yes'::text
            WHEN 2 THEN 'partly'::text
            WHEN 3 THEN 'no'::text
            ELSE NULL::text
        END AS solved,
        CASE
            WHEN (f.satisfaction > 0) THEN f.satisfaction
            ELSE NULL::smallint
        END AS satisfaction,
        CASE f.contacted
            WHEN 1 THEN 'yes'::text
            WHEN 2 THEN 'no'::text
            ELSE ''::text
        END AS contacted,
    f.flags,
    (((f.flags)::integer & 1) <> 0) AS is_general_desk,
        CASE
            WHEN (f.signed_at IS NOT NULL) THEN (((f.flags)::integer & 2) <> 0)
            ELSE NULL::boolean
        END AS is_sign_on_time,
        CASE
            WHEN (f.contacted_at IS NOT NULL) THEN (((f.flags)::integer & 4) <> 0)
            ELSE NULL::boolean
        END AS is_contact_on_time,
        CASE
            WHEN (f.resolved_at IS NOT NULL) THEN (((f.flags)::integer & 8) <> 0)
            ELSE NULL::boolean
        END AS is_on_time,
    (((f.flags)::integer & 16) <> 0) AS is_redo_on_time,
    (((f.flags)::integer & 32) <> 0) AS is_direct,
    (((f.flags)::integer & 64) <> 0) AS is_undelivered,
    f.received_day,
    f.channel,
    f.klass,
    f.type,
    f.category,
    f.area,
    f.unit,
    f.refusal,
    f.reason,
    f.received_at,
    f.accept_due,
    f.accepted_at,
    f.refused_at,
    f.dispatched_at,
    f.sign_due,
    f.signed_at,
    f.contact_due,
    f.contacted_at,
    f.resolve_due,
    f.resolved_at,
    f.redo_due,
    f.submitted_at,
    f.replied_at,
    f.last_replied_at,
    f.delivered_at,
    f.answered_at,
    f.followed_at,
    f.rated_at,
    f.closed_at
   FROM analytics.case_file f;

CREATE VIEW analytics.v_cell AS
 SELECT c.day,
    c.dim,
    c.key,
    c.n
   FROM analytics.cell c
  WHERE (c.dim <> 'place'::text)
UNION ALL
 SELECT c.day,
    'category'::text AS dim,
    c.key,
    (sum(c.n))::bigint AS n
   FROM analytics.cell c
  WHERE (c.dim = 'place'::text)
  GROUP BY c.day, c.key
UNION ALL
 SELECT c.day,
    'area'::text AS dim,
    c.sub AS key,
    (sum(c.n))::bigint AS n
   FROM analytics.cell c
  WHERE (c.dim = 'place'::text)
  GROUP BY c.day, c.sub;

CREATE VIEW analytics.v_command AS
 SELECT command.case_id,
    command.command_id,
    command.at,
    command.type,
    command.actor,
    command.code,
    command.seq
   FROM analytics.command;

CREATE VIEW analytics.v_figure AS
 SELECT f.day,
    f.unit,
    f.code,
    f.num,
    f.den,
    f.excl
   FROM analytics.figure f;

CREATE VIEW analytics.v_figure_case AS
 SELECT c.case_id,
    t.code,
    ((t.at AT TIME ZONE 'Asia/Shanghai'::text))::date AS day,
    t.unit,
    (t.num)::bigint AS num,
    (t.den)::bigint AS den,
    (t.excl)::bigint AS excl
   FROM analytics.v_case c,
    LATERAL ( VALUES ('M03'::text,c.accepted_at,''::text,((c.is_direct AND (c.dispatched_at IS NULL)))::integer,1,0), ('M05'::text,(c.sign_due - '00:00:00.000001'::interval),COALESCE(c.unit, ''::text),(COALESCE(c.is_sign_on_time, false))::integer,1,0), ('M08'::text,(c.contact_due - '00:00:00.000001'::interval),COALESCE(c.unit, ''::text),(COALESCE(c.is_contact_on_time, false))::integer,1,0), ('M09'::text,c.rated_at,COALESCE(c.unit, ''::text),(((c.dispatched_at IS NOT NULL) AND ((c.contacted = 'yes'::text) OR ((c.contacted = ''::text) AND (c.contacted_at IS NOT NULL)))))::integer,((c.dispatched_at IS NOT NULL))::integer,((c.dispatched_at IS NULL))::integer), ('M10'::text,c.rated_at,COALESCE(c.unit, ''::text),(((c.solved = 'yes'::text) AND (COALESCE(c.type, ''::text) <> ALL (ARRAY['consult'::text, 'suggestion'::text, 'praise'::text]))))::integer,((COALESCE(c.type, ''::text) <> ALL (ARRAY['consult'::text, 'suggestion'::text, 'praise'::text])))::integer,((COALESCE(c.type, ''::text) = ANY (ARRAY['consult'::text, 'suggestion'::text, 'praise'::text])))::integer), ('M11'::text,c.rated_at,COALESCE(c.unit, ''::text),((COALESCE((c.satisfaction)::integer, 0) >= 3))::integer,1,0), ('M12'::text,(c.resolve_due - '00:00:00.000001'::interval),COALESCE(c.unit, ''::text),(COALESCE(c.is_on_time, false))::integer,1,0), ('M13'::text,c.dispatched_at,COALESCE(c.unit, ''::text),((c.replied_at IS NOT NULL))::integer,1,0), ('M15'::text,c.replied_at,COALESCE(c.unit, ''::text),((c.redo > 0))::integer,1,0), ('M16'::text,c.closed_at,COALESCE(c.unit, ''::text),((c.redo = 0))::integer,1,0), ('M18'::text,c.replied_at,COALESCE(c.unit, ''::text),COALESCE((c.reply_wd)::integer, 0),((c.reply_wd IS NOT NULL))::integer,((c.reply_wd IS NULL))::integer), ('M28'::text,c.answered_at,''::text,1,0,0)) t(code, at, unit, num, den, excl)
  WHERE (t.at IS NOT NULL);

CREATE VIEW analytics.v_journal AS
 SELECT journal.case_id,
    journal.seq,
    journal.at,
    journal.type,
    journal.actor,
    journal.body,
    journal.body_digest,
    journal.hash,
    journal.command_id
   FROM analytics.journal;

CREATE VIEW analytics.v_parked AS
 SELECT parked.case_id,
    parked.producer,
    parked.seq,
    parked.type,
    parked.at,
    parked.body,
    parked.body_digest,
    parked.state,
        CASE parked.state
            WHEN 1 THEN 'WAITS'::text
            WHEN 2 THEN 'APPLIED'::text
            ELSE 'SKIPPED'::text
        END AS state_name,
    parked.sends,
    parked.owner,
    parked.due_at,
    parked.parked_at,
    parked.why,
    parked.tries,
    parked.fixed_body,
    parked.reason,
    parked.done_by,
    parked.done_at,
    parked.history
   FROM analytics.parked;

CREATE VIEW analytics.v_stream AS
 SELECT s.producer,
    s.grp
   FROM ( VALUES ('intake'::text,'dispatch'::text), ('intake'::text,'reply'::text), ('intake'::text,'analytics'::text), ('dispatch'::text,'reply'::text), ('dispatch'::text,'analytics'::text), ('reply'::text,'dispatch'::text), ('reply'::text,'followup'::text), ('reply'::text,'analytics'::text), ('followup'::text,'intake'::text), ('followup'::text,'dispatch'::text), ('followup'::text,'reply'::text), ('followup'::text,'analytics'::text)) s(producer, grp)
  WHERE (s.producer = 'analytics'::text);

CREATE VIEW analytics.v_pending AS
 SELECT p.case_id,
    p.grp,
    max(p.upto_seq) AS upto_seq,
    min(p.next_at) AS next_at,
    max(p.attempts) AS attempts,
    max(p.sends) AS sends,
    max(p.faults) AS faults
   FROM ( SELECT q.case_id,
            q.grp,
            q.upto_seq,
            q.next_at,
            q.attempts,
            q.sends,
            q.faults
           FROM analytics.pending q
        UNION ALL
         SELECT u.case_id,
            s.grp,
            u.upto_seq,
            b.next_at,
            0,
            0,
            0
           FROM analytics.batch_marker b,
            LATERAL UNNEST(b.cases, b.upto_seqs) u(case_id, upto_seq),
            analytics.v_stream s) p
  GROUP BY p.case_id, p.grp;

CREATE VIEW analytics.v_place AS
 SELECT c.day,
    c.key AS category,
    c.sub AS area,
    c.n
   FROM analytics.cell c
  WHERE (c.dim = 'place'::text);

CREATE VIEW analytics.v_status AS
 SELECT status.case_id,
    status.source,
    status.source_msg_id,
    status.version,
    status.told,
    status.state,
    status.at
   FROM analytics.status;

CREATE VIEW analytics.v_timer AS
 SELECT timer.case_id,
    timer.name,
    timer.due_at
   FROM analytics.timer;

CREATE VIEW analytics.v_watch AS
 SELECT c.state,
    c.received_at,
    c.dispatched_at,
    c.replied_at,
    c.resolve_due
   FROM analytics.v_case c
  WHERE (c.received_at IS NOT NULL);

ALTER TABLE ONLY analytics.journal ATTACH PARTITION analytics.journal_below_10000000 FOR VALUES FROM (MINVALUE) TO ('10000000');

ALTER TABLE ONLY analytics.journal ATTACH PARTITION analytics.journal_rest DEFAULT;

ALTER TABLE ONLY analytics.batch_marker
    ADD CONSTRAINT batch_marker_pkey PRIMARY KEY (case_id, batch);

ALTER TABLE ONLY analytics.case_file
    ADD CONSTRAINT case_file_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY analytics.cell
    ADD CONSTRAINT cell_pkey PRIMARY KEY (day, dim, key, sub);

ALTER TABLE ONLY analytics.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (case_id, command_id);

ALTER TABLE ONLY analytics.figure
    ADD CONSTRAINT figure_pkey PRIMARY KEY (day, unit, code);

ALTER TABLE ONLY analytics.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY analytics.journal_below_10000000
    ADD CONSTRAINT journal_below_10000000_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY analytics.journal_rest
    ADD CONSTRAINT journal_rest_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY analytics.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source, number);

ALTER TABLE ONLY analytics.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (case_id, producer, seq);

ALTER TABLE ONLY analytics.partitioning
    ADD CONSTRAINT partitioning_pkey PRIMARY KEY (name);

ALTER TABLE ONLY analytics.pending
    ADD CONSTRAINT pending_pkey PRIMARY KEY (case_id, grp);

ALTER TABLE ONLY analytics.status
    ADD CONSTRAINT status_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY analytics.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (case_id, name);

CREATE INDEX batch_marker_due ON analytics.batch_marker USING btree (next_at);

CREATE INDEX command_at ON analytics.command USING btree (at);

CREATE INDEX parked_waits ON analytics.parked USING btree (due_at) WHERE (state = 1);

CREATE INDEX pending_due ON analytics.pending USING btree (next_at);

CREATE INDEX timer_due ON analytics.timer USING btree (due_at);

ALTER INDEX analytics.journal_pkey ATTACH PARTITION analytics.journal_below_10000000_pkey;

ALTER INDEX analytics.journal_pkey ATTACH PARTITION analytics.journal_rest_pkey;
