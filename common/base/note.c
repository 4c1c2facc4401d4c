/* One rule for every step's note. */
#include "base/note.h"

enum res note_check(struct str note, struct err *err)
{
	if (!str_is_utf8(note))
		return err_set(err, RES_INVALID, "the note is not UTF-8");
	size_t chars = str_utf8_length(note);
	if (chars > NOTE_CHARS_MAX)
		return err_set(err, RES_INVALID, "the note has %zu characters: want at most %d",
			chars, NOTE_CHARS_MAX);
	for (size_t i = 0; i < note.n; i++) {
		if ((unsigned char)note.p[i] < ' ')
			return err_set(err, RES_INVALID, "the note is not one line of text");
	}
	if (str_find_control(note) != SIZE_MAX)
		return err_set(err, RES_INVALID, "the note holds a control character");
	return RES_OK;
}
