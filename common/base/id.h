/* Case ids and the numbers that people see. A case id is a 64-bit integer: the cell's number in the
 * high bits, a sequence of intake's below. The number for people is the city's prefix, the id's
 * decimal digits (at least seven) and, after a hyphen, a check digit: CD0421786-5. */
#ifndef WL_BASE_ID_H
#define WL_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define ID_CELL_SHIFT	   40 /* a cell may number 2^40 cases */
#define CASE_PREFIX_MAX	   8
#define CASE_NUMBER_MAX	   40 /* bytes of a number's text with the NUL */
#define CASE_NUMBER_DIGITS 7  /* shorter ids are padded with zeros */

/* RES_INVALID: prefix longer than CASE_PREFIX_MAX or not A-Z; id not positive. out: CASE_NUMBER_MAX
 * bytes. */
enum res case_number_format(
	struct str prefix, int64_t case_id, char *out, struct err *err) must_check;
/* Reads a number in any letter case, with spaces around it. RES_INVALID: no prefix, no digits,
 * wrong check digit (the check digit is Luhn's mod 10 over the digits: it finds every single wrong
 * digit and most swapped neighbours). */
enum res case_number_parse(struct str text, int64_t *out_case_id, struct err *err) must_check;

#endif
