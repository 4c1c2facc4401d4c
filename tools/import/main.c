/* wangli-import: hands the letters of a CSV file to the platform through the door, as any
 * integrator would, and with --replay plays their replies too. Exit codes: 0 all is in, 3 some rows
 * were rejected, 1 it could not be done (run it again and it continues), 2 wrong use. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "crypto/crypto.h"
#include "import_run.h"
#include "import_sql.h"
#include "os/os.h"
#include "json/json.h"

#define MEMORY_MAX    (1u << 20)
#define EXIT_REJECTED 3
#define CHANNEL_BYTES 32
#define STAY_MOST_S   86400
#define NAMED_MOST    50 /* rejected rows that are named on standard error */

static const char usage[] =
	"wangli-import " WANGLI_VERSION "\n"
	"  wangli-import FILE.csv --channel NAME [--map ours=theirs]… [--replay | --stay SECONDS] "
	"[--json]\n"
	"\n"
	"Submits each row of FILE.csv (RFC 4180; UTF-8 or GB18030) as a letter on channel NAME.\n"
	"Columns: external_id, title, body; time, user, area and likes may be missing;\n"
	"--map external_id=msg_id renames; others are ignored and listed. Interrupted and run\n"
	"again it continues; nothing goes in twice. Rows that cannot go in land, with line and\n"
	"reason, in DATA/import/NAME/FILE.rejected.csv (UTF-8): mend them there and import that\n"
	"file as it is. While it runs it takes the replies for NAME and appends them to\n"
	"DATA/import/NAME/deliveries.csv; --stay SECONDS: for so long after the last letter is "
	"in,\n"
	"or until it is told to end.\n"
	"\n"
	"--replay (simulated clock only) also plays the columns reply and reply_time, with every\n"
	"step that the city's road leaves to people: accepted, signed and contacted with the\n"
	"letter, submitted and approved twice at the reply's time. A column rating (1-5, or\n"
	"很满意 … 很不满意) rates at the first visit: 4 and 5 say solved, 3 partly; without a "
	"rating\n"
	"nobody answers. After a redo the same reply goes out again. Everything is played in time\n"
	"order. What is past already is played at once. For each later letter and reply the clock\n"
	"is put to its very second; before that it stops at each timer in between until nothing "
	"is\n"
	"under way. A system without cases begins at the file's first time. After the last reply\n"
	"time goes on, timer by timer, until every answered case of the file is closed.\n"
	"\n"
	"Environment: DATA_FOLDER, DOOR_ADDRESS, DOOR_SERVER_KEY_FILE, CHANNEL_KEY_FILE,\n"
	"VAULT_PUBLIC_KEY_FILE; for --replay BUS_ADDRESS, BUS_SERVER_KEY_FILE, BUS_KEY_FILE (the "
	"operator's)\n"
	"and PG_CONNINFO (as wl_deploy).\n";

static volatile bool is_interrupted;

static void on_signal(int number)
{
	(void)number;
	is_interrupted = true;
}

struct arguments {
	const char *file;
	const char *channel;
	struct import_map maps[IMPORT_MAPS_MAX];
	size_t n_maps;
	int64_t stay_s;
	bool is_replay;
	bool is_json;
};

static bool is_channel_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return n > 0 && n <= CHANNEL_BYTES && name[n] == 0 && name[0] >= 'a';
}

static enum res map_add(struct arguments *arguments, const char *text, struct err *err)
{
	struct str rest = str_from_c(text);
	struct str ours;
	if (arguments->n_maps == IMPORT_MAPS_MAX)
		return err_set(err, RES_INVALID, "more than %d --map", IMPORT_MAPS_MAX);
	if (!str_split(&rest, '=', &ours) || str_is_empty(rest))
		return err_set(err, RES_INVALID, "--map '%s': want ours=theirs", text);
	arguments->maps[arguments->n_maps++] = (struct import_map){ .ours = ours, .theirs = rest };
	return RES_OK;
}

static enum res stay_read(struct arguments *arguments, const char *text, struct err *err)
{
	if (str_to_int64(str_from_c(text), &arguments->stay_s) != RES_OK || arguments->stay_s < 0 ||
		arguments->stay_s > STAY_MOST_S)
		return err_set(
			err, RES_INVALID, "--stay '%s': want 0 to %d seconds", text, STAY_MOST_S);
	return RES_OK;
}

