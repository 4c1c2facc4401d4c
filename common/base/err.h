/* Text for humans about a failure; always the last, optional argument of a call. */
#ifndef WL_BASE_ERR_H
#define WL_BASE_ERR_H

#include "base/res.h"

#define ERR_TEXT_MAX                                                                               \
	511 /* bytes without the terminating NUL; longer text is cut at a character border */

struct err {
	char text[ERR_TEXT_MAX + 1];
};

/* Writes the sentence and returns res, so that `return err_set(err, RES_INVALID, …)` reads as one
 * thought. err may be NULL. */
enum res err_set(struct err *err, enum res res, const char *format, ...) printf_like(3, 4);

/* Puts "what: " in front of the text that a lower call left. err may be NULL. Returns res. */
enum res err_prefix(struct err *err, enum res res, const char *format, ...) printf_like(3, 4);

/* The static analyzer does not look into err.c: tell it that the result is the one given. */
#ifdef __clang_analyzer__
#define err_set(err, res, ...)	  ((void)(err_set)((err), RES_OK, __VA_ARGS__), (res))
#define err_prefix(err, res, ...) ((void)(err_prefix)((err), RES_OK, __VA_ARGS__), (res))
#endif

#endif
