/* In the order of the batch: open and digest every letter, look all keys up at once, answer
 * repeats, judge the new ones, number them. */
#include "intake_admit.h"

#include <string.h>

#include "base/id.h"
#include "base/map.h"
#include "intake_store.h"
#include "os/os.h"

enum res intake_receipt_for(const struct intake_service *service, struct arena *mem,
	int64_t case_id, struct str digest, struct instant received_at, bool is_repeat,
	struct str *out, struct err *err)
{
	char number[CASE_NUMBER_MAX];
	char query_code[7];
	struct intake_receipt receipt = { .case_number = number,
		.query_code = query_code,
		.digest = digest,
		.received_at = received_at,
		.is_repeat = is_repeat };

	TRY(case_number_format(service->case_prefix, case_id, number, err));
	crypto_query_code(case_id, service->query_code_key, query_code);
	*out = intake_write_receipt(mem, &receipt);
	return RES_OK;
}

static void refuse(struct kit_submit *submit, struct arena *mem, enum res res, const char *why)
{
	submit->refused = res;
	submit->reason = arena_c(mem, str_from_c(why));
}

/* A ticket is believed for whom it was made alone. */
static enum res read_objects(const struct intake_service *service, struct arena *mem,
	struct str source, struct intake_admitted *admitted, struct err *err)
{
	const struct intake_submit *submit = &admitted->submit;
	struct intake_object *objects =
		arena_new_array(mem, struct intake_object, submit->n_attachments + 1);

	if (objects == NULL)
		return err_set(err, RES_TOO_BIG, "the batch needs more than its memory");
	if (submit->n_attachments > INTAKE_ATTACHMENTS_MAX)
		return err_set(err, RES_INVALID, "%zu attachments: want at most %d",
			submit->n_attachments, INTAKE_ATTACHMENTS_MAX);
	if (submit->n_attachments > 0 && !service->takes_objects)
		return err_set(err, RES_INVALID, "attachments are not taken here");
	for (size_t i = 0; i < submit->n_attachments; i++) {
		enum res res = intake_check_file_name(submit->attachments[i].name, err);
		objects[i].name = submit->attachments[i].name;
		if (res == RES_OK)
			res = object_ticket_read(mem, submit->attachments[i].ticket,
				service->objects_key, &objects[i].ticket, err);
		if (res == RES_OK && !str_eq(objects[i].ticket.source, source))
			res = err_set(err, RES_DENIED, "its ticket is another integrator's");
		if (res != RES_OK)
			return err_prefix(err, RES_INVALID, "attachment %zu", i + 1);
	}
	admitted->objects = objects;
	return RES_OK;
}

/* Of new letters only: the file of an old ticket may have expired. It is the last word on these
 * bytes, not on the letter: its integrator has to hear of it, since a spool would send the old
 * ticket for ever; he uploads again and hands the same letter in under the same name. */
static bool has_old_ticket(
	const struct intake_service *service, const struct intake_admitted *admitted)
{
	struct instant now = os_real_now(); /* what media counts by */

	for (size_t i = 0; i < admitted->submit.n_attachments; i++)
		if (instant_is_before(instant_add(admitted->objects[i].ticket.issued_at,
					      service->ticket_age_most),
			    now))
			return true;
	return false;
}

static enum res read_letter(struct intake_service *service, struct arena *mem,
	const struct wire_msg *message, struct intake_admitted *out, struct err *err)
{
	struct intake_contact contact = { STR_INIT(""), STR_INIT(""), STR_INIT(""), STR_INIT("") };

	if (str_is_empty(message->head.source_msg_id) || str_is_empty(message->head.source))
		return err_set(err, RES_INVALID, "source_msg_id is missing");
	TRY(intake_read_submit(mem, message->body, &out->submit, err));
	if (out->submit.has_contact)
		TRY(vault_open(&service->vault, mem, &out->submit.contact,
			message->head.source_msg_id, &contact, err));
	TRY(read_objects(service, mem, message->head.source, out, err));
	intake_digest(out->digest, &out->submit.letter, &contact, out->objects,
		out->submit.n_attachments);
	out->lookup = vault_lookup(&service->vault, mem, message->head.channel, &contact);
	return RES_OK;
}

static struct str key_of(struct arena *mem, struct str source, struct str source_msg_id)
{
	/* The length keeps two keys apart whatever bytes they hold. */
	return arena_printf(mem, "%zu:%.*s%.*s", source.n, STR_ARG(source), STR_ARG(source_msg_id));
}

