/* PUT /objects/<sha256>: a file comes in piece by piece into a scratch file, is hashed meanwhile,
 * looked at, made anew when it is a photo, kept, and answered with its ticket. Whatever fails
 * leaves nothing behind. */
#ifndef WL_MEDIA_UPLOAD_H
#define WL_MEDIA_UPLOAD_H

#include "media_state.h"

enum http_body media_upload_begin(
	struct media_state *state, const struct http_request *request, struct http_answer *answer);
bool media_upload_piece(
	struct media_state *state, struct http_exchange *exchange, struct str bytes);
void media_upload_end(
	struct media_state *state, const struct http_request *request, struct http_answer *answer);
void media_upload_gone(struct media_state *state, struct http_exchange *exchange);

/* "Bearer <right>" of a request. RES_DENIED. */
enum res media_right_of(struct media_state *state, const struct http_request *request,
	struct object_right *out, struct err *err) must_check;
void media_refuse(struct arena *mem, struct http_answer *answer, int status, const char *why);

#endif
