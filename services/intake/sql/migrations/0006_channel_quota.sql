-- Keys that end by themselves when another one has taken their place, when a key was revoked, and how many letters a source may hand in.
-- The end is by the wall clock, as a connection is: business time may stand still.
alter table channel_key add column revoked_at timestamptz;
alter table channel_key add column ends_at timestamptz;                    -- wall clock; null: without an end
alter table channel_key add column quota_per_s int4 not null default 0;    -- the same in all rows of a source; 0: what the door gives to all
alter table channel_key add column quota_burst int4 not null default 0;

create or replace view v_channel_key as
select public_key, source, channels, is_revoked, added_at, revoked_at, ends_at, quota_per_s, quota_burst from channel_key;
