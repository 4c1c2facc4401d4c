/* See bench_flooder.h. */
#include "bench_flooder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "base/check.h"
#include "bench_door.h"
#include "bench_letter.h"
#include "bus/bus.h"
#include "clock/line.h"
#include "os/os.h"
#include "proto/door.pb-c.h"
#include "wire/wire.h"

#define MEMORY	     (1u << 20)
#define NICE	     19
#define TURN_MS	     5
#define BATCH_MOST   200
#define BEFORE	     SPAN_S(2) /* until its bucket is empty and the door knows its manners */
#define QUIET_AFTER  SPAN_S(2) /* without a receipt: none is to come */
#define ENDED_WITHIN SPAN_S(60)

struct shared {
	bool should_end;
	bool has_ended;
	struct flood_seen seen;
	char why[ERR_TEXT_MAX + 1];
};

struct flooder {
	const struct bench_options *options;
	const char *prefix;
	struct shared *shared;
	pid_t pid;
};

/* --- the child --- */

struct source {
	const struct flooder *flooder;
	struct arena *mem;
	void *context;
	void *socket;
	struct instant begin;
	struct instant heard; /* the last receipt */
};

static enum res source_connect(struct source *source, struct err *err)
{
	const char *address, *server_key, *secret_key;
	struct bus_pair self;
	int none = 0;
	bench_door_key(source->flooder->options, FLOOD_CHANNEL);
	TRY(line_setting(source->mem, "DOOR_ADDRESS", &address, err));
	TRY(line_setting(source->mem, "DOOR_SERVER_KEY", &server_key, err));
	TRY(line_setting(source->mem, "CHANNEL_KEY", &secret_key, err));
	TRY(bus_pair_from_secret(str_from_c(secret_key), &self, err));
	source->context = zmq_ctx_new();
	source->socket = zmq_socket(source->context, ZMQ_DEALER);
	zmq_setsockopt(source->socket, ZMQ_LINGER, &none, sizeof none);
	zmq_setsockopt(source->socket, ZMQ_CURVE_PUBLICKEY, self.public_key, BUS_KEY_TEXT);
	zmq_setsockopt(source->socket, ZMQ_CURVE_SECRETKEY, self.secret_key, BUS_KEY_TEXT);
	zmq_setsockopt(source->socket, ZMQ_CURVE_SERVERKEY, server_key, strlen(server_key) + 1);
	if (zmq_connect(source->socket, address) != 0)
		return err_set(err, RES_INVALID, "the flooder cannot connect to %s", address);
	return RES_OK;
}

