-- What the migrations make of schema intake; written by tests/db/schema/update.sh.

CREATE SCHEMA intake;

CREATE TYPE intake.attachment_row AS (
	case_id bigint,
	n integer,
	sha256 bytea,
	stored_sha256 bytea,
	size_bytes bigint,
	media_type text,
	name text
);

CREATE TYPE intake.case_row AS (
	case_id bigint,
	version integer,
	seq integer,
	head bytea,
	seen_followup integer,
	state smallint,
	channel text,
	klass text,
	type text,
	category text,
	area text,
	received_at timestamp with time zone,
	closed_at timestamp with time zone,
	source text,
	source_msg_id text,
	confidence_pct smallint,
	is_general_desk boolean,
	named_units text,
	kb_article bigint,
	accept_due timestamp with time zone,
	is_provisional boolean
);

CREATE TYPE intake.contact_row AS (
	case_id bigint,
	n integer,
	epoch bytea,
	record bytea,
	lookup bytea,
	reply_address text
);

CREATE TYPE intake.epoch_row AS (
	case_id bigint,
	epoch bytea,
	sealed_key bytea
);

CREATE TYPE intake.journal_row AS (
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

CREATE TYPE intake.letter_row AS (
	case_id bigint,
	n integer,
	title text,
	body text,
	written_at timestamp with time zone,
	likes integer
);

CREATE TYPE intake.refusal_row AS (
	case_id bigint,
	n integer,
	reason text,
	sentence text,
	guidance text,
	actor text,
	at timestamp with time zone
);

CREATE TYPE intake.submission_row AS (
	case_id bigint,
	source text,
	source_msg_id text,
	digest bytea,
	received_at timestamp with time zone
);

CREATE FUNCTION intake.age_out(business_now timestamp with time zone, OUT aged integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'intake', 'pg_temp'
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

CREATE FUNCTION intake.partition_above(id bigint, width bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'intake', 'pg_temp'
    AS $$
	select (id / width + 1) * width
$$;

CREATE FUNCTION intake.partition_add(parent text, low bigint, high bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'intake', 'pg_temp'
    AS $$
begin
	execute format('create table %I (like %I including all)', parent || '_below_' || high, parent);
	execute format('alter table %I attach partition %I for values from (%s) to (%s)', parent, parent || '_below_' || high, low, high);
end $$;

CREATE FUNCTION intake.partition_add_rest(parent text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'intake', 'pg_temp'
    AS $$
begin
	execute format('create table %I (like %I including all)', parent || '_rest', parent);
	execute format('alter table %I attach partition %I default', parent, parent || '_rest');
end $$;

CREATE FUNCTION intake.partition_adopt(parent text, one text, low bigint, high bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'intake', 'pg_temp'
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

CREATE FUNCTION intake.partition_bound(parent text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'intake', 'pg_temp'
    AS $$
	select max(substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''?(-?\d+)''?\)')::int8)
	from pg_inherits i join pg_class c on c.oid = i.inhrelid
	where i.inhparent = parent::regclass
$$;

CREATE FUNCTION intake.partition_cut(parent text, part_width bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'intake', 'pg_temp'
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

CREATE FUNCTION intake.partitions_ahead(OUT made integer, OUT room bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'intake', 'pg_temp'
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

CREATE TABLE intake.attachment (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    sha256 bytea NOT NULL,
    stored_sha256 bytea NOT NULL,
    size_bytes bigint NOT NULL,
    media_type text NOT NULL,
    name text NOT NULL
);

CREATE TABLE intake.batch_marker (
    case_id bigint NOT NULL,
    batch bigint NOT NULL,
    cases bigint[] NOT NULL,
    upto_seqs integer[] NOT NULL,
    next_at timestamp with time zone NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');
ALTER TABLE ONLY intake.batch_marker ALTER COLUMN cases SET STORAGE EXTERNAL;
ALTER TABLE ONLY intake.batch_marker ALTER COLUMN upto_seqs SET STORAGE EXTERNAL;

CREATE TABLE intake.case_file (
    case_id bigint NOT NULL,
    version integer NOT NULL,
    seq integer NOT NULL,
    head bytea NOT NULL,
    seen_followup integer NOT NULL,
    state smallint NOT NULL,
    channel text NOT NULL,
    klass text NOT NULL,
    type text NOT NULL,
    category text NOT NULL,
    area text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    source text NOT NULL,
    source_msg_id text NOT NULL,
    confidence_pct smallint NOT NULL,
    is_general_desk boolean NOT NULL,
    named_units text NOT NULL,
    kb_article bigint NOT NULL,
    accept_due timestamp with time zone,
    is_provisional boolean NOT NULL
)
WITH (fillfactor='50');

CREATE SEQUENCE intake.case_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1000;

CREATE TABLE intake.channel_key (
    public_key text NOT NULL,
    source text NOT NULL,
    channels text[] NOT NULL,
    is_revoked boolean NOT NULL,
    added_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    ends_at timestamp with time zone,
    quota_per_s integer DEFAULT 0 NOT NULL,
    quota_burst integer DEFAULT 0 NOT NULL
);

CREATE TABLE intake.channel_state (
    source text NOT NULL,
    name text NOT NULL,
    value bytea,
    version bigint NOT NULL,
    holder text NOT NULL,
    lease_until timestamp with time zone,
    changed_at timestamp with time zone NOT NULL,
    stamp bigint NOT NULL,
    put_by text NOT NULL,
    replaced bigint NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE intake.command (
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

CREATE TABLE intake.contact (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    epoch bytea,
    record bytea,
    lookup bytea,
    reply_address text NOT NULL
);

CREATE TABLE intake.epoch (
    epoch bytea NOT NULL,
    sealed_key bytea NOT NULL
);

CREATE TABLE intake.journal (
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

CREATE TABLE intake.journal_below_10000000 (
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

CREATE TABLE intake.journal_rest (
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

CREATE TABLE intake.letter (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    written_at timestamp with time zone,
    likes integer NOT NULL
)
PARTITION BY RANGE (case_id);

CREATE TABLE intake.letter_below_10000000 (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    written_at timestamp with time zone,
    likes integer NOT NULL
);

CREATE TABLE intake.letter_rest (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    written_at timestamp with time zone,
    likes integer NOT NULL
);

CREATE TABLE intake.migration (
    source text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    is_breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE intake.parked (
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

CREATE TABLE intake.partitioning (
    name text NOT NULL,
    width bigint NOT NULL,
    CONSTRAINT partitioning_width_check CHECK ((width >= 100))
);

CREATE TABLE intake.pending (
    case_id bigint NOT NULL,
    grp text NOT NULL,
    upto_seq integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    sends integer DEFAULT 0 NOT NULL,
    faults integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE intake.refusal (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    reason text NOT NULL,
    sentence text NOT NULL,
    guidance text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE intake.submission (
    source text NOT NULL,
    source_msg_id text NOT NULL,
    case_id bigint NOT NULL,
    digest bytea NOT NULL,
    received_at timestamp with time zone NOT NULL
);

CREATE TABLE intake.timer (
    case_id bigint NOT NULL,
    name text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE VIEW intake.v_attachment AS
 SELECT attachment.case_id,
    attachment.n,
    attachment.sha256,
    attachment.stored_sha256,
    attachment.size_bytes,
    attachment.media_type,
    attachment.name
   FROM intake.attachment;

CREATE VIEW intake.v_batch_marker AS
 SELECT batch_marker.case_id,
    batch_marker.batch,
    batch_marker.cases,
    batch_marker.upto_seqs,
    batch_marker.next_at
   FROM intake.batch_marker;

CREATE VIEW intake.v_case AS
 SELECT f.case_id,
    f.version,
    f.seq,
    f.head,
    f.seen_followup,
    f.state,
        CASE f.state
            WHEN 0 THEN 'UNKNOWN'::text
            WHEN 1 THEN 'RECEIVED'::text
            WHEN 2 THEN 'ACCEPTED'::text
            WHEN 3 THEN 'CLOSED'::text
            WHEN 4 THEN 'NOT_ACCEPTED'::text
            ELSE NULL::text
        END AS state_name,
    f.channel,
    f.klass,
    f.type,
    f.category,
    f.area,
    f.received_at,
    f.closed_at,
    f.source,
    f.source_msg_id,
    f.confidence_pct,
    f.is_general_desk,
    f.named_units,
    f.kb_article,
    f.accept_due,
    f.is_provisional
   FROM intake.case_file f;

CREATE VIEW intake.v_channel_key AS
 SELECT channel_key.public_key,
    channel_key.source,
    channel_key.channels,
    channel_key.is_revoked,
    channel_key.added_at,
    channel_key.revoked_at,
    channel_key.ends_at,
    channel_key.quota_per_s,
    channel_key.quota_burst
   FROM intake.channel_key;

CREATE VIEW intake.v_channel_state AS
 SELECT channel_state.source,
    channel_state.name,
    octet_length(channel_state.value) AS bytes,
    channel_state.version,
    channel_state.holder,
    channel_state.lease_until,
    channel_state.changed_at
   FROM intake.channel_state;

CREATE VIEW intake.v_command AS
 SELECT command.case_id,
    command.command_id,
    command.at,
    command.type,
    command.actor,
    command.code,
    command.seq
   FROM intake.command;

CREATE VIEW intake.v_contact AS
 SELECT c.case_id,
    c.n,
    (c.epoch IS NOT NULL) AS has_record,
    (e.epoch IS NOT NULL) AS has_key,
    (c.lookup IS NOT NULL) AS has_lookup
   FROM (intake.contact c
     LEFT JOIN intake.epoch e ON ((e.epoch = c.epoch)));

CREATE VIEW intake.v_journal AS
 SELECT journal.case_id,
    journal.seq,
    journal.at,
    journal.type,
    journal.actor,
    journal.body,
    journal.body_digest,
    journal.hash,
    journal.command_id
   FROM intake.journal;

CREATE VIEW intake.v_letter AS
 SELECT letter.case_id,
    letter.n,
    letter.title,
    letter.body,
    letter.written_at,
    letter.likes
   FROM intake.letter;

CREATE VIEW intake.v_letter_row AS
 SELECT letter.case_id,
    letter.n
   FROM intake.letter;

CREATE VIEW intake.v_parked AS
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
   FROM intake.parked;

CREATE VIEW intake.v_stream AS
 SELECT s.producer,
    s.grp
   FROM ( VALUES ('intake'::text,'dispatch'::text), ('intake'::text,'reply'::text), ('intake'::text,'analytics'::text), ('dispatch'::text,'reply'::text), ('dispatch'::text,'analytics'::text), ('reply'::text,'dispatch'::text), ('reply'::text,'followup'::text), ('reply'::text,'analytics'::text), ('followup'::text,'intake'::text), ('followup'::text,'dispatch'::text), ('followup'::text,'reply'::text), ('followup'::text,'analytics'::text)) s(producer, grp)
  WHERE (s.producer = 'intake'::text);

CREATE VIEW intake.v_pending AS
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
           FROM intake.pending q
        UNION ALL
         SELECT u.case_id,
            s.grp,
            u.upto_seq,
            b.next_at,
            0,
            0,
            0
           FROM intake.batch_marker b,
            LATERAL UNNEST(b.cases, b.upto_seqs) u(case_id, upto_seq),
            intake.v_stream s) p
  GROUP BY p.case_id, p.grp;

CREATE VIEW intake.v_refusal AS
 SELECT refusal.case_id,
    refusal.n,
    refusal.reason,
    refusal.sentence,
    refusal.guidance,
    refusal.actor,
    refusal.at
   FROM intake.refusal;

CREATE VIEW intake.v_reply_address AS
 SELECT f.case_id,
    f.channel,
    f.source,
    f.source_msg_id,
    COALESCE(c.reply_address, ''::text) AS reply_address
   FROM (intake.case_file f
     LEFT JOIN intake.contact c ON (((c.case_id = f.case_id) AND (c.n = 1))));

CREATE VIEW intake.v_submission AS
 SELECT submission.case_id,
    submission.source,
    submission.source_msg_id,
    submission.digest,
    submission.received_at
   FROM intake.submission;

CREATE VIEW intake.v_timer AS
 SELECT timer.case_id,
    timer.name,
    timer.due_at
   FROM intake.timer;

ALTER TABLE ONLY intake.journal ATTACH PARTITION intake.journal_below_10000000 FOR VALUES FROM (MINVALUE) TO ('10000000');

ALTER TABLE ONLY intake.journal ATTACH PARTITION intake.journal_rest DEFAULT;

ALTER TABLE ONLY intake.letter ATTACH PARTITION intake.letter_below_10000000 FOR VALUES FROM (MINVALUE) TO ('10000000');

ALTER TABLE ONLY intake.letter ATTACH PARTITION intake.letter_rest DEFAULT;

ALTER TABLE ONLY intake.attachment
    ADD CONSTRAINT attachment_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY intake.batch_marker
    ADD CONSTRAINT batch_marker_pkey PRIMARY KEY (case_id, batch);

ALTER TABLE ONLY intake.case_file
    ADD CONSTRAINT case_file_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY intake.channel_key
    ADD CONSTRAINT channel_key_pkey PRIMARY KEY (public_key);

ALTER TABLE ONLY intake.channel_state
    ADD CONSTRAINT channel_state_pkey PRIMARY KEY (source, name);

ALTER TABLE ONLY intake.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (case_id, command_id);

ALTER TABLE ONLY intake.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY intake.epoch
    ADD CONSTRAINT epoch_pkey PRIMARY KEY (epoch);

ALTER TABLE ONLY intake.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY intake.journal_below_10000000
    ADD CONSTRAINT journal_below_10000000_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY intake.journal_rest
    ADD CONSTRAINT journal_rest_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY intake.letter
    ADD CONSTRAINT letter_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY intake.letter_below_10000000
    ADD CONSTRAINT letter_below_10000000_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY intake.letter_rest
    ADD CONSTRAINT letter_rest_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY intake.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source, number);

ALTER TABLE ONLY intake.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (case_id, producer, seq);

ALTER TABLE ONLY intake.partitioning
    ADD CONSTRAINT partitioning_pkey PRIMARY KEY (name);

ALTER TABLE ONLY intake.pending
    ADD CONSTRAINT pending_pkey PRIMARY KEY (case_id, grp);

ALTER TABLE ONLY intake.refusal
    ADD CONSTRAINT refusal_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY intake.submission
    ADD CONSTRAINT submission_pkey PRIMARY KEY (source, source_msg_id);

ALTER TABLE ONLY intake.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (case_id, name);

CREATE INDEX attachment_stored ON intake.attachment USING btree (stored_sha256);

CREATE INDEX batch_marker_due ON intake.batch_marker USING btree (next_at);

CREATE INDEX command_at ON intake.command USING btree (at);

CREATE INDEX contact_lookup ON intake.contact USING btree (lookup) WHERE (lookup IS NOT NULL);

CREATE INDEX parked_waits ON intake.parked USING btree (due_at) WHERE (state = 1);

CREATE INDEX pending_due ON intake.pending USING btree (next_at);

CREATE INDEX timer_due ON intake.timer USING btree (due_at);

ALTER INDEX intake.journal_pkey ATTACH PARTITION intake.journal_below_10000000_pkey;

ALTER INDEX intake.journal_pkey ATTACH PARTITION intake.journal_rest_pkey;

ALTER INDEX intake.letter_pkey ATTACH PARTITION intake.letter_below_10000000_pkey;

ALTER INDEX intake.letter_pkey ATTACH PARTITION intake.letter_rest_pkey;
