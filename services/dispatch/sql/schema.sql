-- What the migrations make of schema dispatch; written by tests/db/schema/update.sh.

CREATE SCHEMA dispatch;

CREATE TYPE dispatch.case_row AS (
	case_id bigint,
	version integer,
	seq integer,
	head bytea,
	seen_intake integer,
	seen_reply integer,
	seen_followup integer,
	state smallint,
	task integer,
	unit text,
	type text,
	category text,
	area text,
	dispatched_at timestamp with time zone,
	signed_at timestamp with time zone,
	contacted_at timestamp with time zone,
	resolved_at timestamp with time zone,
	sign_due timestamp with time zone,
	contact_due timestamp with time zone,
	resolve_due timestamp with time zone,
	is_provisional boolean,
	closed_at timestamp with time zone,
	redo smallint,
	is_general_desk boolean,
	is_report boolean,
	named_units text,
	is_direct boolean,
	no_article boolean
);

CREATE TYPE dispatch.journal_row AS (
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

CREATE TYPE dispatch.task_row AS (
	case_id bigint,
	n integer,
	unit text,
	co_units text,
	reason text,
	ref_version integer,
	dispatched_at timestamp with time zone,
	sign_due timestamp with time zone,
	contact_due timestamp with time zone,
	resolve_due timestamp with time zone
);

CREATE FUNCTION dispatch.age_out(business_now timestamp with time zone, OUT aged integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'dispatch', 'pg_temp'
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

CREATE FUNCTION dispatch.partition_above(id bigint, width bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'dispatch', 'pg_temp'
    AS $$
	select (id / width + 1) * width
$$;

CREATE FUNCTION dispatch.partition_add(parent text, low bigint, high bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'dispatch', 'pg_temp'
    AS $$
begin
	execute format('create table %I (like %I including all)', parent || '_below_' || high, parent);
	execute format('alter table %I attach partition %I for values from (%s) to (%s)', parent, parent || '_below_' || high, low, high);
end $$;

CREATE FUNCTION dispatch.partition_add_rest(parent text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'dispatch', 'pg_temp'
    AS $$
begin
	execute format('create table %I (like %I including all)', parent || '_rest', parent);
	execute format('alter table %I attach partition %I default', parent, parent || '_rest');
end $$;

CREATE FUNCTION dispatch.partition_adopt(parent text, one text, low bigint, high bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'dispatch', 'pg_temp'
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

CREATE FUNCTION dispatch.partition_bound(parent text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'dispatch', 'pg_temp'
    AS $$
	select max(substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''?(-?\d+)''?\)')::int8)
	from pg_inherits i join pg_class c on c.oid = i.inhrelid
	where i.inhparent = parent::regclass
$$;

CREATE FUNCTION dispatch.partition_cut(parent text, part_width bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'dispatch', 'pg_temp'
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

CREATE FUNCTION dispatch.partitions_ahead(OUT made integer, OUT room bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'dispatch', 'pg_temp'
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

CREATE TABLE dispatch.batch_marker (
    case_id bigint NOT NULL,
    batch bigint NOT NULL,
    cases bigint[] NOT NULL,
    upto_seqs integer[] NOT NULL,
    next_at timestamp with time zone NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');
ALTER TABLE ONLY dispatch.batch_marker ALTER COLUMN cases SET STORAGE EXTERNAL;
ALTER TABLE ONLY dispatch.batch_marker ALTER COLUMN upto_seqs SET STORAGE EXTERNAL;

CREATE TABLE dispatch.case_file (
    case_id bigint NOT NULL,
    version integer NOT NULL,
    seq integer NOT NULL,
    head bytea NOT NULL,
    seen_intake integer NOT NULL,
    seen_reply integer NOT NULL,
    seen_followup integer NOT NULL,
    state smallint NOT NULL,
    task integer NOT NULL,
    unit text NOT NULL,
    type text NOT NULL,
    category text NOT NULL,
    area text NOT NULL,
    dispatched_at timestamp with time zone,
    signed_at timestamp with time zone,
    contacted_at timestamp with time zone,
    resolved_at timestamp with time zone,
    sign_due timestamp with time zone,
    contact_due timestamp with time zone,
    resolve_due timestamp with time zone,
    is_provisional boolean NOT NULL,
    closed_at timestamp with time zone,
    redo smallint NOT NULL,
    is_general_desk boolean NOT NULL,
    is_report boolean NOT NULL,
    named_units text NOT NULL,
    is_direct boolean NOT NULL,
    no_article boolean NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE dispatch.command (
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

CREATE TABLE dispatch.journal (
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

CREATE TABLE dispatch.journal_below_10000000 (
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

CREATE TABLE dispatch.journal_rest (
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

CREATE TABLE dispatch.migration (
    source text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    is_breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE dispatch.parked (
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

CREATE TABLE dispatch.partitioning (
    name text NOT NULL,
    width bigint NOT NULL,
    CONSTRAINT partitioning_width_check CHECK ((width >= 100))
);

CREATE TABLE dispatch.pending (
    case_id bigint NOT NULL,
    grp text NOT NULL,
    upto_seq integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    sends integer DEFAULT 0 NOT NULL,
    faults integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE dispatch.task (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    unit text NOT NULL,
    co_units text NOT NULL,
    reason text NOT NULL,
    ref_version integer NOT NULL,
    dispatched_at timestamp with time zone NOT NULL,
    sign_due timestamp with time zone,
    contact_due timestamp with time zone,
    resolve_due timestamp with time zone
);

CREATE TABLE dispatch.timer (
    case_id bigint NOT NULL,
    name text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE VIEW dispatch.v_batch_marker AS
 SELECT batch_marker.case_id,
    batch_marker.batch,
    batch_marker.cases,
    batch_marker.upto_seqs,
    batch_marker.next_at
   FROM dispatch.batch_marker;

CREATE VIEW dispatch.v_case AS
 SELECT f.case_id,
    f.version,
    f.seq,
    f.head,
    f.seen_intake,
    f.seen_reply,
    f.seen_followup,
    f.state,
        CASE f.state
            WHEN 0 THEN 'UNKNOWN'::text
            WHEN 1 THEN 'DISPATCHED'::text
            WHEN 2 THEN 'IN_PROGRESS'::text
            WHEN 3 THEN 'RESOLVED'::text
            WHEN 4 THEN 'CLOSED'::text
            WHEN 5 THEN 'ACCEPTED'::text
            WHEN 6 THEN 'DIRECT'::text
            ELSE NULL::text
        END AS state_name,
    f.task,
    f.unit,
    f.type,
    f.category,
    f.area,
    f.dispatched_at,
    f.signed_at,
    f.contacted_at,
    f.resolved_at,
    f.sign_due,
    f.contact_due,
    f.resolve_due,
    f.is_provisional,
    f.closed_at,
    f.redo,
    f.is_general_desk,
    f.is_report,
    f.named_units,
    f.is_direct,
    f.no_article
   FROM dispatch.case_file f;

CREATE VIEW dispatch.v_command AS
 SELECT command.case_id,
    command.command_id,
    command.at,
    command.type,
    command.actor,
    command.code,
    command.seq
   FROM dispatch.command;

CREATE VIEW dispatch.v_journal AS
 SELECT journal.case_id,
    journal.seq,
    journal.at,
    journal.type,
    journal.actor,
    journal.body,
    journal.body_digest,
    journal.hash,
    journal.command_id
   FROM dispatch.journal;

CREATE VIEW dispatch.v_parked AS
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
   FROM dispatch.parked;

CREATE VIEW dispatch.v_stream AS
 SELECT s.producer,
    s.grp
   FROM ( VALUES ('intake'::text,'dispatch'::text), ('intake'::text,'reply'::text), ('intake'::text,'analytics'::text), ('dispatch'::text,'reply'::text), ('dispatch'::text,'analytics'::text), ('reply'::text,'dispatch'::text), ('reply'::text,'followup'::text), ('reply'::text,'analytics'::text), ('followup'::text,'intake'::text), ('followup'::text,'dispatch'::text), ('followup'::text,'reply'::text), ('followup'::text,'analytics'::text)) s(producer, grp)
  WHERE (s.producer = 'dispatch'::text);

CREATE VIEW dispatch.v_pending AS
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
           FROM dispatch.pending q
        UNION ALL
         SELECT u.case_id,
            s.grp,
            u.upto_seq,
            b.next_at,
            0,
            0,
            0
           FROM dispatch.batch_marker b,
            LATERAL UNNEST(b.cases, b.upto_seqs) u(case_id, upto_seq),
            dispatch.v_stream s) p
  GROUP BY p.case_id, p.grp;

CREATE VIEW dispatch.v_task AS
 SELECT task.case_id,
    task.n,
    task.unit,
    task.co_units,
    task.reason,
    task.ref_version,
    task.dispatched_at,
    task.sign_due,
    task.contact_due,
    task.resolve_due
   FROM dispatch.task;

CREATE VIEW dispatch.v_timer AS
 SELECT timer.case_id,
    timer.name,
    timer.due_at
   FROM dispatch.timer;

ALTER TABLE ONLY dispatch.journal ATTACH PARTITION dispatch.journal_below_10000000 FOR VALUES FROM (MINVALUE) TO ('10000000');

ALTER TABLE ONLY dispatch.journal ATTACH PARTITION dispatch.journal_rest DEFAULT;

ALTER TABLE ONLY dispatch.batch_marker
    ADD CONSTRAINT batch_marker_pkey PRIMARY KEY (case_id, batch);

ALTER TABLE ONLY dispatch.case_file
    ADD CONSTRAINT case_file_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY dispatch.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (case_id, command_id);

ALTER TABLE ONLY dispatch.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY dispatch.journal_below_10000000
    ADD CONSTRAINT journal_below_10000000_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY dispatch.journal_rest
    ADD CONSTRAINT journal_rest_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY dispatch.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source, number);

ALTER TABLE ONLY dispatch.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (case_id, producer, seq);

ALTER TABLE ONLY dispatch.partitioning
    ADD CONSTRAINT partitioning_pkey PRIMARY KEY (name);

ALTER TABLE ONLY dispatch.pending
    ADD CONSTRAINT pending_pkey PRIMARY KEY (case_id, grp);

ALTER TABLE ONLY dispatch.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY dispatch.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (case_id, name);

CREATE INDEX batch_marker_due ON dispatch.batch_marker USING btree (next_at);

CREATE INDEX command_at ON dispatch.command USING btree (at);

CREATE INDEX parked_waits ON dispatch.parked USING btree (due_at) WHERE (state = 1);

CREATE INDEX pending_due ON dispatch.pending USING btree (next_at);

CREATE INDEX timer_due ON dispatch.timer USING btree (due_at);

ALTER INDEX dispatch.journal_pkey ATTACH PARTITION dispatch.journal_below_10000000_pkey;

ALTER INDEX dispatch.journal_pkey ATTACH PARTITION dispatch.journal_rest_pkey;
