/* CHECK states what only a programming error can break. It stays on in release builds and ends the
 * process with file, line and the message id at hand. Input, network and database are never checked
 * with it. */
#ifndef WL_BASE_CHECK_H
#define WL_BASE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#define CHECK(claim)                                                                               \
	do {                                                                                       \
		if (!(claim))                                                                      \
			check_failed(__FILE__, __LINE__, #claim);                                  \
	} while (0)

/* Remembers what is being worked on, so that a failed CHECK can name it: the place of a message in
 * its batch, from 1 (0: nothing), and its case. */
void check_at_message(size_t place, int64_t case_id);

/* Writes one line to standard error and aborts. */
_Noreturn void check_failed(const char *file, int line, const char *claim);

#endif
