/* What comes along with a letter: tickets that are ours are kept with the case, everything else
 * refuses the letter, a new ticket for the same file is the same letter, and one that is too old
 * makes it wait. */
#include "intake_road.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "object/object.h"
#include "os/os.h"
#include "proto/operator.pb-c.h"

static uint8_t other_key[CRYPTO_KEY_BYTES];

struct file {
	uint8_t sum; /* every byte of its SHA-256 */
	const char *source;
	const char *name;
	struct span age;
	bool is_forged;
};

static ProtobufCBinaryData ticket_of(struct intake_road *road, const struct file *file)
{
	struct object_ticket ticket = { .size_bytes = 1000,
		.media_type = STR("image/jpeg"),
		.source = str_from_c(file->source),
		.issued_at = instant_add(os_real_now(), (struct span){ -file->age.us }) };

	memset(ticket.sha256, file->sum, sizeof(ticket.sha256));
	memset(ticket.stored_sha256, file->sum + 1, sizeof(ticket.stored_sha256));
	struct str bytes = object_ticket_make(
		road->at->mem, &ticket, file->is_forged ? other_key : road->objects_key);
	return (ProtobufCBinaryData){ .len = bytes.n, .data = (uint8_t *)(uintptr_t)bytes.p };
}

#define FILES_MOST 10

static struct wire_msg submit(
	struct intake_road *road, const char *msg_id, const struct file *files, size_t n)
{
	Wangli__Submit letter = WANGLI__SUBMIT__INIT;
	Wangli__Attachment attachments[FILES_MOST], *list[FILES_MOST];

	assert_true(n <= FILES_MOST);
	for (size_t i = 0; i < n; i++) {
		wangli__attachment__init(&attachments[i]);
		attachments[i].ticket = ticket_of(road, &files[i]);
		attachments[i].name = (char *)(uintptr_t)files[i].name;
		list[i] = &attachments[i];
	}
	letter.title = (char[]){ "t" };
	letter.body = (char[]){ "b" };
	letter.attachments = list;
	letter.n_attachments = n;
	return intake_submit(road, msg_id, wire_pack(road->at->mem, &letter.base));
}

/* The digest of title "t" and body "b" with these files, calculated here. */
static void digest_of(uint8_t out[CRYPTO_HASH_BYTES], const struct file *files, size_t n)
{
	static const uint8_t zeros[8];
	uint8_t sums[FILES_MOST][OBJECT_SHA256_BYTES];
	struct str none = STR("");
	struct str parts[11 + 2 * FILES_MOST] = { STR("t"), STR("b"), str_of(zeros, 8), none,
		str_of(zeros, 8), none, none, none, none, none, none };

	for (size_t i = 0; i < n; i++) {
		memset(sums[i], files[i].sum, sizeof(sums[i]));
		parts[11 + 2 * i] = str_of(sums[i], sizeof(sums[i]));
		parts[12 + 2 * i] = str_from_c(files[i].name);
	}
	crypto_hash(out, NULL, parts, 11 + 2 * n);
}

static const struct file good[] = {
	{ .sum = 0x11, .source = "importer", .name = "路灯.jpg" },
	{ .sum = 0x22, .source = "importer", .name = "b.jpg" },
};

static void intake_attachments_are_kept_with_the_case(void **state)
{
	struct intake_road *road = *state;
	uint8_t digest[CRYPTO_HASH_BYTES];
	struct wire_msg answer = submit(road, "a1", good, 2);

	digest_of(digest, good, 2);
	assert_memory_equal(intake_receipt(road, &answer)->digest.data, digest, sizeof(digest));
	assert_string_equal(
		intake_look(road,
			"select string_agg(n || ' ' || left(encode(sha256, 'hex'), 2) || "
			"left(encode(stored_sha256, 'hex'), 2) || ' ' || size_bytes || ' ' || "
			"media_type || ' ' || name, '; ' order by n) "
			"from intake.v_attachment where case_id = {}",
			"a1"),
		"1 1112 1000 image/jpeg 路灯.jpg; 2 2223 1000 image/jpeg b.jpg");
	answer = submit(road, "a0", NULL, 0);
	digest_of(digest, NULL, 0);
	assert_memory_equal(intake_receipt(road, &answer)->digest.data, digest, sizeof(digest));
}

