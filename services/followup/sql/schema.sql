-- What the migrations make of schema followup; written by tests/db/schema/update.sh.

CREATE SCHEMA followup;

CREATE TYPE followup.case_row AS (
	case_id bigint,
	version integer,
	seq integer,
	head bytea,
	seen_reply integer,
	state smallint,
	plan smallint,
	round smallint,
	redo smallint,
	visits smallint,
	planned smallint,
	is_undelivered boolean,
	type text,
	rating text,
	reason text,
	delivered_at timestamp with time zone,
	next_at timestamp with time zone,
	closed_at timestamp with time zone
);

CREATE TYPE followup.journal_row AS (
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

CREATE TYPE followup.visit_row AS (
	case_id bigint,
	n integer,
	visit smallint,
	round smallint,
	what text,
	means text,
	at timestamp with time zone,
	solved text,
	satisfaction smallint,
	contacted text,
	remark text
);

CREATE TABLE followup.batch_marker (
    case_id bigint NOT NULL,
    batch bigint NOT NULL,
    cases bigint[] NOT NULL,
    upto_seqs integer[] NOT NULL,
    next_at timestamp with time zone NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');
ALTER TABLE ONLY followup.batch_marker ALTER COLUMN cases SET STORAGE EXTERNAL;
ALTER TABLE ONLY followup.batch_marker ALTER COLUMN upto_seqs SET STORAGE EXTERNAL;

CREATE TABLE followup.case_file (
    case_id bigint NOT NULL,
    version integer NOT NULL,
    seq integer NOT NULL,
    head bytea NOT NULL,
    seen_reply integer NOT NULL,
    state smallint NOT NULL,
    plan smallint NOT NULL,
    visits smallint NOT NULL,
    planned smallint NOT NULL,
    is_undelivered boolean NOT NULL,
    type text,
    rating text,
    reason text,
    delivered_at timestamp with time zone,
    next_at timestamp with time zone,
    closed_at timestamp with time zone,
    round smallint NOT NULL,
    redo smallint NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE followup.command (
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

CREATE TABLE followup.journal (
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

CREATE TABLE followup.migration (
    source text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    is_breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE followup.parked (
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

CREATE TABLE followup.pending (
    case_id bigint NOT NULL,
    grp text NOT NULL,
    upto_seq integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    sends integer DEFAULT 0 NOT NULL,
    faults integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE followup.timer (
    case_id bigint NOT NULL,
    name text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE VIEW followup.v_batch_marker AS
 SELECT batch_marker.case_id,
    batch_marker.batch,
    batch_marker.cases,
    batch_marker.upto_seqs,
    batch_marker.next_at
   FROM followup.batch_marker;

CREATE VIEW followup.v_case AS
 SELECT f.case_id,
    f.version,
    f.seq,
    f.head,
    f.seen_reply,
    f.state,
        CASE f.state
            WHEN 0 THEN 'UNKNOWN'::text
            WHEN 1 THEN 'FOLLOWING'::text
            WHEN 2 THEN 'CLOSED'::text
            WHEN 3 THEN 'REDOING'::text
            ELSE NULL::text
        END AS state_name,
    f.plan,
    f.visits,
    f.planned,
    f.is_undelivered,
    f.type,
    f.rating,
    f.reason,
    f.delivered_at,
    f.next_at,
    f.closed_at,
    f.round,
    f.redo
   FROM followup.case_file f;

CREATE VIEW followup.v_command AS
 SELECT command.case_id,
    command.command_id,
    command.at,
    command.type,
    command.actor,
    command.code,
    command.seq
   FROM followup.command;

CREATE VIEW followup.v_journal AS
 SELECT journal.case_id,
    journal.seq,
    journal.at,
    journal.type,
    journal.actor,
    journal.body,
    journal.body_digest,
    journal.hash,
    journal.command_id
   FROM followup.journal;

CREATE VIEW followup.v_parked AS
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
   FROM followup.parked;

CREATE VIEW followup.v_stream AS
 SELECT s.producer,
    s.grp
   FROM ( VALUES ('intake'::text,'dispatch'::text), ('intake'::text,'reply'::text), ('intake'::text,'analytics'::text), ('dispatch'::text,'reply'::text), ('dispatch'::text,'analytics'::text), ('reply'::text,'dispatch'::text), ('reply'::text,'followup'::text), ('reply'::text,'analytics'::text), ('followup'::text,'intake'::text), ('followup'::text,'dispatch'::text), ('followup'::text,'reply'::text), ('followup'::text,'analytics'::text)) s(producer, grp)
  WHERE (s.producer = 'followup'::text);

CREATE VIEW followup.v_pending AS
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
           FROM followup.pending q
        UNION ALL
         SELECT u.case_id,
            s.grp,
            u.upto_seq,
            b.next_at,
            0,
            0,
            0
           FROM followup.batch_marker b,
            LATERAL UNNEST(b.cases, b.upto_seqs) u(case_id, upto_seq),
            followup.v_stream s) p
  GROUP BY p.case_id, p.grp;

CREATE VIEW followup.v_timer AS
 SELECT timer.case_id,
    timer.name,
    timer.due_at
   FROM followup.timer;

CREATE TABLE followup.visit (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    visit smallint NOT NULL,
    what text NOT NULL,
    means text NOT NULL,
    at timestamp with time zone NOT NULL,
    round smallint NOT NULL,
    solved text,
    satisfaction smallint,
    contacted text,
    remark text,
    CONSTRAINT visit_contacted_check CHECK ((contacted = ANY (ARRAY['yes'::text, 'no'::text, ''::text]))),
    CONSTRAINT visit_rating_check CHECK ((((what = 'rated'::text) = (solved IS NOT NULL)) AND ((solved IS NULL) = (satisfaction IS NULL)) AND ((solved IS NULL) = (contacted IS NULL)))),
    CONSTRAINT visit_satisfaction_check CHECK (((satisfaction >= 1) AND (satisfaction <= 5))),
    CONSTRAINT visit_solved_check CHECK ((solved = ANY (ARRAY['yes'::text, 'partly'::text, 'no'::text]))),
    CONSTRAINT visit_what_check CHECK ((what = ANY (ARRAY['asked'::text, 'silent'::text, 'rated'::text])))
);

CREATE VIEW followup.v_visit AS
 SELECT visit.case_id,
    visit.n,
    visit.visit,
    visit.what,
    visit.means,
    visit.at,
    visit.round,
    visit.solved,
    visit.satisfaction,
    visit.contacted,
    char_length(visit.remark) AS remark_chars
   FROM followup.visit;

ALTER TABLE ONLY followup.batch_marker
    ADD CONSTRAINT batch_marker_pkey PRIMARY KEY (case_id, batch);

ALTER TABLE ONLY followup.case_file
    ADD CONSTRAINT case_file_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY followup.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (case_id, command_id);

ALTER TABLE ONLY followup.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (case_id, seq);

ALTER TABLE ONLY followup.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source, number);

ALTER TABLE ONLY followup.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (case_id, producer, seq);

ALTER TABLE ONLY followup.pending
    ADD CONSTRAINT pending_pkey PRIMARY KEY (case_id, grp);

ALTER TABLE ONLY followup.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (case_id, name);

ALTER TABLE ONLY followup.visit
    ADD CONSTRAINT visit_pkey PRIMARY KEY (case_id, n);

CREATE INDEX batch_marker_due ON followup.batch_marker USING btree (next_at);

CREATE INDEX parked_waits ON followup.parked USING btree (due_at) WHERE (state = 1);

CREATE INDEX pending_due ON followup.pending USING btree (next_at);

CREATE INDEX timer_due ON followup.timer USING btree (due_at);
