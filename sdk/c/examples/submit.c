/* Hands in one letter and waits for its receipt:
 *
 *	submit --address tcp://door:8312 --server-key-file door.pub --key-file app.key \
 *	       --vault-key-file vault.pub --spool spool --channel app ID TITLE BODY
 *
 * Prints the case number and the query code. Run again with the same ID and texts it prints the
 * same: the platform has the letter once. Exit: 0 received, 1 refused or an error, 2 usage. */
#include "settings.h"

struct answer {
	bool has_come;
	bool is_refused;
};

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	struct answer *answer = arg;
	printf("%.*s %.*s%s\n", (int)receipt->case_number.n, receipt->case_number.p,
		(int)receipt->query_code.n, receipt->query_code.p,
		receipt->is_repeat ? " (received before)" : "");
	answer->has_come = true;
}

static void on_refused(void *arg, const struct wangli_refusal *refusal)
{
	struct answer *answer = arg;
	fprintf(stderr, "refused: %s: %.*s\n", wangli_result_name(refusal->why),
		(int)refusal->text.n, refusal->text.p);
	answer->has_come = true;
	answer->is_refused = true;
}

static int letter_send(struct wangli *client, char *const words[3], struct answer *answer)
{
	struct wangli_letter letter;
	struct wangli_error error;
	wangli_letter_init(&letter);
	letter.source_msg_id = wangli_text_from_c(words[0]);
	letter.title = wangli_text_from_c(words[1]);
	letter.body = wangli_text_from_c(words[2]);
	enum wangli_result result = wangli_submit(client, &letter, &error);
	while (result == WANGLI_OK && !answer->has_come)
		result = wangli_turn(client, 200, &error);
	if (result == WANGLI_OK)
		/* the receipt is out: let the spool forget the letter */
		result = wangli_turn(client, 0, &error);
	if (result != WANGLI_OK)
		fprintf(stderr, "%s: %s\n", wangli_result_name(result), error.text);
	return result == WANGLI_OK && !answer->is_refused ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct settings settings = { .address = NULL };
	int at = 1;
	while (at + 1 < argc && settings_take(&settings, argv[at], argv[at + 1]))
		at += 2;
	if (argc - at != 3) {
		fprintf(stderr, "usage: submit [settings] ID TITLE BODY\n");
		return 2;
	}
	struct answer answer = { .has_come = false };
	struct wangli_callbacks on;
	wangli_callbacks_init(&on);
	on.arg = &answer;
	on.on_receipt = on_receipt;
	on.on_refused = on_refused;
	struct wangli *client = settings_client(&settings, &on);
	if (client == NULL)
		return 1;
	int code = letter_send(client, argv + at, &answer);
	wangli_close(client);
	return code;
}
