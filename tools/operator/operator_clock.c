/* clock: shows business time, and moves it on a simulated system. */
#include <stdio.h>
#include <string.h>

#include "clock/simclock.h"
#include "operator.h"
#include "json/json.h"

struct clock_tools {
	struct line *line;
	struct simclock *clock;
};

static void tools_fini(struct clock_tools *tools)
{
	simclock_close(tools->clock);
	line_close(tools->line);
}

static enum res tools_open(
	struct arena *mem, bool has_line, struct clock_tools *out, struct err *err)
{
	struct line_options line;
	struct simclock_options options = { .conninfo = NULL };
	TRY(line_setting(mem, "PG_CONNINFO", &options.conninfo, err));
	if (has_line) {
		TRY(line_options_read(mem, &line, err));
		TRY(line_open(&out->line, &line, err));
		options.line = out->line;
	}
	return simclock_open(&out->clock, &options, err);
}

static void show_text(const struct simclock_reading *reading)
{
	char text[INSTANT_TEXT_MAX];
	printf("%s  %s\n", instant_format(reading->now, text),
		reading->is_simulated ? "simulated" : "real");
	printf("next timer  %s\n", instant_format(reading->next_due, text));
	printf("under way   %lld\n", (long long)reading->unsettled);
}

static void show_json(struct arena *mem, const struct simclock_reading *reading)
{
	char text[INSTANT_TEXT_MAX];
	struct json *json = json_object_create();
	json_set_c(json, "now", instant_format(reading->now, text));
	json_set_bool(json, "is_simulated", reading->is_simulated);
	if (!instant_is_none(reading->next_due))
		json_set_c(json, "next_timer", instant_format(reading->next_due, text));
	json_set_int(json, "under_way", reading->unsettled);
	printf("%.*s\n", STR_ARG(json_text(mem, json)));
	json_destroy(json);
}

/* What every command closes with. */
static enum res show(struct arena *mem, struct simclock *clock, bool is_json, struct err *err)
{
	struct simclock_reading reading;
	TRY(simclock_read(clock, &reading, err));
	if (is_json)
		show_json(mem, &reading);
	else
		show_text(&reading);
	return RES_OK;
}

static enum res clock_show(struct simclock *clock, int argc, char **argv, struct err *err)
{
	(void)clock;
	if (argc > 0)
		return err_set(err, RES_INVALID, "clock show does not know '%s'", argv[0]);
	return RES_OK;
}

static enum res clock_start(struct simclock *clock, int argc, char **argv, struct err *err)
{
	struct instant at;
	if (argc != 1 || instant_parse(str_from_c(argv[0]), &at) != RES_OK)
		return err_set(err, RES_INVALID, "usage: clock start TIME");
	return simclock_begin(clock, at, err);
}

static enum res target_read(
	struct simclock *clock, int argc, char **argv, struct instant *out, struct err *err)
{
	struct simclock_reading reading;
	struct span by;
	TRY(simclock_read(clock, &reading, err));
	if (argc == 1 && strcmp(argv[0], "--next") == 0) {
		/* what is under way may set an earlier timer */
		TRY(simclock_settle(clock, err));
		TRY(simclock_read(clock, &reading, err));
		if (instant_is_none(reading.next_due))
			return err_set(err, RES_NOT_FOUND, "no timer stands");
		*out = reading.next_due;
		return RES_OK;
	}
	if (argc == 2 && strcmp(argv[0], "--to") == 0) {
		if (instant_parse(str_from_c(argv[1]), out) != RES_OK)
			return err_set(err, RES_INVALID, "'%s' is no time", argv[1]);
		if (instant_is_before(*out, reading.now))
			return err_set(
				err, RES_INVALID, "%s is past; time never goes back", argv[1]);
		return RES_OK;
	}
	if (argc == 2 && strcmp(argv[0], "--by") == 0) {
		if (operator_span_read(str_from_c(argv[1]), &by) != RES_OK)
			return err_set(
				err, RES_INVALID, "'%s': want 90s, 30min, 2h or 3d", argv[1]);
		*out = instant_add(reading.now, by);
		return RES_OK;
	}
	return err_set(err, RES_INVALID, "usage: clock advance --next | --to TIME | --by SPAN");
}

static enum res clock_advance(struct simclock *clock, int argc, char **argv, struct err *err)
{
	struct instant to;
	TRY(simclock_require_simulated(clock, err));
	TRY(target_read(clock, argc, argv, &to, err));
	return simclock_advance(clock, to, err);
}

static const struct clock_command {
	const char *name;
	bool has_line;
	enum res (*run)(struct simclock *clock, int argc, char **argv, struct err *err);
} clock_commands[] = {
	{ "show", false, clock_show },
	{ "start", false, clock_start },
	{ "advance", true, clock_advance },
};

/* Each command closes with what the clock shows then. */
enum res operator_clock(struct arena *mem, int argc, char **argv, struct err *err)
{
	bool is_json = argc > 1 && strcmp(argv[argc - 1], "--json") == 0;
	argc -= is_json;
	for (size_t i = 0; argc > 0 && i < sizeof clock_commands / sizeof clock_commands[0]; i++) {
		const struct clock_command *command = &clock_commands[i];
		struct clock_tools tools = { .line = NULL };
		if (strcmp(argv[0], command->name) != 0)
			continue;
		enum res res = tools_open(mem, command->has_line, &tools, err);
		if (res == RES_OK)
			res = command->run(tools.clock, argc - 1, argv + 1, err);
		if (res == RES_OK)
			res = show(mem, tools.clock, is_json, err);
		tools_fini(&tools);
		return res;
	}
	return err_set(err, RES_INVALID, "usage: clock show | start | advance; --help says more");
}
