/* Who does what in the demo, and the words of it. See demo_people.h. */
#include "demo_people.h"

#include "acts/acts.h"

/* Not the same people everywhere, and never the same one as author and as judge of a draft. */
static const char *const desk[] = { "desk-01", "desk-03", "desk-07", "desk-12", "desk-15" };
static const char *const reviewers[] = { "shen", "luo.y", "deng" };
static const char *const dispatchers[] = { "pai-1", "pai-2" };
static const char *const officers[] = { "zhou.m", "he.l", "tang", "yang.x", "feng", "liao", "xie.j",
	"peng" };
static const char *const leads[] = { "lead-gao", "lead-qin", "lead-wei" };
static const char *const citizen[] = { "web" };

#define NAMES(list) (list), sizeof(list) / sizeof(list)[0]

static const struct part {
	enum act act;
	const char *role;
	const char *const *names;
	size_t n_names;
} parts[] = {
	[DEED_ACCEPT] = { ACT_ACCEPT, "agent", NAMES(desk) },
	[DEED_REFUSE] = { ACT_REFUSE, "reviewer", NAMES(reviewers) },
	[DEED_DISPATCH] = { ACT_DISPATCH, "dispatcher", NAMES(dispatchers) },
	[DEED_SIGN] = { ACT_SIGN, "unit_officer", NAMES(officers) },
	[DEED_CONTACT] = { ACT_CONTACT, "unit_officer", NAMES(officers) },
	[DEED_SUBMIT] = { ACT_SUBMIT, "unit_officer", NAMES(officers) },
	[DEED_LEAD] = { ACT_APPROVE, "unit_lead", NAMES(leads) },
	[DEED_REVIEW] = { ACT_APPROVE, "reviewer", NAMES(reviewers) },
	[DEED_REJECT] = { ACT_REJECT, "reviewer", NAMES(reviewers) },
	[DEED_RATE] = { ACT_RATE, "citizen", NAMES(citizen) },
	[DEED_SUBMIT2] = { ACT_SUBMIT, "unit_officer", NAMES(officers) },
	[DEED_LEAD2] = { ACT_APPROVE, "unit_lead", NAMES(leads) },
	[DEED_REVIEW2] = { ACT_APPROVE, "reviewer", NAMES(reviewers) },
	[DEED_RATE2] = { ACT_RATE, "citizen", NAMES(citizen) },
};
_Static_assert(sizeof parts / sizeof parts[0] == DEEDS, "each deed has somebody who does it");

bool demo_needs_unit(enum demo_deed deed)
{
	return act_role_has_unit(act_rule(parts[deed].act)->role);
}

/* An act with what is said in it. */
struct words {
	struct act_value values[8];
	size_t n;
};

static void say(struct words *words, const char *option, struct str text)
{
	if (!str_is_empty(text))
		words->values[words->n++] = (struct act_value){ option, text };
}

static void say_rating(
	struct arena *mem, struct words *words, const struct demo_row *row, bool is_second)
{
	const struct demo_rating *rating = is_second ? &row->rating2 : &row->rating;

	say(words, "solved", rating->solved);
	say(words, "satisfaction", arena_printf(mem, "%d", (int)rating->satisfaction));
	if (!str_is_empty(row->note))
		words->values[words->n++] = (struct act_value){ "contacted", STR("") };
	say(words, "remark", rating->remark);
}

static void say_contact(struct words *words, const struct demo_row *row)
{
	static const char *const means[] = { "phone", "phone", "message", "visit", "site" };

	say(words, "note", row->note);
	say(words, "means", str_from_c(means[demo_pick(row->external_id, 400, 5)]));
}

static void say_accept(struct words *words, const struct demo_row *row)
{
	say(words, "type", row->type);
	say(words, "category", row->category);
	say(words, "area", row->area);
	if (row->plan != DEMO_DIRECT)
		words->values[words->n++] = (struct act_value){ "no-article", STR("") };
}

static void words_of(
	struct arena *mem, const struct demo_row *row, enum demo_deed deed, struct words *words)
{
	switch (deed) {
	case DEED_ACCEPT:
		say_accept(words, row);
		break;
	case DEED_REFUSE:
		say(words, "reason", row->reason);
		say(words, "guidance", row->guidance);
		break;
	case DEED_CONTACT:
		say_contact(words, row);
		break;
	case DEED_SUBMIT:
	case DEED_SUBMIT2:
		say(words, "text", deed == DEED_SUBMIT ? row->reply : row->reply2);
		break;
	case DEED_REJECT:
		say(words, "reason", row->objection);
		break;
	case DEED_RATE:
	case DEED_RATE2:
		say_rating(mem, words, row, deed == DEED_RATE2);
		break;
	case DEED_END:
	case DEED_DISPATCH:
	case DEED_SIGN:
	case DEED_LEAD:
	case DEED_REVIEW:
	case DEED_LEAD2:
	case DEED_REVIEW2:
	case DEEDS:
		break;
	}
}

enum res demo_command(struct arena *mem, const struct demo_row *row, enum demo_deed deed,
	struct str unit, struct line_command *out, struct err *err)
{
	const struct part *part = &parts[deed];
	const struct act_rule *rule = act_rule(part->act);
	struct words words = { .n = 0 };
	struct line_command command = { .group = rule->service, .type = rule->type };

	words_of(mem, row, deed, &words);
	TRY(act_body(mem, part->act, words.values, words.n, &command.body, err));
	command.command_id =
		arena_printf(mem, "demo/%.*s/%s", STR_ARG(row->external_id), demo_deed_name(deed));
	/* one officer has a case from its first day to its last */
	size_t who = demo_pick(row->external_id, 500, part->n_names);
	command.actor = arena_printf(mem, "%s/%s%s%.*s", part->role, part->names[who],
		demo_needs_unit(deed) ? "@" : "", STR_ARG(demo_needs_unit(deed) ? unit : STR("")));
	*out = command;
	return RES_OK;
}
