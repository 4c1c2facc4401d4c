/* Faults on purpose. They are thrown before the broker decides, as if the network in front of it
 * had them: each copy is then refused, forwarded and counted against credit like any message, so
 * that the session's own rules are never broken, which TCP keeps. Session kinds (HELLO, CREDIT,
 * PING …) are left alone for the same reason.
 *
 * The file holds four numbers: a seed, and how many messages of a hundred are lost, doubled and
 * late. It is read again every second, so that a test ends the fault without ending the broker. */
#include "bus_fault.h"

#include "bus_handlers.h"

#ifdef WANGLI_PLANTS
#include <stdlib.h>

#include "base/check.h"
#include "os/os.h"

#define FILE_BYTES_MAX 128
#define LATE_MOST      64 /* kept back at once; more pass as they come */
#define OVERTAKEN_MOST 16 /* by so many messages at most */
#define LATE_FOR_MOST  SPAN_MS(100)
#define KINDS_MOST     (WIRE_BYE + 1)

enum fault { FAULT_LOST, FAULT_DOUBLED, FAULT_LATE, FAULTS };
static const char *const fault_names[FAULTS] = { "lost", "doubled", "late" };

/* A message that others overtake. */
struct late {
	int64_t from; /* its sender's serial */
	enum wire_kind kind;
	struct buf header;
	struct buf body;
	uint64_t overtaken; /* by how many more it is to be */
};

struct bus_faults {
	struct bus_state *state;
	const char *path;
	uint64_t seed; /* as the file has it */
	uint64_t dice;
	uint64_t per_cent[FAULTS];
	struct late late[LATE_MOST];
	size_t late_n;
	struct loop_timer *timer;
	int64_t counts[KINDS_MOST][FAULTS];
};

/* splitmix64 */
static uint64_t dice_throw(struct bus_faults *faults, uint64_t sides)
{
	uint64_t x = faults->dice += UINT64_C(0x9E3779B97F4A7C15);

	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (x ^ (x >> 31)) % sides;
}

/* The first of the kept ones is taken out and routed, if its sender is still there. */
static void late_route(struct bus_faults *faults, size_t at)
{
	struct late late = faults->late[at];
	struct member *from = members_find_serial(server_members(faults->state->server), late.from);

	faults->late_n--;
	for (size_t i = at; i < faults->late_n; i++)
		faults->late[i] = faults->late[i + 1];
	if (from != NULL && from->gone == NULL)
		bus_route(faults->state, from,
			&(struct wire_record){ .kind = late.kind,
				.header = buf_str(&late.header),
				.body = buf_str(&late.body) });
	buf_fini(&late.header);
	buf_fini(&late.body);
}

static void on_late(void *arg)
{
	struct bus_faults *faults = arg;

	while (faults->late_n > 0)
		late_route(faults, 0);
}

static void late_keep(struct bus_faults *faults, const struct member *from,
	const struct wire_record *record, uint64_t overtaken)
{
	struct late *late = &faults->late[faults->late_n++];

	*late = (struct late){ .from = from->serial, .kind = record->kind, .overtaken = overtaken };
	buf_add_str(&late->header, record->header);
	buf_add_str(&late->body, record->body);
	if (!loop_timer_is_set(faults->timer))
		loop_timer_set(faults->timer, LATE_FOR_MOST);
}

/* One more has passed all that are kept back. */
static void late_overtake(struct bus_faults *faults)
{
	for (size_t i = 0; i < faults->late_n;) {
		if (faults->late[i].overtaken-- > 1)
			i++;
		else
			late_route(faults, i);
	}
}

struct bus_faults *bus_faults_open(struct bus_state *state)
{
	const char *path = getenv("WANGLI_BUS_FAULTS");
	struct bus_faults *faults;

	if (path == NULL)
		return NULL;
	faults = calloc(1, sizeof(*faults));
	CHECK(faults != NULL);
	faults->state = state;
	faults->path = path;
	faults->timer = loop_timer_create(state->loop, on_late, faults);
	log_event(state->log, planted_bug, LOG_TEXT("name", path));
	bus_faults_turn(faults);
	return faults;
}

void bus_faults_close(struct bus_faults *faults)
{
	if (faults == NULL)
		return;
	for (size_t i = 0; i < faults->late_n; i++) {
		buf_fini(&faults->late[i].header);
		buf_fini(&faults->late[i].body);
	}
	loop_timer_destroy(faults->timer);
	free(faults);
}

/* Seed and chances; false when the file does not hold them. */
static bool numbers_read(struct str text, int64_t out[1 + FAULTS])
{
	struct str rest = str_trim(text);
	struct str word;
	size_t n = 0;

	while (n <= FAULTS && str_split(&rest, ' ', &word) && str_to_int64(word, &out[n]) == RES_OK)
		n++;
	return n == 1 + FAULTS;
}

void bus_faults_turn(struct bus_faults *faults)
{
	int64_t numbers[1 + FAULTS];
	struct str text;

	if (faults == NULL)
		return;
	arena_reset(faults->state->mem);
	if (os_file_read(faults->state->mem, faults->path, FILE_BYTES_MAX, &text, NULL) != RES_OK ||
		!numbers_read(text, numbers))
		return;
	if ((uint64_t)numbers[0] != faults->seed)
		faults->dice = (uint64_t)numbers[0];
	faults->seed = (uint64_t)numbers[0];
	for (size_t i = 0; i < FAULTS; i++)
		faults->per_cent[i] = (uint64_t)numbers[1 + i];
}

void bus_faults_pass(struct bus_state *state, struct member *from, const struct wire_record *record)
{
	struct bus_faults *faults = state->faults;
	uint64_t thrown;
	int fault = 0;

	if (faults == NULL) {
		bus_route(state, from, record);
		return;
	}
	thrown = dice_throw(faults, 100);
	while (fault < FAULTS && thrown >= faults->per_cent[fault])
		thrown -= faults->per_cent[fault++];
	if (fault == FAULT_LATE && faults->late_n == LATE_MOST)
		fault = FAULTS;
	if (fault < FAULTS && (size_t)record->kind < KINDS_MOST)
		faults->counts[record->kind][fault]++;
	if (fault == FAULT_LATE) {
		late_keep(faults, from, record, 1 + dice_throw(faults, OVERTAKEN_MOST));
		return;
	}
	if (fault != FAULT_LOST)
		bus_route(state, from, record);
	if (fault == FAULT_DOUBLED)
		bus_route(state, from, record);
	late_overtake(faults);
}

void bus_faults_json(const struct bus_faults *faults, struct json *health)
{
	struct json *kinds;

	if (faults == NULL)
		return;
	kinds = json_object_create();
	for (int kind = 0; kind < KINDS_MOST; kind++) {
		struct json *row = json_object_create();

		for (size_t i = 0; i < FAULTS; i++)
			json_set_int(row, fault_names[i], faults->counts[kind][i]);
		json_set(kinds, wire_kind_name((enum wire_kind)kind), row);
	}
	json_set(health, "faults", kinds);
}

#else

struct bus_faults *bus_faults_open(struct bus_state *state)
{
	(void)state;
	return NULL;
}

void bus_faults_close(struct bus_faults *faults)
{
	(void)faults;
}

void bus_faults_turn(struct bus_faults *faults)
{
	(void)faults;
}

void bus_faults_pass(struct bus_state *state, struct member *from, const struct wire_record *record)
{
	bus_route(state, from, record);
}

void bus_faults_json(const struct bus_faults *faults, struct json *health)
{
	(void)faults;
	(void)health;
}

#endif
