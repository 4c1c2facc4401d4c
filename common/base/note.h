/* A sentence for the citizen that goes with a step: short, one line, and the only free text that
 * events carry. */
#ifndef WL_BASE_NOTE_H
#define WL_BASE_NOTE_H

#include "base/err.h"
#include "base/str.h"

#define NOTE_CHARS_MAX 24

/* RES_INVALID: not UTF-8, over NOTE_CHARS_MAX characters, or with a control character. No note at
 * all is fine. */
enum res note_check(struct str note, struct err *err) must_check;

#endif
