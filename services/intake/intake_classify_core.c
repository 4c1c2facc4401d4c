/* The first classifier: every word that stands in the letter speaks for its categories and types
 * with its weight, twice as much in the title; repetition in the body counts a little. Names of
 * units in the text give the area, and for reports the bodies that must not get it. */
#include "intake_classify_core.h"

#include "intake_names_core.h"
#include "intake_words_core.h"

#define NAME_WEIGHT	 8  /* a category's whole name */
#define PART_WEIGHT	 4  /* one of the matters that its name lists */
#define PART_BYTES_LEAST 12 /* four Chinese characters: shorter parts say too little */
#define REPORT		 "report"
#define TYPES_MAX	 32

enum target_kind { TARGET_CATEGORY, TARGET_TYPE };

struct words_classifier {
	struct classifier base; /* first member */
	const struct classify_category *categories;
	size_t n_categories;
	struct str types[TYPES_MAX];
	size_t n_types;
	struct words_index *words;
	struct unit_names *names;
	struct str general_category;
	struct str default_type;
	int32_t least_score;
	int32_t least_margin_pct;
	int32_t least_type_score;
};

struct hit {
	const struct words_entry *entry; /* NULL: the place is free */
	uint8_t title;
	uint8_t body;
};

/* What one letter collects. Scores of categories are in half points. */
struct tally {
	const struct words_classifier *self;
	int32_t day;
	/* The words of this letter, each once, placed by their number; the next free place when it
	 * is taken. A letter holds few of the thousands of words, and there are many letters. */
	struct hit *hits;
	size_t hits_mask;
	struct hit **found; /* in the order of the text */
	size_t n_found;
	bool is_title;
	int32_t *categories;
	int32_t types[TYPES_MAX];
};

static bool is_valid(struct classify_period period, int32_t day)
{
	return period.valid_from <= day && day < period.valid_to;
}

/* A word has two bytes at least, and words do not overlap: half of the places stay free. */
static bool tally_make(struct tally *tally, struct arena *mem, const struct classify_letter *letter)
{
	size_t n_words = words_count(tally->self->words);
	size_t most = (letter->title.n + letter->body.n) / 2 + 1;
	size_t places = 16;

	if (most > n_words)
		most = n_words;
	while (places < 2 * most)
		places *= 2;
	tally->hits_mask = places - 1;
	tally->hits = arena_new_array(mem, struct hit, places);
	tally->found = arena_new_array(mem, struct hit *, most + 1);
	tally->categories = arena_new_array(mem, int32_t, tally->self->n_categories + 1);
	return tally->hits != NULL && tally->found != NULL && tally->categories != NULL;
}

static void count_word(void *arg, const struct words_entry *entry)
{
	struct tally *tally = arg;
	size_t at = entry->number & tally->hits_mask;

	while (tally->hits[at].entry != NULL && tally->hits[at].entry != entry)
		at = (at + 1) & tally->hits_mask;
	struct hit *hit = &tally->hits[at];
	if (hit->entry == NULL)
		tally->found[tally->n_found++] = hit;
	hit->entry = entry;
	uint8_t *count = tally->is_title ? &hit->title : &hit->body;
	if (*count < 3)
		(*count)++;
}

/* In half points: 4 for the title, then 2, 3, 4 for one, two, more in the body. */
static int32_t halves_of(struct hit hit)
{
	return (hit.title > 0 ? 4 : 0) + (hit.body > 0 ? hit.body + 1 : 0);
}

static void add_scores(struct tally *tally)
{
	for (size_t i = 0; i < tally->n_found; i++) {
		struct hit hit = *tally->found[i];
		for (const struct words_target *to = hit.entry->targets; to != NULL;
			to = to->next) {
			if (!words_target_is_valid(to, tally->day))
				continue;
			if (to->kind == TARGET_CATEGORY)
				tally->categories[to->index] += to->weight * halves_of(hit);
			else
				tally->types[to->index] +=
					to->weight * ((hit.title > 0 ? 2 : 0) + (hit.body > 0));
		}
	}
}

static bool category_is_valid(const struct words_classifier *self, size_t index, int32_t day)
{
	for (size_t i = index; i < self->n_categories; i++) {
		if (str_eq(self->categories[i].code, self->categories[index].code) &&
			is_valid(self->categories[i].period, day))
			return true;
	}
	return false;
}

struct ranking {
	size_t first;
	int32_t first_score;
	int32_t second_score;
};

static struct ranking rank_categories(const struct tally *tally)
{
	struct ranking ranking = { 0 };

	for (size_t i = 0; i < tally->self->n_categories; i++) {
		int32_t score = tally->categories[i];
		if (score <= ranking.second_score || !category_is_valid(tally->self, i, tally->day))
			continue;
		if (score > ranking.first_score) {
			ranking.second_score = ranking.first_score;
			ranking.first_score = score;
			ranking.first = i;
		} else {
			ranking.second_score = score;
		}
	}
	return ranking;
}

