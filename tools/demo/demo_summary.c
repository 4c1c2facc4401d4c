/* What there is to see when the demo is played. */
#include <stdio.h>

#include "demo_run.h"
#include "demo_sql.h"
#include "json/json.h"

#define SAMPLES_MAX  12
#define REFUSALS_MAX 10 /* that are named */

struct sample {
	const struct demo_case *subject;
	struct str state;
};

/* Worth a look, one each: the first appeal of that plan whose code is known. */
static const enum demo_plan shown[] = { DEMO_RATED, DEMO_DIRECT, DEMO_REDO, DEMO_REFUSE,
	DEMO_FOLLOW, DEMO_LEAD, DEMO_CONTACT, DEMO_ACCEPT, DEMO_WAIT, DEMO_UNSATISFIED };

static enum res sample_read(
	struct demo_run *run, const struct demo_case *subject, struct sample *out, struct err *err)
{
	struct db_params params;
	struct db_result *result;
	db_params_init(&params, run->mem);
	db_param_int8_array(&params, &subject->case_id, 1);
	TRY(demo_ask_db(run, &demo_sql_state_of, &params, &result, err));
	bool is_there = db_rows(result) > 0;
	*out = (struct sample){ .subject = subject,
		.state = is_there ? arena_str(run->mem, db_get_str(result, 0, 1)) : STR("") };
	db_release(run->db);
	return RES_OK;
}

static enum res samples_read(
	struct demo_run *run, struct sample out[SAMPLES_MAX], size_t *out_n, struct err *err)
{
	size_t n = 0;
	_Static_assert(sizeof shown / sizeof shown[0] <= SAMPLES_MAX, "there is room for each");
	for (size_t p = 0; p < sizeof shown / sizeof shown[0]; p++) {
		for (size_t i = 0; i < run->n; i++) {
			const struct demo_case *subject = &run->cases[i];
			if (subject->row.plan != shown[p] || subject->code[0] == 0)
				continue;
			TRY(sample_read(run, subject, &out[n], err));
			n++;
			break;
		}
	}
	*out_n = n;
	return RES_OK;
}

struct remark {
	const char *key;
	const char *words;
};
static const struct remark remarks[] = {
	{ "general_desk", "with the general desk" },
	{ "overdue", "over time" },
	{ "urgent", "urgent or an emergency" },
	{ "reports", "reports" },
	{ "direct", "answered from the knowledge base" },
};
#define REMARKS (sizeof remarks / sizeof remarks[0])

static enum res remarks_read(struct demo_run *run, int64_t out[REMARKS], struct err *err)
{
	struct db_params params;
	struct db_result *result;
	db_params_init(&params, run->mem);
	TRY(demo_ask_db(run, &demo_sql_remarkable, &params, &result, err));
	for (size_t i = 0; i < REMARKS; i++)
		out[i] = db_get_int(result, 0, (int)i);
	db_release(run->db);
	return RES_OK;
}

static void refusals_tell(const struct demo_run *run)
{
	size_t told = 0;
	for (size_t i = 0; i < run->n && told < REFUSALS_MAX; i++) {
		const struct demo_case *subject = &run->cases[i];
		if (subject->refusal.n == 0)
			continue;
		told++;
		fprintf(stderr, "wangli-demo: %.*s went another way: %.*s\n",
			STR_ARG(subject->row.external_id), STR_ARG(subject->refusal));
	}
}

struct seen {
	struct sample samples[SAMPLES_MAX];
	size_t n_samples;
	int64_t remarks[REMARKS];
	const struct db_result *states; /* read last: nothing may be asked after it */
};

static void tell_json(const struct demo_run *run, const struct seen *seen)
{
	struct json *json = json_object_create(), *states = json_object_create(),
		    *samples = json_array_create();
	json_set_int(json, "appeals", (int64_t)run->n);
	json_set_int(json, "new", (int64_t)(run->counts.letters - run->counts.repeated));
	json_set_int(json, "steps", (int64_t)run->counts.steps);
	json_set_int(json, "went_another_way", (int64_t)run->counts.refused);
	for (size_t i = 0; i < db_rows(seen->states); i++)
		json_set_int(states, arena_c(run->mem, db_get_str(seen->states, i, 0)),
			db_get_int(seen->states, i, 1));
	json_set(json, "states", states);
	for (size_t i = 0; i < REMARKS; i++)
		json_set_int(json, remarks[i].key, seen->remarks[i]);
	for (size_t i = 0; i < seen->n_samples; i++) {
		const struct sample *sample = &seen->samples[i];
		struct json *one = json_object_create();
		json_set_c(one, "number", sample->subject->number);
		json_set_c(one, "code", sample->subject->code);
		json_set_str(one, "state", sample->state);
		json_set_str(one, "title", sample->subject->row.title);
		json_push(samples, one);
	}
	json_set(json, "samples", samples);
	printf("%.*s\n", STR_ARG(json_text(run->mem, json)));
	json_destroy(json);
}

static void tell_text(const struct demo_run *run, const struct seen *seen)
{
	printf("The demo: %zu appeals to a city in %d days.\n", run->n, DEMO_DAYS + 1);
	for (size_t i = 0; i < db_rows(seen->states); i++)
		printf("  %-14.*s%5lld\n", STR_ARG(db_get_str(seen->states, i, 0)),
			(long long)db_get_int(seen->states, i, 1));
	for (size_t i = 0; i < REMARKS; i++)
		printf("%s%lld %s", i == 0 ? "Among them " : ", ", (long long)seen->remarks[i],
			remarks[i].words);
	printf(".\nTo look up, number and code:\n");
	for (size_t i = 0; i < seen->n_samples; i++) {
		const struct sample *sample = &seen->samples[i];
		printf("  %s  %s  %-13.*s %.*s\n", sample->subject->number, sample->subject->code,
			STR_ARG(sample->state), STR_ARG(sample->subject->row.title));
	}
}

enum res demo_summary(struct demo_run *run, bool is_json, struct err *err)
{
	struct seen seen = { .n_samples = 0 };
	struct db_params params;
	struct db_result *states;
	TRY(samples_read(run, seen.samples, &seen.n_samples, err));
	TRY(remarks_read(run, seen.remarks, err));
	db_params_init(&params, run->mem);
	TRY(demo_ask_db(run, &demo_sql_states, &params, &states, err));
	seen.states = states;
	if (is_json)
		tell_json(run, &seen);
	else
		tell_text(run, &seen);
	db_release(run->db);
	refusals_tell(run);
	return RES_OK;
}
