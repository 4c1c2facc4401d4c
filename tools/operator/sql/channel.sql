-- name: channel_list
-- Every key by the 8 characters that stand for it. One that has ended counts as revoked then.
select left(k.public_key, 8), k.source, array_to_string(k.channels, ','), k.added_at,
	k.is_revoked or coalesce(k.ends_at <= clock_timestamp(), false),
	case when k.is_revoked then k.revoked_at when k.ends_at <= clock_timestamp() then k.ends_at end,
	case when not k.is_revoked and k.ends_at > clock_timestamp() then k.ends_at end,
	k.quota_per_s, k.quota_burst
from intake.v_channel_key k
order by k.source, k.added_at, k.public_key;