static bool is_unsure(const struct words_classifier *self, struct ranking ranking)
{
	int64_t lead = ranking.first_score - ranking.second_score;

	return ranking.first_score < 2 * self->least_score ||
	       lead * 100 < (int64_t)ranking.first_score * self->least_margin_pct;
}

/* What one word gave to a category. */
static int32_t share_of(const struct tally *tally, struct hit hit, size_t category)
{
	int32_t sum = 0;

	for (const struct words_target *to = hit.entry->targets; to != NULL; to = to->next) {
		if (to->kind == TARGET_CATEGORY && to->index == category &&
			words_target_is_valid(to, tally->day))
			sum += to->weight * halves_of(hit);
	}
	return sum;
}

/* The heaviest words, by insertion into a short list. */
static void pick_words(const struct tally *tally, size_t category, struct classify_result *out)
{
	int32_t shares[CLASSIFY_WORDS_MAX] = { 0 };

	for (size_t i = 0; i < tally->n_found; i++) {
		int32_t share = share_of(tally, *tally->found[i], category);
		size_t at = out->n_words;
		while (at > 0 && shares[at - 1] < share)
			at--;
		if (share == 0 || at == CLASSIFY_WORDS_MAX)
			continue;
		size_t last = out->n_words < CLASSIFY_WORDS_MAX ? out->n_words++ : out->n_words - 1;
		for (size_t j = last; j > at; j--) {
			shares[j] = shares[j - 1];
			out->words[j] = out->words[j - 1];
		}
		shares[at] = share;
		out->words[at] = tally->found[i]->entry->word;
	}
}

static struct str pick_type(const struct tally *tally)
{
	const struct words_classifier *self = tally->self;
	int32_t best = 0, second = 0;
	size_t first = 0;

	for (size_t i = 0; i < self->n_types; i++) {
		if (tally->types[i] > best) {
			second = best;
			best = tally->types[i];
			first = i;
		} else if (tally->types[i] > second) {
			second = tally->types[i];
		}
	}
	bool is_clear = best >= self->least_type_score && best > second;
	return is_clear ? self->types[first] : self->default_type;
}

static void decide_category(const struct tally *tally, struct classify_result *out)
{
	struct ranking ranking = rank_categories(tally);

	if (is_unsure(tally->self, ranking))
		return;
	int64_t all =
		(int64_t)ranking.first_score + ranking.second_score + 2 * tally->self->least_score;
	out->category = tally->self->categories[ranking.first].code;
	out->is_general_desk = str_eq(out->category, tally->self->general_category);
	out->confidence_pct = (int32_t)((int64_t)ranking.first_score * 100 / all);
	pick_words(tally, ranking.first, out);
}

static void words_decide(const struct classifier *base, struct arena *mem,
	const struct classify_letter *letter, struct classify_result *out)
{
	const struct words_classifier *self = (const struct words_classifier *)base;
	struct tally tally = { .self = self, .day = letter->day };

	*out = (struct classify_result){ .type = self->default_type,
		.klass = letter->klass,
		.category = self->general_category,
		.area = STR(""),
		.is_general_desk = true };
	if (!tally_make(&tally, mem, letter))
		return;
	tally.is_title = true;
	words_scan(self->words, letter->title, count_word, &tally);
	tally.is_title = false;
	words_scan(self->words, letter->body, count_word, &tally);
	add_scores(&tally);
	decide_category(&tally, out);
	out->type = str_eq_c(letter->klass, REPORT) ? STR(REPORT) : pick_type(&tally);
	if (str_eq_c(out->type, REPORT))
		out->klass = STR(REPORT);
	struct names_found found;
	names_look(self->names, mem, letter, &found);
	out->area = found.area;
	out->named_units = found.units;
	out->n_named_units = found.n_units;
}

/* --- making --- */

static size_t find_category(const struct words_classifier *self, struct str code)
{
	size_t i = 0;

	while (i < self->n_categories && !str_eq(self->categories[i].code, code))
		i++;
	return i;
}

/* The type's index, made at first sight; TYPES_MAX when there are too many. */
static size_t take_type(struct words_classifier *self, struct arena *mem, struct str type)
{
	size_t i = 0;

	while (i < self->n_types && !str_eq(self->types[i], type))
		i++;
	if (i == self->n_types && i < TYPES_MAX)
		self->types[self->n_types++] = arena_str(mem, type);
	return i;
}

static enum res add_word(struct words_classifier *self, enum target_kind kind, size_t index,
	const struct classify_word *word, struct err *err)
{
	struct words_target target = { .kind = (uint16_t)kind,
		.index = (uint16_t)index,
		.weight = word->weight,
		.valid_from = word->period.valid_from,
		.valid_to = word->period.valid_to };

	return words_add(self->words, word->word, &target, err);
}