static void intake_attachments_new_ticket_is_the_same_letter(void **state)
{
	struct intake_road *road = *state;
	struct file file = good[0];
	struct wire_msg answer = submit(road, "a2", &file, 1);

	assert_false(intake_receipt(road, &answer)->is_repeat);
	file.age = SPAN_HOURS(1);
	answer = submit(road, "a2", &file, 1);
	assert_true(intake_receipt(road, &answer)->is_repeat);
	file.age = SPAN_DAYS(30); /* it is in already: its receipt does not age */
	answer = submit(road, "a2", &file, 1);
	assert_true(intake_receipt(road, &answer)->is_repeat);
	file.name = "c.jpg";
	answer = submit(road, "a2", &file, 1);
	assert_int_equal(answer.head.code, WIRE_CODE_CONFLICT);
}

static void intake_attachments_bad_ones_refuse_the_letter(void **state)
{
	struct intake_road *road = *state;
	static char long_name[202];
	const struct {
		struct file file;
		enum wire_code code;
		const char *says;
	} rows[] = {
		{ { 1, "importer", "a.jpg", { 0 }, true }, WIRE_CODE_INVALID, "no ticket of ours" },
		{ { 1, "stranger", "a.jpg", { 0 }, false }, WIRE_CODE_INVALID,
			"another integrator" },
		{ { 1, "importer", "../a.jpg", { 0 }, false }, WIRE_CODE_INVALID,
			"path separator" },
		{ { 1, "importer", "a\\b", { 0 }, false }, WIRE_CODE_INVALID, "path separator" },
		{ { 1, "importer", "..", { 0 }, false }, WIRE_CODE_INVALID, "path separator" },
		{ { 1, "importer", "a\nb", { 0 }, false }, WIRE_CODE_INVALID, "control" },
		{ { 1, "importer", "", { 0 }, false }, WIRE_CODE_INVALID, "0 bytes" },
		{ { 1, "importer", long_name, { 0 }, false }, WIRE_CODE_INVALID, "201 bytes" },
		{ { 1, "importer", "a.jpg", SPAN_DAYS(7), false }, WIRE_CODE_INVALID, "too old" },
	};
	struct file ten[FILES_MOST];

	memset(long_name, 'a', 201);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_msg answer = submit(road, "a3", &rows[i].file, 1);
		assert_int_equal(answer.head.code, rows[i].code);
		if (str_find(answer.head.text, str_from_c(rows[i].says), 0) == SIZE_MAX)
			fail_msg("row %zu says: %.*s", i, STR_ARG(answer.head.text));
	}
	for (size_t i = 0; i < FILES_MOST; i++)
		ten[i] = good[0];
	struct wire_msg answer = submit(road, "a3", ten, FILES_MOST);
	assert_int_equal(answer.head.code, WIRE_CODE_INVALID);
	answer = submit(road, "a3", ten, FILES_MOST - 1);
	intake_receipt(road, &answer);
}

static struct str digests(struct intake_road *road, const uint8_t *sums, size_t n, size_t bytes)
{
	static uint8_t digest[3][OBJECT_SHA256_BYTES];
	static ProtobufCBinaryData list[1001];
	Wangli__ObjectsReferenced ask = WANGLI__OBJECTS_REFERENCED__INIT;

	for (size_t i = 0; i < n; i++) {
		memset(digest[i % 3], sums[i % 3], sizeof(digest[0]));
		list[i] = (ProtobufCBinaryData){ .len = bytes, .data = digest[i % 3] };
	}
	ask.sha256 = list;
	ask.n_sha256 = n;
	return wire_pack(road->at->mem, &ask.base);
}