static enum res look_up(struct db *db, struct arena *mem, const struct kit_submit *submits,
	size_t n, struct map *known, struct err *err)
{
	struct str *sources = arena_new_array(mem, struct str, n);
	struct str *ids = arena_new_array(mem, struct str, n);
	struct intake_submission_row *rows = NULL;
	size_t n_asked = 0, n_rows = 0;

	if (sources == NULL || ids == NULL)
		return err_set(err, RES_TOO_BIG, "the batch needs more than its memory");
	for (size_t i = 0; i < n; i++) {
		if (submits[i].refused != RES_OK)
			continue;
		sources[n_asked] = submits[i].message->head.source;
		ids[n_asked++] = submits[i].message->head.source_msg_id;
	}
	if (n_asked == 0)
		return RES_OK;
	TRY(intake_find_submissions(db, mem, sources, ids, n_asked, &rows, &n_rows, err));
	for (size_t i = 0; i < n_rows; i++)
		map_put(known, key_of(mem, rows[i].source, rows[i].source_msg_id), &rows[i]);
	return RES_OK;
}

/* The key is known: the same letter has its receipt again, another one is refused. */
static enum res answer_known(const struct intake_service *service, struct arena *mem,
	const struct intake_submission_row *row, struct kit_submit *submit, struct err *err)
{
	const struct intake_admitted *admitted = submit->admitted;
	struct str digest = str_of(row->digest, sizeof row->digest);

	if (memcmp(row->digest, admitted->digest, sizeof row->digest) != 0) {
		refuse(submit, mem, RES_CONFLICT,
			"this source_msg_id was used before for a letter with other content");
		return RES_OK;
	}
	return intake_receipt_for(
		service, mem, row->case_id, digest, row->received_at, true, &submit->receipt, err);
}

struct gate {
	struct intake_service *service;
	struct arena *mem;
	struct instant now;
	struct map *known; /* key → struct intake_submission_row */
	struct map *fresh; /* key → the submit of this batch that has it */
	size_t n_fresh;
};

static enum res judge(struct gate *gate, struct kit_submit *submit, struct err *err)
{
	const struct wire_head *head = &submit->message->head;
	const struct intake_admitted *admitted = submit->admitted;
	struct str key = key_of(gate->mem, head->source, head->source_msg_id);
	const struct intake_submission_row *row = map_get(gate->known, key);
	struct err why = { .text = "" };

	if (row != NULL)
		return answer_known(gate->service, gate->mem, row, submit, err);
	if (map_get(gate->fresh, key) != NULL) {
		refuse(submit, gate->mem, RES_RETRY,
			"the same letter stands in this batch already");
		return RES_OK;
	}
	if (intake_check_letter(&admitted->submit.letter, &why) != RES_OK) {
		refuse(submit, gate->mem, RES_INVALID, why.text);
		return RES_OK;
	}
	if (has_old_ticket(gate->service, admitted)) {
		refuse(submit, gate->mem, RES_INVALID,
			"an attachment's ticket is too old: upload the file again and hand the "
			"letter in under the same name with the new ticket");
		return RES_OK;
	}
	map_put(gate->fresh, key, submit);
	gate->n_fresh++;
	return RES_OK;
}

static bool is_fresh(const struct kit_submit *submit)
{
	return submit->refused == RES_OK && submit->receipt.p == NULL;
}

static enum res number_fresh(const struct gate *gate, struct db *db, struct kit_submit *submits,
	size_t n, struct err *err)
{
	int64_t *numbers = arena_new_array(gate->mem, int64_t, gate->n_fresh);
	size_t used = 0;

	if (gate->n_fresh == 0)
		return RES_OK;
	if (numbers == NULL)
		return err_set(err, RES_TOO_BIG, "the batch needs more than its memory");
	TRY(intake_take_numbers(db, gate->mem, numbers, gate->n_fresh, err));
	for (size_t i = 0; i < n; i++) {
		if (is_fresh(&submits[i]))
			submits[i].case_id =
				(gate->service->cell << ID_CELL_SHIFT) + numbers[used++];
	}
	return RES_OK;
}

enum res intake_admit(void *given, struct db *db, struct arena *mem, struct instant now,
	struct kit_submit *submits, size_t n, struct err *err)
{
	SCOPED(map)
	struct map *known = map_create();
	SCOPED(map)
	struct map *fresh = map_create();
	struct gate gate = {
		.service = given, .mem = mem, .now = now, .known = known, .fresh = fresh
	};

	for (size_t i = 0; i < n; i++) {
		struct intake_admitted *admitted = arena_new(mem, struct intake_admitted);
		struct err why = { .text = "" };
		if (admitted == NULL)
			return err_set(err, RES_TOO_BIG, "the batch needs more than its memory");
		submits[i].admitted = admitted;
		enum res res = read_letter(given, mem, submits[i].message, admitted, &why);
		if (res != RES_OK)
			refuse(&submits[i], mem, res, why.text);
	}
	TRY(look_up(db, mem, submits, n, known, err));
	for (size_t i = 0; i < n; i++) {
		if (submits[i].refused == RES_OK)
			TRY(judge(&gate, &submits[i], err));
	}
	return number_fresh(&gate, db, submits, n, err);
}
