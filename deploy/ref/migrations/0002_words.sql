-- Words that speak for a category (words.csv) or a type (typewords.csv), with weights: what the first classifier is made of.

create table category_word (
	category   text not null,
	word       text not null,
	weight     int4 not null check (weight between 1 and 100),
	valid_from date not null default '2000-01-01',
	valid_to   date,
	primary key (category, word, valid_from),
	check (valid_to > valid_from)
);

create table type_word (
	type       text not null,
	word       text not null,
	weight     int4 not null check (weight between 1 and 100),
	valid_from date not null default '2000-01-01',
	valid_to   date,
	primary key (type, word, valid_from),
	check (valid_to > valid_from)
);

grant select on category_word, type_word to
	wl_intake, wl_dispatch, wl_reply, wl_followup, wl_analytics, wl_check, wl_deploy;
grant insert, update, delete on category_word, type_word to wl_deploy;
