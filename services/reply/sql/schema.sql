-- What the migrations make of schema reply; written by tests/db/schema/update.sh.

CREATE SCHEMA reply;

CREATE TYPE reply.addressee_row AS (
	case_id bigint,
	n integer,
	source text,
	source_msg_id text,
	channel text
);

CREATE TYPE reply.case_row AS (
	case_id bigint,
	version integer,
	seq integer,
	head bytea,
	seen_intake integer,
	seen_dispatch integer,
	seen_followup integer,
	state smallint,
	has_letter boolean,
	has_unit boolean,
	is_signed boolean,
	draft integer,
	channel text,
	klass text,
	type text,
	unit text,
	author text,
	draft_digest bytea,
	kb_article bigint,
	delivery_id text,
	replied_at timestamp with time zone,
	delivered_at timestamp with time zone,
	closed_at timestamp with time zone
);

CREATE TYPE reply.case_row_2 AS (
	case_id bigint,
	version integer,
	seq integer,
	head bytea,
	seen_intake integer,
	seen_dispatch integer,
	seen_followup integer,
	state smallint,
	has_letter boolean,
	has_unit boolean,
	is_signed boolean,
	draft integer,
	channel text,
	klass text,
	type text,
	unit text,
	author text,
	draft_digest bytea,
	kb_article bigint,
	delivery_id text,
	fence integer,
	claim_id text,
	replied_at timestamp with time zone,
	delivered_at timestamp with time zone,
	closed_at timestamp with time zone
);

CREATE TYPE reply.delivery_row AS (
	case_id bigint,
	n integer,
	delivery_id text,
	channel text,
	unit text,
	at timestamp with time zone
);

CREATE TYPE reply.draft_row AS (
	case_id bigint,
	n integer,
	text text,
	actor text,
	at timestamp with time zone,
	text_digest bytea
);

