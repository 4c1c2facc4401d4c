/* What reaches a webhook from outside: its journal after a crash, where it is told to send to, and
 * deliveries that become documents. The first byte says which. */
#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "fuzz_disk.h"
#include "os/os.h"
#include "webhook_event.h"
#include "webhook_nets.h"
#include "webhook_shelf.h"
#include "json/json.h"

#define MEM_BYTES (16u << 20)
#define JOURNAL	  "shelf/journal"
#define NOW	  ((struct instant){ 1000000 })

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct shelf *shelf_open(void)
{
	struct shelf *shelf = NULL;

	CHECK(webhook_shelf_open(&shelf, fuzz_path(JOURNAL), NULL) == RES_OK);
	return shelf;
}

static bool is_same(struct shelf_counts a, struct shelf_counts b)
{
	return a.known == b.known && a.queued == b.queued && a.dead == b.dead;
}

/* What is queued can be sent, ended, and is the same in the next life of the process. */
static void journal_use(void)
{
	struct shelf *shelf = shelf_open();
	struct shelf_counts counts = webhook_shelf_counts(shelf);
	struct post *post;
	size_t n = 0;

	CHECK(counts.queued <= counts.known && counts.dead <= counts.known);
	webhook_shelf_close(shelf);
	shelf = shelf_open();
	CHECK(is_same(webhook_shelf_counts(shelf), counts));
	CHECK(webhook_shelf_replay(shelf, INSTANT_NONE, INSTANT_NONE, NOW, &n, NULL) == RES_OK);
	CHECK(n <= counts.dead);
	while ((post = TAILQ_FIRST(webhook_shelf_queue(shelf))) != NULL) {
		CHECK(post->is_queued && webhook_shelf_find(shelf, str_from_c(post->id)) == post);
		webhook_shelf_end(shelf, post, POST_DELIVERED, STR_NONE, NOW);
	}
	CHECK(webhook_shelf_sync(shelf, NULL) == RES_OK);
	counts = webhook_shelf_counts(shelf);
	CHECK(counts.queued == 0);
	webhook_shelf_close(shelf);
	shelf = shelf_open();
	CHECK(is_same(webhook_shelf_counts(shelf), counts));
	CHECK(webhook_shelf_compact(shelf, instant_add(NOW, SPAN_S(1)), NULL) == RES_OK);
	webhook_shelf_close(shelf);
}

static void try_journal(struct str bytes)
{
	fuzz_folder_make("shelf");
	fuzz_log_write(JOURNAL, bytes);
	journal_use();
}

static void try_torn_journal(struct str bytes)
{
	fuzz_folder_make("shelf");
	fuzz_file_write(JOURNAL, bytes);
	journal_use();
}

/* A URL that we let through has for libcurl no more in it than for us, or is none for libcurl. */
static void curl_reads_the_same(struct str url, const struct webhook_ports *ports)
{
	char text[WEBHOOK_URL_MAX + 1];
	CURLU *read = curl_url();
	char *port = NULL, *user = NULL, *fragment = NULL;
	int64_t number;

	snprintf(text, sizeof(text), "%.*s", STR_ARG(url));
	if (curl_url_set(read, CURLUPART_URL, text, 0) == CURLUE_OK) {
		CHECK(curl_url_get(read, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK);
		CHECK(str_to_int64(str_from_c(port), &number) == RES_OK);
		CHECK(webhook_port_is_allowed(ports, (uint16_t)number));
		CHECK(curl_url_get(read, CURLUPART_USER, &user, 0) == CURLUE_NO_USER);
		CHECK(curl_url_get(read, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_NO_FRAGMENT);
		curl_free(port);
	}
	curl_url_cleanup(read);
}

/* URL, ports and networks, one a line. */
static void try_settings(struct str text)
{
	struct webhook_ports ports = { .ports = { 443, 80 }, .n = 2 };
	struct webhook_nets nets = { .n = 0 };
	struct str url, line;

	(void)!str_split(&text, '\n', &url);
	if (webhook_url_check(url, true, &ports, NULL) == RES_OK)
		curl_reads_the_same(url, &ports);
	if (str_split(&text, '\n', &line) && webhook_ports_read(line, &ports, NULL) == RES_OK)
		for (size_t i = 0; i < ports.n; i++)
			CHECK(webhook_port_is_allowed(&ports, ports.ports[i]));
	if (!str_split(&text, '\n', &line) || webhook_nets_read(line, &nets, NULL) != RES_OK)
		return;
	CHECK(nets.n <= WEBHOOK_NETS_MAX);
	for (size_t i = 0; i < nets.n; i++)
		CHECK(webhook_address_is_allowed(&nets, nets.nets[i].is_v6, nets.nets[i].bytes));
}

/* An address on the wire. What stands for an IPv4 address inside IPv6 is never public. */
static void try_address(struct str bytes)
{
	uint8_t v6[16] = { 0 };
	const uint8_t *v4 = (const uint8_t *)bytes.p;

	if (bytes.n < 4)
		return;
	(void)webhook_address_is_public(false, v4);
	v6[10] = v6[11] = 0xff;
	memcpy(v6 + 12, v4, 4);
	CHECK(!webhook_address_is_public(true, v6));
	v6[10] = v6[11] = 0;
	CHECK(!webhook_address_is_public(true, v6));
	if (bytes.n >= sizeof(v6) && webhook_address_is_public(true, v4))
		CHECK((v4[0] & 0xe0) == 0x20);
}

static struct wangli_text text_take(struct str *rest)
{
	struct str part = STR("");

	(void)!str_split(rest, '\n', &part);
	return (struct wangli_text){ .p = part.p, .n = part.n };
}

/* Eight bytes of time, then texts, one a line, without NUL as protobuf gives them: whatever they
 * hold, it is one line of JSON. */
static void try_delivery(struct str bytes)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct wangli_delivery delivery = { 0 };
	struct json *json = NULL;
	struct str text;

	CHECK(mem != NULL);
	if (bytes.n < sizeof(int64_t) ||
		memchr(bytes.p + sizeof(int64_t), 0, bytes.n - sizeof(int64_t)) != NULL)
		return;
	memcpy(&delivery.replied_at_us, bytes.p, sizeof(int64_t));
	bytes = str_slice(bytes, sizeof(int64_t), bytes.n);
	delivery.delivery_id = text_take(&bytes);
	delivery.source_msg_id = text_take(&bytes);
	delivery.channel = text_take(&bytes);
	delivery.text = text_take(&bytes);
	text = webhook_event_of(mem, &delivery);
	CHECK(text.n > 0 && str_find(text, STR("\n"), 0) == SIZE_MAX);
	CHECK(json_parse(text, text.n, &json, NULL) == RES_OK);
	json_destroy(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct str bytes) = { try_journal, try_torn_journal,
		try_settings, try_address, try_delivery };

	if (size == 0)
		return 0;
	tries[data[0] % 5](str_of(data + 1, size - 1));
	return 0;
}
