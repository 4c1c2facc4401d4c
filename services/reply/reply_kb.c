/* Whoever puts an article has checked it. Replicas and intake see it when ref.version has changed,
 * which is the caller's to raise. */
#include "reply_kb.h"

#include "reply_codec.h"
#include "reply_handlers.h"

#define ROLES_OF_THE_KB (ROLE_BIT(OPERATOR) | ROLE_BIT(REVIEWER))

enum res reply_kb_put(struct kit_turn *turn, struct err *err)
{
	const struct reply_service *service = turn->service;
	const struct reply_kb_rules rules = { .kb = &service->reference.kb,
		.categories = &service->reference.categories,
		.units = &service->reference.units,
		.today = instant_shanghai_day(turn->now) };
	struct reply_kb_article article;
	struct actor actor;

	TRY(kit_actor(turn, &actor, err));
	if (!role_is_in(actor.role, ROLES_OF_THE_KB))
		return err_set(err, RES_DENIED,
			"an article is put by operator or reviewer, not by %s",
			role_word(actor.role));
	TRY(reply_read_kb_put(turn->mem, turn->message->body, &article, err));
	TRY(reply_kb_check(&article, &rules, err));
	TRY(reply_put_article(
		kit_turn_db(turn), turn->mem, &article, turn->message->head.actor, turn->now, err));
	kit_answer(turn, reply_write_kb_put(turn->mem, article.id));
	return RES_OK;
}