static enum res add_category_words(
	struct words_classifier *self, const struct classify_reference *reference, struct err *err)
{
	for (size_t i = 0; i < reference->n_words; i++) {
		const struct classify_word *word = &reference->words[i];
		size_t index = find_category(self, word->target);
		if (index == self->n_categories)
			return err_set(err, RES_INVALID, "word '%.*s': no category '%.*s'",
				STR_ARG(word->word), STR_ARG(word->target));
		TRY(add_word(self, TARGET_CATEGORY, index, word, err));
	}
	return RES_OK;
}

static enum res add_type_words(struct words_classifier *self, struct arena *mem,
	const struct classify_reference *reference, struct err *err)
{
	for (size_t i = 0; i < reference->n_type_words; i++) {
		const struct classify_word *word = &reference->type_words[i];
		size_t index = take_type(self, mem, word->target);
		if (index == TYPES_MAX)
			return err_set(err, RES_INVALID, "more than %d types", TYPES_MAX);
		TRY(add_word(self, TARGET_TYPE, index, word, err));
	}
	return RES_OK;
}

/* A word of the file says more exactly what the name says too: then the name adds nothing. */
static bool speaks_already(const struct words_classifier *self, struct str word, size_t category)
{
	const struct words_entry *entry = words_find(self->words, word);

	for (const struct words_target *to = entry ? entry->targets : NULL; to; to = to->next) {
		if (to->kind == TARGET_CATEGORY && to->index == category)
			return true;
	}
	return false;
}

static enum res add_name(struct words_classifier *self, const struct classify_category *category,
	struct str name, int32_t weight, struct err *err)
{
	size_t index = find_category(self, category->code);
	struct classify_word word = { .word = name, .weight = weight, .period = category->period };

	if (speaks_already(self, name, index))
		return RES_OK;
	return add_word(self, TARGET_CATEGORY, index, &word, err);
}

/* "商品房买卖与交付" speaks as a whole, and with those parts around 与 that are long enough. */
static enum res add_category_names(struct words_classifier *self, struct err *err)
{
	const struct str and = STR("与");

	for (size_t i = 0; i < self->n_categories; i++) {
		const struct classify_category *category = &self->categories[i];
		struct str name = category->name;
		if (str_eq(category->code, self->general_category))
			continue;
		TRY(add_name(self, category, name, NAME_WEIGHT, err));
		size_t at = str_find(name, and, 0);
		if (at == SIZE_MAX)
			continue;
		struct str parts[] = { str_slice(name, 0, at),
			str_slice(name, at + and.n, name.n) };
		for (size_t part = 0; part < 2; part++) {
			if (parts[part].n >= PART_BYTES_LEAST)
				TRY(add_name(self, category, parts[part], PART_WEIGHT, err));
		}
	}
	return RES_OK;
}

static struct classify_category *copy_categories(
	struct arena *mem, const struct classify_reference *reference)
{
	struct classify_category *copy =
		arena_new_array(mem, struct classify_category, reference->n_categories + 1);

	for (size_t i = 0; copy != NULL && i < reference->n_categories; i++) {
		copy[i] = reference->categories[i];
		copy[i].code = arena_str(mem, copy[i].code);
		copy[i].name = arena_str(mem, copy[i].name);
	}
	return copy;
}

static enum res fill(struct words_classifier *self, struct arena *mem,
	const struct classify_reference *reference, struct err *err)
{
	if (find_category(self, self->general_category) == self->n_categories)
		return err_set(err, RES_INVALID, "no category '%.*s' for the general desk",
			STR_ARG(self->general_category));
	TRY(add_category_words(self, reference, err));
	TRY(add_type_words(self, mem, reference, err));
	TRY(add_category_names(self, err));
	return names_make(mem, reference->orgs, reference->n_orgs, &self->names, err);
}

enum res classify_words_make(struct arena *mem, const struct classify_reference *reference,
	const struct classifier **out, struct err *err)
{
	struct words_classifier *self = arena_new(mem, struct words_classifier);
	size_t most = reference->n_words + reference->n_type_words + 3 * reference->n_categories;

	if (reference->n_categories > UINT16_MAX)
		return err_set(err, RES_INVALID, "more than %d categories", UINT16_MAX);
	if (self == NULL)
		return err_set(err, RES_TOO_BIG, "no memory for the classifier");
	*self = (struct words_classifier){ .base = { .name = "words-1", .decide = words_decide },
		.categories = copy_categories(mem, reference),
		.n_categories = reference->n_categories,
		.words = words_index_make(mem, most),
		.general_category = arena_str(mem, reference->general_category),
		.default_type = arena_str(mem, reference->default_type),
		.least_score = reference->least_score,
		.least_margin_pct = reference->least_margin_pct,
		.least_type_score = reference->least_type_score };
	if (self->categories == NULL || self->words == NULL)
		return err_set(err, RES_TOO_BIG, "no memory for the classifier");
	enum res res = fill(self, mem, reference, err);
	if (arena_failed(mem)) /* and nothing that was found wrong on the way can be relied on */
		return err_set(err, RES_TOO_BIG, "no memory for the classifier");
	TRY(res);
	*out = &self->base;
	return RES_OK;
}
