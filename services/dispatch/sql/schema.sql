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

ALTER TABLE ONLY dispatch.batch_marker
    ADD CONSTRAINT batch_marker_pkey PRIMARY KEY (case_id, batch);

ALTER TABLE ONLY dispatch.case_file
    ADD CONSTRAINT case_file_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY dispatch.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (case_id, command_id);

ALTER TABLE ONLY dispatch.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY dispatch.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source, number);

ALTER TABLE ONLY dispatch.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (case_id, producer, seq);

ALTER TABLE ONLY dispatch.pending
    ADD CONSTRAINT pending_pkey PRIMARY KEY (case_id, grp);

ALTER TABLE ONLY dispatch.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (case_id, n);

ALTER TABLE ONLY dispatch.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (case_id, name);

CREATE INDEX batch_marker_due ON dispatch.batch_marker USING btree (next_at);

CREATE INDEX parked_waits ON dispatch.parked USING btree (due_at) WHERE (state = 1);

CREATE INDEX pending_due ON dispatch.pending USING btree (next_at);

CREATE INDEX timer_due ON dispatch.timer USING btree (due_at);