static enum res arguments_read(int argc, char **argv, struct arguments *out, struct err *err)
{
	struct arguments arguments = { .file = NULL };
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(argv[i], "--replay") == 0) {
			arguments.is_replay = true;
		} else if (strcmp(argv[i], "--json") == 0) {
			arguments.is_json = true;
		} else if (strcmp(argv[i], "--channel") == 0) {
			arguments.channel = value;
			i++;
		} else if (strcmp(argv[i], "--stay") == 0) {
			TRY(stay_read(&arguments, value, err));
			i++;
		} else if (strcmp(argv[i], "--map") == 0) {
			TRY(map_add(&arguments, value, err));
			i++;
		} else if (argv[i][0] == '-' || arguments.file != NULL) {
			return err_set(err, RES_INVALID, "import does not know '%s'", argv[i]);
		} else {
			arguments.file = argv[i];
		}
	}
	if (arguments.file == NULL)
		return err_set(err, RES_INVALID, "which file?");
	if (arguments.channel == NULL || !is_channel_name(arguments.channel))
		return err_set(err, RES_INVALID,
			"--channel NAME: want a-z, 0-9 and -, a letter first, %d at most",
			CHANNEL_BYTES);
	*out = arguments;
	return RES_OK;
}

/* --- the run's parts --- */

struct places {
	const char *folder;
	const char *spool;
	const char *deliveries;
	const char *rejected;
};

static enum res places_make(
	struct arena *mem, const struct arguments *arguments, struct places *out, struct err *err)
{
	const char *data = getenv("DATA_FOLDER");
	const char *slash = strrchr(arguments->file, '/');
	struct str name = str_from_c(slash == NULL ? arguments->file : slash + 1);
	if (data == NULL)
		return err_set(err, RES_INVALID, "DATA_FOLDER is not set");
	if (str_ends(name, STR(".csv")))
		name = str_slice(name, 0, name.n - 4);
	out->folder = arena_printf(mem, "%s/import/%s", data, arguments->channel).p;
	out->spool = arena_printf(mem, "%s/spool", out->folder).p;
	out->deliveries = arena_printf(mem, "%s/deliveries.csv", out->folder).p;
	out->rejected = arena_printf(mem, "%s/%.*s.rejected.csv", out->folder, STR_ARG(name)).p;
	return os_folder_create(out->folder, 0700, err);
}

static enum res client_open(
	struct arena *mem, struct import_run *run, const struct places *places, struct err *err)
{
	const char *groups[] = { run->channel, NULL };
	const struct wangli_callbacks on = import_callbacks(run);
	struct wangli_options options = {
		WANGLI_SIZED(struct wangli_options),
		.spool = places->spool,
		.channel = run->channel,
		.groups = groups,
		.on = &on,
	};
	TRY(line_setting(mem, "DOOR_ADDRESS", &options.address, err));
	TRY(line_setting(mem, "DOOR_SERVER_KEY", &options.server_key, err));
	TRY(line_setting(mem, "CHANNEL_KEY", &options.secret_key, err));
	TRY(line_setting(mem, "VAULT_PUBLIC_KEY", &options.vault_key, err));
	enum res res = sdk_open(&run->client, &options, err);
	if (res == RES_CONFLICT)
		return err_set(err, res, "another import runs on channel %s", run->channel);
	return res;
}

static enum res replay_open(struct arena *mem, struct import_run *run, struct err *err)
{
	struct line_options line;
	struct simclock_options clock = { .conninfo = NULL };
	struct db_options db = { .application = "wangli-import",
		.statements = import_sql_all,
		.statement_timeout = SPAN_S(30),
		.allow_unsafe = true };
	TRY(line_setting(mem, "PG_CONNINFO", &clock.conninfo, err));
	TRY(line_options_read(mem, &line, err));
	TRY(line_open(&run->line, &line, err));
	clock.line = run->line;
	TRY(simclock_open(&run->clock, &clock, err));
	TRY(simclock_require_simulated(run->clock, err));
	db.conninfo = clock.conninfo;
	return db_open(&run->db, &db, err);
}

static void run_fini(struct import_run *run)
{
	wangli_close(run->client);
	deliveries_close(run->deliveries);
	simclock_close(run->clock);
	line_close(run->line);
	db_close(run->db);
	progress_destroy(run->progress);
	import_file_fini(&run->file);
}

/* --- what came of it --- */

static void summary_json(struct arena *mem, const struct import_run *run, const char *rejected)
{
	const struct import_counts *counts = &run->counts;
	const struct {
		const char *name;
		size_t n;
	} numbers[] = {
		{ "submitted", counts->submitted },
		{ "receipts", counts->receipts },
		{ "repeated", counts->repeated },
		{ "new", counts->receipts - counts->repeated },
		{ "replies", counts->replies },
		{ "answered_directly", counts->answered_directly },
		{ "delivered", counts->delivered },
		{ "closed", counts->closed },
		{ "rejected", counts->rejected },
		{ "same_rows", run->file.same },
	};
	struct json *json = json_object_create();
	json_set_c(json, "channel", run->channel);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		json_set_int(json, numbers[i].name, (int64_t)numbers[i].n);
	json_set_c(json, "charset", run->file.charset);
	json_set_str(json, "ignored_columns", run->file.header.ignored);
	if (counts->rejected > 0)
		json_set_c(json, "rejected_file", rejected);
	printf("%.*s\n", STR_ARG(json_text(mem, json)));
	json_destroy(json);
}

