-- What came along with a letter: who uploaded it is the case's source; the bytes are media's, found by stored_sha256. Insert-only.
create table attachment (
	case_id int8 not null,
	n int4 not null,
	sha256 bytea not null,                   -- of what was uploaded: part of the letter's digest
	stored_sha256 bytea not null,            -- of what is kept: photos are made anew
	size_bytes int8 not null,                -- of what is kept
	media_type text not null,                -- by content
	name text not null,                      -- for people
	primary key (case_id, n)
);
create index attachment_stored on attachment (stored_sha256);

create type attachment_row as (
	case_id int8, n int4, sha256 bytea, stored_sha256 bytea, size_bytes int8, media_type text, name text
);

create view v_attachment as select case_id, n, sha256, stored_sha256, size_bytes, media_type, name from attachment;

grant select, insert on attachment to :"login";
grant select on v_attachment to wl_check;
