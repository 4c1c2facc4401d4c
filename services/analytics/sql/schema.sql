-- What the migrations make of schema analytics; written by tests/db/schema/update.sh.

CREATE SCHEMA analytics;

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
    is_on_time boolean NOT NULL,
    is_undelivered boolean NOT NULL,
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
    closed_at timestamp with time zone
)
WITH (fillfactor='50');

CREATE TABLE analytics.cell (
    day date NOT NULL,
    dim text NOT NULL,
    key text NOT NULL,
    n bigint NOT NULL
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
);

CREATE TABLE analytics.migration (
    source text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    is_breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE analytics.pending (
    case_id bigint NOT NULL,
    grp text NOT NULL,
    upto_seq integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE analytics.timer (
    case_id bigint NOT NULL,
    name text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
)
WITH (fillfactor='70');

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
            WHEN 20 THEN 'ACCEPTED'::text
            WHEN 30 THEN 'DISPATCHED'::text
            WHEN 40 THEN 'IN_PROGRESS'::text
            WHEN 50 THEN 'REPLY_REVIEW'::text
            WHEN 60 THEN 'REPLIED'::text
            WHEN 70 THEN 'FOLLOW_UP'::text
            WHEN 80 THEN 'CLOSED'::text
            ELSE NULL::text
        END AS state_name,
    f.visits,
        CASE
            WHEN (f.resolved_at IS NOT NULL) THEN f.is_on_time
            ELSE NULL::boolean
        END AS is_on_time,
    f.is_undelivered,
    f.received_day,
    f.channel,
    f.klass,
    f.type,
    f.category,
    f.area,
    f.unit,
    f.reason,
    f.received_at,
    f.accepted_at,
    f.dispatched_at,
    f.signed_at,
    f.contacted_at,
    f.resolve_due,
    f.resolved_at,
    f.submitted_at,
    f.replied_at,
    f.delivered_at,
    f.followed_at,
    f.closed_at
   FROM analytics.case_file f;

CREATE VIEW analytics.v_cell AS
 SELECT cell.day,
    cell.dim,
    cell.key,
    cell.n
   FROM analytics.cell;

CREATE VIEW analytics.v_command AS
 SELECT command.case_id,
    command.command_id,
    command.at,
    command.type,
    command.actor,
    command.code,
    command.seq
   FROM analytics.command;

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

CREATE VIEW analytics.v_stream AS
 SELECT s.producer,
    s.grp
   FROM ( VALUES ('intake'::text,'dispatch'::text), ('intake'::text,'reply'::text), ('intake'::text,'analytics'::text), ('dispatch'::text,'reply'::text), ('dispatch'::text,'analytics'::text), ('reply'::text,'dispatch'::text), ('reply'::text,'followup'::text), ('reply'::text,'analytics'::text), ('followup'::text,'intake'::text), ('followup'::text,'dispatch'::text), ('followup'::text,'reply'::text), ('followup'::text,'analytics'::text)) s(producer, grp)
  WHERE (s.producer = 'analytics'::text);

CREATE VIEW analytics.v_pending AS
 SELECT p.case_id,
    COALESCE(s.grp, p.grp) AS grp,
    max(p.upto_seq) AS upto_seq,
    min(p.next_at) AS next_at,
    max(p.attempts) AS attempts
   FROM (analytics.pending p
     LEFT JOIN analytics.v_stream s ON ((p.grp = '*'::text)))
  GROUP BY p.case_id, COALESCE(s.grp, p.grp);

CREATE VIEW analytics.v_timer AS
 SELECT timer.case_id,
    timer.name,
    timer.due_at
   FROM analytics.timer;

ALTER TABLE ONLY analytics.case_file
    ADD CONSTRAINT case_file_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY analytics.cell
    ADD CONSTRAINT cell_pkey PRIMARY KEY (day, dim, key);

ALTER TABLE ONLY analytics.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (case_id, command_id);

ALTER TABLE ONLY analytics.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY analytics.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source, number);

ALTER TABLE ONLY analytics.pending
    ADD CONSTRAINT pending_pkey PRIMARY KEY (case_id, grp);

ALTER TABLE ONLY analytics.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (case_id, name);

CREATE INDEX timer_due ON analytics.timer USING btree (due_at);