/* Each rejected row with its line, as compilers name faults. */
static void name_rejected(const struct import_file *file, const char *path)
{
	size_t named = 0;
	for (size_t i = 0; i < file->n && named < NAMED_MOST; i++) {
		const struct import_item *item = &file->items[i];
		if (item->reason.p == NULL)
			continue;
		named++;
		fprintf(stderr, "%s:%zu: %.*s%s%.*s\n", path, item->record.line,
			STR_ARG(item->row.external_id), item->row.external_id.n > 0 ? ": " : "",
			STR_ARG(item->reason));
	}
	if (named < file->rejected)
		fprintf(stderr, "%s: %zu more were rejected\n", path, file->rejected - named);
}

static void summary_text(const struct import_run *run, const char *rejected)
{
	const struct import_counts *counts = &run->counts;
	printf("submitted %zu, receipts %zu, repeated %zu, replies %zu, delivered %zu, closed %zu, "
	       "rejected %zu\n",
		counts->submitted, counts->receipts, counts->repeated, counts->replies,
		counts->delivered, counts->closed, counts->rejected);
	if (counts->answered_directly > 0)
		printf("answered by an article of the knowledge base, not by the file's reply: "
		       "%zu\n",
			counts->answered_directly);
	if (run->file.same > 0)
		printf("rows that stand in the file twice, taken once: %zu\n", run->file.same);
	if (counts->rejected > 0)
		printf("rejected rows with their reasons: %s\n", rejected);
}

static enum res run_all(struct arena *mem, const struct arguments *arguments,
	struct import_run *run, struct places *places, struct err *err)
{
	const struct import_file_options file = {
		.path = arguments->file,
		.maps = arguments->maps,
		.n_maps = arguments->n_maps,
		.with_reply = arguments->is_replay,
	};
	TRY(import_file_load(&run->file, &file, err));
	if (strcmp(run->file.charset, "UTF-8") != 0)
		fprintf(stderr, "wangli-import: %s is read as %s\n", arguments->file,
			run->file.charset);
	if (run->file.header.ignored.n > 0 && !arguments->is_json)
		fprintf(stderr, "wangli-import: ignored columns: %.*s\n",
			STR_ARG(run->file.header.ignored));
	TRY(places_make(mem, arguments, places, err));
	if (arguments->is_replay)
		TRY(replay_open(mem, run, err));
	TRY(client_open(mem, run, places, err));
	TRY(deliveries_open(&run->deliveries, places->deliveries, err));
	enum res res = arguments->is_replay ? import_replay(run, err) : import_letters(run, err);
	if (res == RES_OK)
		res = import_stay(run, SPAN_S(arguments->stay_s), err);
	run->counts.rejected = run->file.rejected;
	/* receipts of the last turn become part of the spool */
	if (res == RES_OK)
		TRY(sdk_turn(run->client, SPAN_MS(0), err));
	TRY(import_file_write_rejected(&run->file, places->rejected, err));
	return res;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	struct err err = { .text = "" };
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0)) {
		puts(argv[1][2] == 'h' ? usage : WANGLI_VERSION);
		return 0;
	}
	if (arguments_read(argc, argv, &arguments, &err) != RES_OK) {
		fprintf(stderr, "wangli-import: %s; --help says more\n", err.text);
		return 2;
	}
	const struct sigaction action = { .sa_handler = on_signal };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	SCOPED(arena)
	struct arena *mem = arena_create(MEMORY_MAX);
	CHECK(mem != NULL);
	struct places places = { .folder = NULL };
	struct import_run run = { .channel = arguments.channel,
		.progress = progress_create(arguments.is_json),
		.is_interrupted = &is_interrupted,
		.clock_at = INSTANT_NONE };
	enum res res = run_all(mem, &arguments, &run, &places, &err);
	if (res == RES_OK && arguments.is_json)
		summary_json(mem, &run, places.rejected);
	progress_destroy(run.progress);
	run.progress = NULL;
	name_rejected(&run.file, arguments.file);
	if (res == RES_OK && !arguments.is_json)
		summary_text(&run, places.rejected);
	bool has_rejected = run.counts.rejected > 0;
	run_fini(&run);
	if (res == RES_OK)
		return has_rejected ? EXIT_REJECTED : 0;
	fprintf(stderr, "wangli-import: %s\n", err.text);
	return 1;
}
