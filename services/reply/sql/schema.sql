-- What the migrations make of schema reply; written by tests/db/schema/update.sh.

CREATE SCHEMA reply;

CREATE TABLE reply.addressee (
    case_id bigint NOT NULL,
    n integer NOT NULL,
    source text NOT NULL,
    source_msg_id text NOT NULL,
    channel text NOT NULL
);

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
    closed_at timestamp with time zone
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
    at timestamp with time zone NOT NULL
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
    hash bytea NOT NULL
);

CREATE TABLE reply.migration (
    source text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    is_breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE reply.pending (
    case_id bigint NOT NULL,
    grp text NOT NULL,
    upto_seq integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE reply.timer (
    case_id bigint NOT NULL,
    name text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
)
WITH (fillfactor='70');

CREATE VIEW reply.v_addressee AS
 SELECT addressee.case_id,
    addressee.n,
    addressee.source,
    addressee.source_msg_id,
    addressee.channel
   FROM reply.addressee;

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
    f.closed_at
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
    delivery.at
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
    journal.hash
   FROM reply.journal;

CREATE VIEW reply.v_pending AS
 SELECT pending.case_id,
    pending.grp,
    pending.upto_seq,
    pending.next_at,
    pending.attempts
   FROM reply.pending;

CREATE VIEW reply.v_timer AS
 SELECT timer.case_id,
    timer.name,
    timer.due_at
   FROM reply.timer;

ALTER TABLE ONLY reply.addressee
    ADD CONSTRAINT addressee_pkey PRIMARY KEY (case_id, n);

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

ALTER TABLE ONLY reply.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source, number);

ALTER TABLE ONLY reply.pending
    ADD CONSTRAINT pending_pkey PRIMARY KEY (case_id, grp);

ALTER TABLE ONLY reply.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (case_id, name);

CREATE INDEX timer_due ON reply.timer USING btree (due_at);
