-- What the migrations make of schema ref; written by tests/db/schema/update.sh.

CREATE SCHEMA ref;

CREATE TABLE ref.category (
    code text NOT NULL,
    level1_zh text NOT NULL,
    level1_en text NOT NULL,
    level2_zh text NOT NULL,
    level2_en text NOT NULL,
    valid_from date DEFAULT '2000-01-01'::date NOT NULL,
    valid_to date,
    CONSTRAINT category_check CHECK ((valid_to > valid_from))
);

CREATE TABLE ref.category_word (
    category text NOT NULL,
    word text NOT NULL,
    weight integer NOT NULL,
    valid_from date DEFAULT '2000-01-01'::date NOT NULL,
    valid_to date,
    CONSTRAINT category_word_check CHECK ((valid_to > valid_from)),
    CONSTRAINT category_word_weight_check CHECK (((weight >= 1) AND (weight <= 100)))
);

CREATE TABLE ref.clock (
    is_only boolean DEFAULT true NOT NULL,
    is_simulated boolean NOT NULL,
    shift interval DEFAULT '00:00:00'::interval NOT NULL,
    CONSTRAINT clock_is_only_check CHECK (is_only)
);

CREATE TABLE ref.duty (
    category text NOT NULL,
    policy_lead_org text NOT NULL,
    handling_level text NOT NULL,
    valid_from date DEFAULT '2000-01-01'::date NOT NULL,
    valid_to date,
    CONSTRAINT duty_check CHECK ((valid_to > valid_from)),
    CONSTRAINT duty_handling_level_check CHECK ((handling_level = ANY (ARRAY['district'::text, 'bureau'::text])))
);

CREATE TABLE ref.holiday (
    day date NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    valid_from date DEFAULT '2000-01-01'::date NOT NULL,
    valid_to date,
    CONSTRAINT holiday_check CHECK ((valid_to > valid_from)),
    CONSTRAINT holiday_kind_check CHECK ((kind = ANY (ARRAY['off'::text, 'work'::text])))
);

CREATE TABLE ref.migration (
    source text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    is_breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE ref.org (
    code text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    level smallint NOT NULL,
    parent_code text DEFAULT ''::text NOT NULL,
    kind text NOT NULL,
    valid_from date DEFAULT '2000-01-01'::date NOT NULL,
    valid_to date,
    CONSTRAINT org_check CHECK ((valid_to > valid_from))
);

CREATE TABLE ref.peer_group (
    org_code text NOT NULL,
    peer_group_zh text NOT NULL,
    valid_from date DEFAULT '2000-01-01'::date NOT NULL,
    valid_to date,
    CONSTRAINT peer_group_check CHECK ((valid_to > valid_from))
);

CREATE TABLE ref.road (
    step text NOT NULL,
    type text NOT NULL,
    taken_by text NOT NULL,
    valid_from date DEFAULT '2000-01-01'::date NOT NULL,
    valid_to date,
    CONSTRAINT road_check CHECK ((valid_to > valid_from)),
    CONSTRAINT road_step_check CHECK ((step = ANY (ARRAY['accept'::text, 'answer'::text, 'dispatch'::text, 'sign'::text, 'contact'::text, 'approve_lead'::text, 'approve_reviewer'::text, 'first_visit'::text]))),
    CONSTRAINT road_taken_by_check CHECK ((taken_by = ANY (ARRAY['system'::text, 'people'::text])))
);

CREATE TABLE ref.sla (
    type text NOT NULL,
    name_zh text NOT NULL,
    accept_due text NOT NULL,
    sign_due text NOT NULL,
    contact_due text NOT NULL,
    resolve_due text NOT NULL,
    max_extension_wd integer NOT NULL,
    followup_due text NOT NULL,
    valid_from date DEFAULT '2000-01-01'::date NOT NULL,
    valid_to date,
    CONSTRAINT sla_check CHECK ((valid_to > valid_from))
);

CREATE TABLE ref.type_word (
    type text NOT NULL,
    word text NOT NULL,
    weight integer NOT NULL,
    valid_from date DEFAULT '2000-01-01'::date NOT NULL,
    valid_to date,
    CONSTRAINT type_word_check CHECK ((valid_to > valid_from)),
    CONSTRAINT type_word_weight_check CHECK (((weight >= 1) AND (weight <= 100)))
);

CREATE TABLE ref.version (
    is_only boolean DEFAULT true NOT NULL,
    n integer NOT NULL,
    loaded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT version_is_only_check CHECK (is_only)
);

ALTER TABLE ONLY ref.category
    ADD CONSTRAINT category_pkey PRIMARY KEY (code, valid_from);

ALTER TABLE ONLY ref.category_word
    ADD CONSTRAINT category_word_pkey PRIMARY KEY (category, word, valid_from);

ALTER TABLE ONLY ref.clock
    ADD CONSTRAINT clock_pkey PRIMARY KEY (is_only);

ALTER TABLE ONLY ref.duty
    ADD CONSTRAINT duty_pkey PRIMARY KEY (category, valid_from);

ALTER TABLE ONLY ref.holiday
    ADD CONSTRAINT holiday_pkey PRIMARY KEY (day, valid_from);

ALTER TABLE ONLY ref.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source, number);

ALTER TABLE ONLY ref.org
    ADD CONSTRAINT org_pkey PRIMARY KEY (code, valid_from);

ALTER TABLE ONLY ref.peer_group
    ADD CONSTRAINT peer_group_pkey PRIMARY KEY (org_code, valid_from);

ALTER TABLE ONLY ref.road
    ADD CONSTRAINT road_pkey PRIMARY KEY (step, type, valid_from);

ALTER TABLE ONLY ref.sla
    ADD CONSTRAINT sla_pkey PRIMARY KEY (type, valid_from);

ALTER TABLE ONLY ref.type_word
    ADD CONSTRAINT type_word_pkey PRIMARY KEY (type, word, valid_from);

ALTER TABLE ONLY ref.version
    ADD CONSTRAINT version_pkey PRIMARY KEY (is_only);
