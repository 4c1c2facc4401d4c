/* Two targets a name: the county-level unit that it places a letter in, and the unit itself. */
#include "intake_names_core.h"

#include "intake_words_core.h"

#define NAMES_A_UNIT	  3 /* at most: full, without brackets, short */
#define ALIAS_BYTES_LEAST 9 /* three Chinese characters: shorter ones mean other things too */

enum name_kind { NAME_AREA, NAME_UNIT };

struct unit_names {
	struct words_index *words;
	const struct classify_org *orgs;
	size_t n_orgs;
};

static const char *const area_kinds[] = { "district", "county", "county_city", "functional_zone" };

static bool is_area(const struct classify_org *org)
{
	for (size_t i = 0; i < sizeof(area_kinds) / sizeof(area_kinds[0]); i++) {
		if (str_eq_c(org->kind, area_kinds[i]))
			return true;
	}
	return false;
}

/* The index of the county-level unit that the org places a letter in; n_orgs when none. */
static size_t area_of(const struct unit_names *names, size_t at)
{
	const struct classify_org *org = &names->orgs[at];

	if (is_area(org))
		return at;
	for (size_t i = 0; org->level == 3 && i < names->n_orgs; i++) {
		if (str_eq(names->orgs[i].code, org->parent_code) && is_area(&names->orgs[i]))
			return i;
	}
	return names->n_orgs;
}

static enum res add_name(struct unit_names *names, struct str name, size_t at, struct err *err)
{
	struct classify_period period = names->orgs[at].period;
	size_t area = area_of(names, at);
	struct words_target target = { .kind = NAME_UNIT,
		.index = (uint16_t)at,
		.valid_from = period.valid_from,
		.valid_to = period.valid_to };

	TRY(words_add(names->words, name, &target, err));
	if (area == names->n_orgs)
		return RES_OK;
	target.kind = NAME_AREA;
	target.index = (uint16_t)area;
	return words_add(names->words, name, &target, err);
}

/* What people call it: STR_NONE when there is nothing shorter that is clear enough. */
static struct str short_name(const struct classify_org *org, struct str name, struct str city)
{
	struct str alias = STR_NONE;
	size_t at = str_find(name, city, 0);

	if (str_eq_c(org->kind, "functional_zone")) {
		size_t prefix = str_utf8_cut(name, 2).n;
		alias = str_slice(name, prefix, name.n);
	} else if (at != SIZE_MAX) {
		alias = str_slice(name, at + city.n, name.n);
		if (str_starts(alias, STR("市")))
			alias = str_slice(alias, STR("市").n, alias.n);
	} else if (str_starts(name, STR("市"))) {
		alias = str_slice(name, STR("市").n, name.n);
	}
	return alias.n >= ALIAS_BYTES_LEAST ? alias : STR_NONE;
}

static enum res add_unit(struct unit_names *names, size_t at, struct str city, struct err *err)
{
	const struct classify_org *org = &names->orgs[at];
	size_t bracket = str_find(org->name, STR("("), 0);
	struct str plain = str_slice(org->name, 0, bracket);
	struct str alias = short_name(org, plain, city);

	TRY(add_name(names, org->name, at, err));
	if (plain.n < org->name.n)
		TRY(add_name(names, plain, at, err));
	return alias.p == NULL ? RES_OK : add_name(names, alias, at, err);
}

/* "成都" of "成都市". */
static struct str city_name(const struct classify_org *orgs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str name = orgs[i].name;
		if (orgs[i].level == 1)
			return str_ends(name, STR("市")) ? str_slice(name, 0, name.n - STR("市").n)
							 : name;
	}
	return STR_NONE;
}

enum res names_make(struct arena *mem, const struct classify_org *orgs, size_t n_orgs,
	struct unit_names **out, struct err *err)
{
	struct unit_names *names = arena_new(mem, struct unit_names);
	struct words_index *words = words_index_make(mem, NAMES_A_UNIT * n_orgs);
	struct classify_org *copy = arena_new_array(mem, struct classify_org, n_orgs + 1);

	if (n_orgs > UINT16_MAX)
		return err_set(err, RES_INVALID, "more than %d organisations", UINT16_MAX);
	if (names == NULL || words == NULL || copy == NULL)
		return err_set(err, RES_TOO_BIG, "no memory for the names");
	for (size_t i = 0; i < n_orgs; i++) {
		copy[i] = orgs[i];
		copy[i].code = arena_str(mem, orgs[i].code);
		copy[i].name = arena_str(mem, orgs[i].name);
		copy[i].kind = arena_str(mem, orgs[i].kind);
		copy[i].parent_code = arena_str(mem, orgs[i].parent_code);
	}
	*names = (struct unit_names){ .words = words, .orgs = copy, .n_orgs = n_orgs };
	for (size_t i = 0; i < n_orgs; i++) {
		if (orgs[i].level > 1)
			TRY(add_unit(names, i, city_name(orgs, n_orgs), err));
	}
	*out = names;
	return RES_OK;
}

struct look {
	const struct unit_names *names;
	int32_t day;
	struct names_found *out;
};

/* The one area that an entry means on that day, or "" when there is none or more than one. */
static struct str area_of_entry(const struct look *look, const struct words_entry *entry)
{
	struct str area = STR("");

	for (const struct words_target *to = entry->targets; to != NULL; to = to->next) {
		struct str code = look->names->orgs[to->index].code;
		if (to->kind != NAME_AREA || !words_target_is_valid(to, look->day))
			continue;
		if (area.n > 0 && !str_eq(area, code))
			return STR("");
		area = code;
	}
	return area;
}

static void add_found_unit(struct names_found *out, struct str code)
{
	size_t i = 0;

	while (i < out->n_units && !str_eq(out->units[i], code))
		i++;
	if (i == out->n_units)
		out->units[out->n_units++] = code;
}

static void take_name(void *arg, const struct words_entry *entry)
{
	struct look *look = arg;

	if (look->out->area.n == 0)
		look->out->area = area_of_entry(look, entry);
	for (const struct words_target *to = entry->targets; to != NULL; to = to->next) {
		/* A former name still means that body. */
		if (to->kind == NAME_UNIT && to->valid_from <= look->day)
			add_found_unit(look->out, look->names->orgs[to->index].code);
	}
}

/* The channel's own word: a county-level code, or a name. */
static struct str area_given(const struct look *look, struct str area)
{
	for (size_t i = 0; i < look->names->n_orgs; i++) {
		const struct classify_org *org = &look->names->orgs[i];
		if (str_eq(org->code, area) && is_area(org) &&
			org->period.valid_from <= look->day && look->day < org->period.valid_to)
			return org->code;
	}
	const struct words_entry *entry = words_find(look->names->words, area);
	return entry != NULL ? area_of_entry(look, entry) : STR("");
}

void names_look(const struct unit_names *names, struct arena *mem,
	const struct classify_letter *letter, struct names_found *out)
{
	struct look look = { .names = names, .day = letter->day, .out = out };
	struct str given = str_trim(letter->area);

	*out = (struct names_found){ .area = STR(""),
		.units = arena_new_array(mem, struct str, names->n_orgs + 1) };
	if (out->units == NULL)
		return;
	if (given.n > 0)
		out->area = area_given(&look, given);
	words_scan(names->words, letter->title, take_name, &look);
	words_scan(names->words, letter->body, take_name, &look);
}
