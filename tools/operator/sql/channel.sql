-- name: channel_list
-- Every key by the 8 characters that stand for it. One that has ended counts as revoked then.
select left(k.public_key, 8), k.source, array_to_string(k.channels, ','), k.added_at,
	k.is_revoked or coalesce(k.ends_at <= clock_timestamp(), false),
	case when k.is_revoked then k.revoked_at when k.ends_at <= clock_timestamp() then k.ends_at end,
	case when not k.is_revoked and k.ends_at > clock_timestamp() then k.ends_at end,
	k.quota_per_s, k.quota_burst
from intake.v_channel_key k
order by k.source, k.added_at, k.public_key;

-- name: channel_state
-- $1 source: the names that it keeps, without their values. A lease that ran out is nobody's.
select s.name, coalesce(s.bytes, 0)::int8, s.version,
	case when s.lease_until > clock_timestamp() then s.holder else '' end,
	case when s.lease_until > clock_timestamp()
		then ceil(extract(epoch from s.lease_until - clock_timestamp()) * 1000)::int8 else 0 end,
	s.changed_at
from intake.v_channel_state s
where s.source = $1::text
order by s.name;
