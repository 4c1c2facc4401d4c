-- road.csv: who takes a step of the straight road. taken_by 'system': at once, journalled as the system's; 'people': it waits for somebody
-- with the role. type '*' holds for types without a row of their own. Steps:
--   accept            受理  intake     people: the case stays RECEIVED until somebody accepts or refuses
--   answer            直接答复 intake, reply  system: a consult that an article of the knowledge base answers is answered with it
--   dispatch          派单  dispatch   people: the case stays ACCEPTED until a dispatcher sends it to a unit
--   sign, contact     签收, 先行联系 dispatch
--   approve_lead, approve_reviewer  审核 reply
--   first_visit       回访  followup   system: asked together with the reply; people: as the plan says, from the next working day on
create table road (
	step       text not null check (step in ('accept', 'answer', 'dispatch', 'sign', 'contact', 'approve_lead',
		'approve_reviewer', 'first_visit')),
	type       text not null,
	taken_by   text not null check (taken_by in ('system', 'people')),
	valid_from date not null default '2000-01-01',
	valid_to   date,
	primary key (step, type, valid_from),
	check (valid_to > valid_from)
);
grant select on road to wl_intake, wl_dispatch, wl_reply, wl_followup, wl_analytics, wl_check, wl_deploy;
grant insert, update, delete on road to wl_deploy;
