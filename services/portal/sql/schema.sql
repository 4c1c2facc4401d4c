-- What the migrations make of schema portal; written by tests/db/schema/update.sh.

CREATE SCHEMA portal;

CREATE TABLE portal.attempt (
    key bytea NOT NULL,
    n bigint NOT NULL,
    ends_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE portal.migration (
    source text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    is_breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE portal.visit_day (
    day date NOT NULL,
    sessions bigint NOT NULL,
    views bigint NOT NULL
)
WITH (fillfactor='50');

CREATE VIEW portal.v_visit_day AS
 SELECT visit_day.day,
    visit_day.sessions,
    visit_day.views
   FROM portal.visit_day;

ALTER TABLE ONLY portal.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (key);

ALTER TABLE ONLY portal.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source, number);

ALTER TABLE ONLY portal.visit_day
    ADD CONSTRAINT visit_day_pkey PRIMARY KEY (day);

CREATE INDEX attempt_ends_at ON portal.attempt USING btree (ends_at);
