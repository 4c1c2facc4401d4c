-- What channels asked to be told of their own cases: the state that people see (decision 0014). One row a case that asked, none for others.
create table status (
	case_id int8 primary key,
	source text not null,                    -- whose letter it is: only that source may say that it was told
	source_msg_id text not null,
	version int4 not null,                   -- grows with every change of the state
	told int4 not null,                      -- the version that the channel has taken
	state int2 not null,                     -- as case_file's
	at timestamptz not null                  -- since when, business time
) with (fillfactor = 50);

create type status_row as (
	case_id int8, source text, source_msg_id text, version int4, state int2, at timestamptz
);
create type status_told_row as (
	case_id int8, version int4
);

create view v_status as select case_id, source, source_msg_id, version, told, state, at from status;

grant select, insert, update on status to :"login";
grant select on v_status to wl_check, wl_deploy;