/* false: the socket takes no more at the moment. */
static bool batch_send(struct source *source, const struct wire_writer *writer)
{
	return zmq_send(source->socket, WIRE_MAGIC, strlen(WIRE_MAGIC),
		       ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
	       zmq_send(source->socket, writer->bytes.p, writer->bytes.n, ZMQ_DONTWAIT) >= 0;
}

static enum res letter_write(
	struct source *source, struct wire_writer *writer, int64_t n, struct err *err)
{
	const struct wangli_letter letter =
		bench_letter_make(source->mem, source->flooder->prefix, n);
	Wangli__Submit submit = WANGLI__SUBMIT__INIT;
	submit.title = (char *)(uintptr_t)arena_c(source->mem, sdk_str(letter.title));
	submit.body = (char *)(uintptr_t)arena_c(source->mem, sdk_str(letter.body));
	struct str id = sdk_str(letter.source_msg_id);
	const struct wire_msg msg = { .kind = WIRE_SUBMIT,
		.head = { .id = id,
			.type = STR("submit.v1"),
			.channel = STR(FLOOD_CHANNEL),
			.source_msg_id = id },
		.body = wire_pack(source->mem, &submit.base) };
	return wire_write(writer, &msg, err);
}

/* What is due by the rate, as one batch. */
static enum res source_send(struct source *source, struct instant now, struct err *err)
{
	struct flood_seen *seen = &source->flooder->shared->seen;
	int64_t rate = source->flooder->options->quota * source->flooder->options->times;
	int64_t due = instant_since(now, source->begin).us * rate / 1000000 - seen->sent;
	struct wire_writer writer = { 0 };
	enum res res = RES_OK;
	int64_t n = 0;
	arena_reset(source->mem);
	while (res == RES_OK && n < due && n < BATCH_MOST) {
		res = letter_write(source, &writer, seen->sent + n + 1, err);
		n += res == RES_OK;
	}
	if (n > 0 && batch_send(source, &writer))
		seen->sent += n;
	wire_writer_fini(&writer);
	return res == RES_RETRY ? RES_OK : res;
}

static void answer_note(struct source *source, const struct wire_record *record)
{
	struct flood_seen *seen = &source->flooder->shared->seen;
	struct wire_head head;
	if (record->kind == WIRE_RECEIPT) {
		seen->received++;
		source->heard = os_monotonic_now();
	} else if (record->kind == WIRE_NACK &&
		   wire_head_read(record->header, &head, NULL) == RES_OK) {
		seen->busy += head.code == WIRE_CODE_BUSY;
		seen->others += head.code != WIRE_CODE_BUSY;
	}
}

static void source_hear(struct source *source)
{
	zmq_msg_t frame;
	struct wire_reader reader;
	struct wire_record record;
	zmq_msg_init(&frame);
	while (zmq_msg_recv(&frame, source->socket, ZMQ_DONTWAIT) >= 0) {
		if (zmq_msg_more(&frame)) /* the magic */
			continue;
		if (wire_reader_open(&reader, str_of(zmq_msg_data(&frame), zmq_msg_size(&frame)),
			    NULL) != RES_OK)
			continue;
		while (wire_reader_next(&reader, &record))
			answer_note(source, &record);
	}
	zmq_msg_close(&frame);
}

static enum res source_hello(struct source *source, struct err *err)
{
	static const struct wire_msg hello = { .kind = WIRE_HELLO,
		.head = { .id = STR_INIT("flood/raw"), .credit = 9 } };
	struct wire_writer writer = { 0 };
	zmq_pollitem_t ready = { .socket = source->socket, .events = ZMQ_POLLIN };
	TRY(wire_write(&writer, &hello, err));
	bool is_sent = batch_send(source, &writer);
	wire_writer_fini(&writer);
	if (!is_sent || zmq_poll(&ready, 1, 20000) != 1)
		return err_set(err, RES_RETRY, "the door does not answer the flooder");
	return RES_OK;
}

static enum res source_run(struct source *source, struct err *err)
{
	struct shared *shared = source->flooder->shared;
	zmq_pollitem_t ready = { .socket = source->socket, .events = ZMQ_POLLIN };
	const struct timespec pause = { .tv_nsec = TURN_MS * 1000000 };
	TRY(source_hello(source, err));
	source->begin = source->heard = os_monotonic_now();
	while (!__atomic_load_n(&shared->should_end, __ATOMIC_ACQUIRE)) {
		TRY(source_send(source, os_monotonic_now(), err));
		source_hear(source);
		nanosleep(&pause, NULL);
	}
	shared->seen.length_us = instant_since(os_monotonic_now(), source->begin).us;
	source->heard = os_monotonic_now();
	while (instant_is_before(os_monotonic_now(), instant_add(source->heard, QUIET_AFTER))) {
		(void)zmq_poll(&ready, 1, TURN_MS);
		source_hear(source);
	}
	return RES_OK;
}

static void child_main(const struct flooder *flooder)
{
	struct source source = { .flooder = flooder, .mem = arena_create(MEMORY) };
	struct err err = { .text = "" };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	CHECK(source.mem != NULL);
	enum res res = source_connect(&source, &err);
	if (res == RES_OK)
		res = source_run(&source, &err);
	if (res != RES_OK)
		snprintf(flooder->shared->why, sizeof flooder->shared->why, "%s", err.text);
	__atomic_store_n(&flooder->shared->has_ended, true, __ATOMIC_RELEASE);
	_exit(0);
}

/* --- the parent --- */

static bool ends_within(const struct flooder *flooder, struct span span)
{
	const struct timespec pause = { .tv_nsec = TURN_MS * 1000000 };
	struct instant until = instant_add(os_monotonic_now(), span);
	while (!__atomic_load_n(&flooder->shared->has_ended, __ATOMIC_ACQUIRE)) {
		if (*flooder->options->is_interrupted ||
			instant_is_before(until, os_monotonic_now()))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

enum res flooder_open(struct flooder **out, const struct bench_options *options, const char *prefix,
	struct err *err)
{
	struct flooder *flooder = calloc(1, sizeof *flooder);
	CHECK(flooder != NULL);
	flooder->options = options;
	flooder->prefix = prefix;
	flooder->shared = mmap(NULL, sizeof *flooder->shared, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(flooder->shared != MAP_FAILED);
	fflush(stdout);
	flooder->pid = fork();
	CHECK(flooder->pid >= 0);
	if (flooder->pid == 0)
		child_main(flooder);
	*out = flooder;
	if (ends_within(flooder, BEFORE))
		return err_set(err, RES_RETRY, "the flooder ended: %s", flooder->shared->why);
	return RES_OK;
}

enum res flooder_end(struct flooder *flooder, struct flood_seen *out, struct err *err)
{
	__atomic_store_n(&flooder->shared->should_end, true, __ATOMIC_RELEASE);
	if (!ends_within(flooder, ENDED_WITHIN))
		return err_set(err, RES_RETRY, "the flooder does not end");
	if (flooder->shared->why[0] != '\0')
		return err_set(err, RES_RETRY, "the flooder: %s", flooder->shared->why);
	*out = flooder->shared->seen;
	return RES_OK;
}

void flooder_close(struct flooder *flooder)
{
	if (flooder == NULL)
		return;
	kill(flooder->pid, SIGKILL);
	(void)waitpid(flooder->pid, NULL, 0);
	munmap(flooder->shared, sizeof *flooder->shared);
	free(flooder);
}
