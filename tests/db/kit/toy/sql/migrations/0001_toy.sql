create table case_file (
	case_id int8 primary key,
	version int4 not null,
	seq int4 not null,
	head bytea not null,
	seen_intake int4 not null,
	seen_followup int4 not null,
	n int4 not null,
	is_jammed boolean not null
) with (fillfactor = 50);

-- No key: an effect that took place twice can be seen. The constraint is what poison meets.
create table effect (
	case_id int8 not null,
	n int4 not null,
	what text not null check (what <> 'poison')
);

create table claim (
	key text primary key,
	case_id int8 not null
);

grant select, insert, update on case_file to :"login";
grant select, insert on effect, claim to :"login";