static void intake_attachments_media_learns_what_letters_name(void **state)
{
	static const uint8_t sums[] = { 0x77, 0x62, 0x61 }; /* kept: 0x62; 0x61 was uploaded */
	static const struct file file = { .sum = 0x61, .source = "importer", .name = "a.jpg" };
	struct intake_road *road = *state;
	struct client *media = service_rig_join(road->at, "media", NULL);
	Wangli__ObjectsReferenced *named = NULL;
	struct str body = digests(road, sums, 3, OBJECT_SHA256_BYTES);
	struct wire_msg answer =
		service_rig_command(road->at, media, 0, "r1", "objects.referenced.v1", body);

	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_int_equal(wire_unpack(road->at->mem, &wangli__objects_referenced__descriptor,
				 answer.body, &named, NULL),
		RES_OK);
	assert_int_equal(named->n_sha256, 0);
	/* Twice: each is told once. */
	for (int i = 0; i < 2; i++) {
		answer = submit(road, i == 0 ? "a7" : "a8", &file, 1);
		intake_receipt(road, &answer);
	}
	answer = service_rig_command(road->at, media, 0, "r2", "objects.referenced.v1", body);
	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_int_equal(wire_unpack(road->at->mem, &wangli__objects_referenced__descriptor,
				 answer.body, &named, NULL),
		RES_OK);
	assert_int_equal(named->n_sha256, 1);
	assert_int_equal(named->sha256[0].len, OBJECT_SHA256_BYTES);
	assert_int_equal(named->sha256[0].data[31], 0x62);
	answer = service_rig_command(road->at, road->cli, 0, "r3", "objects.referenced.v1", body);
	assert_int_equal(answer.head.code, WIRE_CODE_FORBIDDEN);
	answer = service_rig_command(road->at, media, 0, "r4", "objects.referenced.v1",
		digests(road, sums, 1001, OBJECT_SHA256_BYTES));
	assert_int_equal(answer.head.code, WIRE_CODE_INVALID);
	answer = service_rig_command(road->at, media, 0, "r5", "objects.referenced.v1",
		digests(road, sums, 1, OBJECT_SHA256_BYTES - 1));
	assert_int_equal(answer.head.code, WIRE_CODE_INVALID);
}

#define NAMED	"6262626262626262626262626262626262626262626262626262626262626262"
#define UNNAMED "7777777777777777777777777777777777777777777777777777777777777777"

static void old_file(const char *folder, const char *hex, char out[300])
{
	const struct timespec old[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };

	snprintf(out, 300, "%s/objects/%.2s/%.2s", folder, hex, hex + 2);
	assert_int_equal(os_folder_create(out, 0700, NULL), RES_OK);
	snprintf(out, 300, "%s/objects/%.2s/%.2s/%s", folder, hex, hex + 2, hex);
	int fd = open(out, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(futimens(fd, old), 0);
	close(fd);
}

/* After the letters of the test before: real media asks real intake. */
static void intake_attachments_what_nobody_names_is_set_aside(void **state)
{
	struct intake_road *road = *state;
	char folder[] = "/tmp/wangli-expire-XXXXXX";
	char named[300], unnamed[300], aside[300], text[400];
	struct stat info = { 0 };
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));

	assert_non_null(mkdtemp(folder));
	old_file(folder, NAMED, named);
	old_file(folder, UNNAMED, unnamed);
	snprintf(aside, sizeof(aside), "%s/aside/objects/77/77/%s", folder, UNNAMED);
	snprintf(text, sizeof(text), "unix:%s/http", folder);
	setenv("HTTP_LISTEN", text, 1);
	setenv("OBJECTS_URL", "http://media", 1);
	setenv("OBJECTS_DIR", folder, 1);
	setenv("OBJECTS_KEEP", "1h", 1);
	setenv("EXPIRE_EVERY", "100ms", 1);
	road->at->service = "media";
	service_rig_start(road->at, MEDIA_PROGRAM);
	road->at->service = "intake";
	while (access(unnamed, F_OK) == 0 || stat(named, &info) != 0 ||
		info.st_mtim.tv_sec == 1000000) {
		assert_true(instant_is_before(os_monotonic_now(), until));
		rig_round(road->at->rig, 20);
	}
	assert_int_equal(access(aside, F_OK), 0);
	snprintf(text, sizeof(text), "rm -r %s", folder);
	assert_int_equal(system(text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intake_attachments_are_kept_with_the_case),
		cmocka_unit_test(intake_attachments_new_ticket_is_the_same_letter),
		cmocka_unit_test(intake_attachments_bad_ones_refuse_the_letter),
		cmocka_unit_test(intake_attachments_media_learns_what_letters_name),
		cmocka_unit_test(intake_attachments_what_nobody_names_is_set_aside),
	};

	return cmocka_run_group_tests(tests, intake_road_open, intake_road_close);
}