CREATE TYPE reply.journal_row AS (
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

CREATE TYPE reply.rejection_row AS (
	case_id bigint,
	n integer,
	stage smallint,
	reason text,
	actor text,
	at timestamp with time zone
);

CREATE TYPE reply.verification_row AS (
	case_id bigint,
	n integer,
	fence integer,
	was_delivered boolean,
	note text,
	actor text,
	at timestamp with time zone
);

CREATE FUNCTION reply.age_out(business_now timestamp with time zone, OUT aged integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'reply', 'pg_temp'
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

CREATE FUNCTION reply.partition_above(id bigint, width bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'reply', 'pg_temp'
    AS $$
	select (id / width + 1) * width
$$;

CREATE FUNCTION reply.partition_add(parent text, low bigint, high bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'reply', 'pg_temp'
    AS $$
begin
	execute format('create table %I (like %I including all)', parent || '_below_' || high, parent);
	execute format('alter table %I attach partition %I for values from (%s) to (%s)', parent, parent || '_below_' || high, low, high);
end $$;

CREATE FUNCTION reply.partition_add_rest(parent text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'reply', 'pg_temp'
    AS $$
begin
	execute format('create table %I (like %I including all)', parent || '_rest', parent);
	execute format('alter table %I attach partition %I default', parent, parent || '_rest');
end $$;

CREATE FUNCTION reply.partition_adopt(parent text, one text, low bigint, high bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'reply', 'pg_temp'
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

CREATE FUNCTION reply.partition_bound(parent text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'reply', 'pg_temp'
    AS $$
	select max(substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''?(-?\d+)''?\)')::int8)
	from pg_inherits i join pg_class c on c.oid = i.inhrelid
	where i.inhparent = parent::regclass
$$;

CREATE FUNCTION reply.partition_cut(parent text, part_width bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'reply', 'pg_temp'
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

CREATE FUNCTION reply.partitions_ahead(OUT made integer, OUT room bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'reply', 'pg_temp'
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

CREATE TABLE reply.addressee (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    source text NOT NULL,
    source_msg_id text NOT NULL,
    channel text NOT NULL
);

CREATE TABLE reply.batch_marker (
    case_id bigint NOT NULL,
    batch bigint NOT NULL,
    cases bigint[] NOT NULL,
    upto_seqs integer[] NOT NULL,
    next_at timestamp with time zone NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');
ALTER TABLE ONLY reply.batch_marker ALTER COLUMN cases SET STORAGE EXTERNAL;
ALTER TABLE ONLY reply.batch_marker ALTER COLUMN upto_seqs SET STORAGE EXTERNAL;

CREATE TABLE reply.case_file (
    case_id bigint NOT NULL,
    version integer NOT NULL,
    seq integer NOT NULL,
    head bytea NOT NULL,
    seen_intake integer NOT NULL,
    seen_dispatch integer NOT NULL,
    seen_followup integer NOT NULL,
    state smallint NOT NULL,
    has_letter boolean NOT NULL,
    has_unit boolean NOT NULL,
    draft integer NOT NULL,
    channel text,
    klass text,
    type text,
    unit text,
    delivery_id text,
    replied_at timestamp with time zone,
    delivered_at timestamp with time zone,
    closed_at timestamp with time zone,
    is_signed boolean NOT NULL,
    author text,
    draft_digest bytea,
    kb_article bigint NOT NULL,
    fence integer DEFAULT 0 NOT NULL,
    claim_id text
)
WITH (fillfactor='50');

CREATE TABLE reply.command (
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

CREATE TABLE reply.delivery (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    delivery_id text NOT NULL,
    channel text NOT NULL,
    at timestamp with time zone NOT NULL,
    unit text
);

CREATE TABLE reply.draft (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    text text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    text_digest bytea NOT NULL
);

CREATE TABLE reply.journal (
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

CREATE TABLE reply.journal_below_10000000 (
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

CREATE TABLE reply.journal_rest (
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

CREATE TABLE reply.kb_article (
    id bigint NOT NULL,
    category text NOT NULL,
    title text NOT NULL,
    words text NOT NULL,
    text text NOT NULL,
    unit text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    checked_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT kb_article_check CHECK ((valid_to > valid_from))
);

ALTER TABLE reply.kb_article ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME reply.kb_article_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE reply.migration (
    source text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    is_breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE reply.parked (
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

CREATE TABLE reply.partitioning (
    name text NOT NULL,
    width bigint NOT NULL,
    CONSTRAINT partitioning_width_check CHECK ((width >= 100))
);

CREATE TABLE reply.pending (
    case_id bigint NOT NULL,
    grp text NOT NULL,
    upto_seq integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    sends integer DEFAULT 0 NOT NULL,
    faults integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE reply.rejection (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    stage smallint NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE reply.timer (
    case_id bigint NOT NULL,
    name text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE VIEW reply.v_addressee AS
 SELECT addressee.case_id,
    addressee.n,
    addressee.source,
    addressee.source_msg_id,
    addressee.channel
   FROM reply.addressee;

CREATE VIEW reply.v_batch_marker AS
 SELECT batch_marker.case_id,
    batch_marker.batch,
    batch_marker.cases,
    batch_marker.upto_seqs,
    batch_marker.next_at
   FROM reply.batch_marker;

CREATE VIEW reply.v_case AS
 SELECT f.case_id,
    f.version,
    f.seq,
    f.head,
    f.seen_intake,
    f.seen_dispatch,
    f.seen_followup,
    f.state,
        CASE f.state
            WHEN 0 THEN 'UNKNOWN'::text
            WHEN 1 THEN 'OPEN'::text
            WHEN 2 THEN 'SUBMITTED'::text
            WHEN 3 THEN 'LEAD_APPROVED'::text
            WHEN 4 THEN 'APPROVED'::text
            WHEN 5 THEN 'REPLIED'::text
            WHEN 6 THEN 'DELIVERED'::text
            WHEN 7 THEN 'UNDELIVERABLE'::text
            WHEN 8 THEN 'CLOSED'::text
            WHEN 9 THEN 'NOTICE'::text
            WHEN 10 THEN 'NOTIFIED'::text
            WHEN 11 THEN 'SENDING'::text
            WHEN 12 THEN 'IN_DOUBT'::text
            WHEN 13 THEN 'NOTICE_SENDING'::text
            WHEN 14 THEN 'NOTICE_IN_DOUBT'::text
            ELSE NULL::text
        END AS state_name,
    f.has_letter,
    f.has_unit,
    f.draft,
    f.channel,
    f.klass,
    f.type,
    f.unit,
    f.delivery_id,
    f.replied_at,
    f.delivered_at,
    f.closed_at,
    f.is_signed,
    f.author,
    f.draft_digest,
    f.kb_article,
    f.fence,
    f.claim_id
   FROM reply.case_file f;

CREATE VIEW reply.v_command AS
 SELECT command.case_id,
    command.command_id,
    command.at,
    command.type,
    command.actor,
    command.code,
    command.seq
   FROM reply.command;

CREATE VIEW reply.v_delivery AS
 SELECT delivery.case_id,
    delivery.n,
    delivery.delivery_id,
    delivery.channel,
    delivery.at,
    delivery.unit
   FROM reply.delivery;

CREATE VIEW reply.v_draft AS
 SELECT draft.case_id,
    draft.n,
    draft.actor,
    draft.at,
    draft.text_digest,
    char_length(draft.text) AS text_chars
   FROM reply.draft;

CREATE VIEW reply.v_journal AS
 SELECT journal.case_id,
    journal.seq,
    journal.at,
    journal.type,
    journal.actor,
    journal.body,
    journal.body_digest,
    journal.hash,
    journal.command_id
   FROM reply.journal;

CREATE VIEW reply.v_kb_article AS
 SELECT kb_article.id,
    kb_article.category,
    kb_article.title,
    kb_article.words,
    kb_article.text,
    kb_article.unit,
    kb_article.valid_from,
    kb_article.valid_to,
    kb_article.checked_at,
    kb_article.actor,
    kb_article.digest
   FROM reply.kb_article;

CREATE VIEW reply.v_parked AS
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
   FROM reply.parked;

CREATE VIEW reply.v_stream AS
 SELECT s.producer,
    s.grp
   FROM ( VALUES ('intake'::text,'dispatch'::text), ('intake'::text,'reply'::text), ('intake'::text,'analytics'::text), ('dispatch'::text,'reply'::text), ('dispatch'::text,'analytics'::text), ('reply'::text,'dispatch'::text), ('reply'::text,'followup'::text), ('reply'::text,'analytics'::text), ('followup'::text,'intake'::text), ('followup'::text,'dispatch'::text), ('followup'::text,'reply'::text), ('followup'::text,'analytics'::text)) s(producer, grp)
  WHERE (s.producer = 'reply'::text);

CREATE VIEW reply.v_pending AS
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
           FROM reply.pending q
        UNION ALL
         SELECT u.case_id,
            s.grp,
            u.upto_seq,
            b.next_at,
            0,
            0,
            0
           FROM reply.batch_marker b,
            LATERAL UNNEST(b.cases, b.upto_seqs) u(case_id, upto_seq),
            reply.v_stream s) p
  GROUP BY p.case_id, p.grp;

CREATE VIEW reply.v_rejection AS
 SELECT rejection.case_id,
    rejection.n,
    rejection.stage,
    rejection.actor,
    rejection.at,
    char_length(rejection.reason) AS reason_chars
   FROM reply.rejection;

CREATE VIEW reply.v_reply_text AS
 SELECT d.case_id,
    d.n,
    d.text
   FROM (reply.draft d
     JOIN reply.delivery l ON (((l.case_id = d.case_id) AND (l.n = d.n))));

CREATE VIEW reply.v_timer AS
 SELECT timer.case_id,
    timer.name,
    timer.due_at
   FROM reply.timer;

CREATE TABLE reply.verification (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    fence integer NOT NULL,
    was_delivered boolean NOT NULL,
    note text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE VIEW reply.v_verification AS
 SELECT verification.case_id,
    verification.n,
    verification.fence,
    verification.was_delivered,
    verification.actor,
    verification.at,
    char_length(verification.note) AS note_chars
   FROM reply.verification;

CREATE VIEW reply.v_watch AS
 SELECT c.state_name AS state
   FROM reply.v_case c;

ALTER TABLE ONLY reply.journal ATTACH PARTITION reply.journal_below_10000000 FOR VALUES FROM (MINVALUE) TO ('10000000');

ALTER TABLE ONLY reply.journal ATTACH PARTITION reply.journal_rest DEFAULT;

ALTER TABLE ONLY reply.addressee
    ADD CONSTRAINT addressee_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY reply.batch_marker
    ADD CONSTRAINT batch_marker_pkey PRIMARY KEY (case_id, batch);

ALTER TABLE ONLY reply.case_file
    ADD CONSTRAINT case_file_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY reply.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (case_id, command_id);

ALTER TABLE ONLY reply.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY reply.draft
    ADD CONSTRAINT draft_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY reply.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY reply.journal_below_10000000
    ADD CONSTRAINT journal_below_10000000_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY reply.journal_rest
    ADD CONSTRAINT journal_rest_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY reply.kb_article
    ADD CONSTRAINT kb_article_pkey PRIMARY KEY (id);

ALTER TABLE ONLY reply.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source, number);

ALTER TABLE ONLY reply.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (case_id, producer, seq);

ALTER TABLE ONLY reply.partitioning
    ADD CONSTRAINT partitioning_pkey PRIMARY KEY (name);

ALTER TABLE ONLY reply.pending
    ADD CONSTRAINT pending_pkey PRIMARY KEY (case_id, grp);

ALTER TABLE ONLY reply.rejection
    ADD CONSTRAINT rejection_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY reply.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (case_id, name);

ALTER TABLE ONLY reply.verification
    ADD CONSTRAINT verification_pkey PRIMARY KEY (case_id, n, fence);

CREATE INDEX batch_marker_due ON reply.batch_marker USING btree (next_at);

CREATE INDEX command_at ON reply.command USING btree (at);

CREATE UNIQUE INDEX kb_article_title ON reply.kb_article USING btree (category, title);

CREATE INDEX parked_waits ON reply.parked USING btree (due_at) WHERE (state = 1);

CREATE INDEX pending_due ON reply.pending USING btree (next_at);

CREATE INDEX timer_due ON reply.timer USING btree (due_at);

ALTER INDEX reply.journal_pkey ATTACH PARTITION reply.journal_below_10000000_pkey;

ALTER INDEX reply.journal_pkey ATTACH PARTITION reply.journal_rest_pkey;
