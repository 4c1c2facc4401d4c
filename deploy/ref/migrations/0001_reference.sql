-- Reference data of the city (law 8): dated rows that the deploy role writes and everybody reads. A row holds from valid_from
-- (no date in the file: from 2000 on) until the day before valid_to (null: still). A decision records ref.version it used.

create table version (
	is_only   boolean     primary key default true check (is_only),
	n         int4        not null,
	loaded_at timestamptz not null default now()
);
insert into version (n) values (0);

-- Business time is database time plus shift; only a simulated system moves it (law 15).
create table clock (
	is_only      boolean  primary key default true check (is_only),
	is_simulated boolean  not null,
	shift        interval not null default '0'
);

-- taxonomy.csv: code LLNN, first and second level.
create table category (
	code       text not null,
	level1_zh  text not null,
	level1_en  text not null,
	level2_zh  text not null,
	level2_en  text not null,
	valid_from date not null default '2000-01-01',
	valid_to   date,
	primary key (code, valid_from),
	check (valid_to > valid_from)
);

-- orgs.csv: level 1 city, 2 county-level units and bodies, 3 towns and subdistricts. parent_code '' is the city itself.
create table org (
	code        text not null,
	name_zh     text not null,
	name_en     text not null,
	level       int2 not null,
	parent_code text not null default '',
	kind        text not null,
	valid_from  date not null default '2000-01-01',
	valid_to    date,
	primary key (code, valid_from),
	check (valid_to > valid_from)
);

-- dispatch.csv, the duty catalogue (派单目录): handling_level 'district': the case's county-level unit leads and the body
-- co-handles; 'bureau': the body leads.
create table duty (
	category        text not null,
	policy_lead_org text not null,
	handling_level  text not null check (handling_level in ('district', 'bureau')),
	valid_from      date not null default '2000-01-01',
	valid_to        date,
	primary key (category, valid_from),
	check (valid_to > valid_from)
);

-- groups.csv: who is ranked among whom.
create table peer_group (
	org_code      text not null,
	peer_group_zh text not null,
	valid_from    date not null default '2000-01-01',
	valid_to      date,
	primary key (org_code, valid_from),
	check (valid_to > valid_from)
);

-- sla.csv: limits as people write them ("7wd", "24h", "30min", "0" at once, "-" none).
create table sla (
	type             text not null,
	name_zh          text not null,
	accept_due       text not null,
	sign_due         text not null,
	contact_due      text not null,
	resolve_due      text not null,
	max_extension_wd int4 not null,
	followup_due     text not null,
	valid_from       date not null default '2000-01-01',
	valid_to         date,
	primary key (type, valid_from),
	check (valid_to > valid_from)
);

-- holidays.csv: what differs from Monday to Friday, in both directions of 调休.
create table holiday (
	day        date not null,
	kind       text not null check (kind in ('off', 'work')),
	name       text not null,
	valid_from date not null default '2000-01-01',
	valid_to   date,
	primary key (day, valid_from),
	check (valid_to > valid_from)
);

grant select on version, clock, category, org, duty, peer_group, sla, holiday to
	wl_intake, wl_dispatch, wl_reply, wl_followup, wl_analytics, wl_check, wl_deploy;
grant insert, update on version, clock to wl_deploy;
grant insert, update, delete on category, org, duty, peer_group, sla, holiday to wl_deploy;
