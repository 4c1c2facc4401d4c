-- What integrators keep for themselves, so that a channel can run in several replicas. Only its source sees a name; values are
-- sealed by the SDK. All times are real ones: a lease does not stand still with a simulated clock.
create table channel_state (
	source text not null,
	name text not null,
	value bytea,                             -- null: only a lease is there
	version int8 not null,                   -- of the value, rising; 0: there is none
	holder text not null,                    -- who has, or had, the lease; '' nobody
	lease_until timestamptz,
	changed_at timestamptz not null,
	stamp int8 not null,                     -- of the row's last change: what a write is decided on
	put_by text not null,                    -- who put the value in the place of which version, so that
	replaced int8 not null,                  -- the same put that comes once more is known
	primary key (source, name)
) with (fillfactor = 50);

-- Never the values: for the operator.
create view v_channel_state as
select source, name, octet_length(value) as bytes, version, holder, lease_until, changed_at from channel_state;

grant select, insert, update, delete on channel_state to :"login";
grant select on v_channel_state to wl_check, wl_deploy;
