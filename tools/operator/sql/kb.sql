-- name: kb_list
-- Every article of the knowledge base, in the order of its number.
select k.id, k.category, k.title, k.words, k.unit, k.valid_from::text, coalesce(k.valid_to::text, ''), char_length(k.text),
	k.checked_at, k.actor
from reply.v_kb_article k
order by k.id;

-- name: kb_raise
-- Whoever keeps articles in memory reads them again.
update ref.version set n = n + 1, loaded_at = now();
