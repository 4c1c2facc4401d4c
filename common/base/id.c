/* Numbers of cases as people see them. */
#include "base/id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 19 /* of an int64 */

/* Luhn's check digit over decimal digits. Source: ISO/IEC 7812-1 annex B. */
static int check_digit(struct str digits)
{
	int sum = 0;

	for (size_t i = 0; i < digits.n; i++) {
		int digit = digits.p[digits.n - 1 - i] - '0';
		if (i % 2 == 0)
			digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	return (10 - sum % 10) % 10;
}

enum res case_number_format(struct str prefix, int64_t case_id, char *out, struct err *err)
{
	char digits[CASE_NUMBER_MAX];

	if (prefix.n == 0 || prefix.n > CASE_PREFIX_MAX)
		return err_set(err, RES_INVALID, "prefix '%.*s': want 1-%d letters",
			STR_ARG(prefix), CASE_PREFIX_MAX);
	for (size_t i = 0; i < prefix.n; i++)
		if (prefix.p[i] < 'A' || prefix.p[i] > 'Z')
			return err_set(
				err, RES_INVALID, "prefix '%.*s': want A-Z only", STR_ARG(prefix));
	if (case_id <= 0)
		return err_set(err, RES_INVALID, "case id %" PRId64 ": must be positive", case_id);
	snprintf(digits, sizeof(digits), "%0*" PRId64, CASE_NUMBER_DIGITS, case_id);
	snprintf(out, CASE_NUMBER_MAX, "%.*s%.*s-%d", STR_ARG(prefix), DIGITS_MAX, digits,
		check_digit(str_from_c(digits)));
	return RES_OK;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum res case_number_parse(struct str text, int64_t *out_case_id, struct err *err)
{
	struct str in = str_trim(text);
	size_t letters = 0;
	size_t digits = 0;
	int64_t id = 0;

	while (letters < in.n && is_letter(in.p[letters]))
		letters++;
	while (letters + digits < in.n && is_digit(in.p[letters + digits]))
		digits++;
	if (letters == 0 || letters > CASE_PREFIX_MAX)
		return err_set(err, RES_INVALID, "case number: want 1-%d letters in front",
			CASE_PREFIX_MAX);
	if (digits < CASE_NUMBER_DIGITS || digits > DIGITS_MAX)
		return err_set(err, RES_INVALID, "case number: want %d-%d digits after the letters",
			CASE_NUMBER_DIGITS, DIGITS_MAX);
	struct str number = str_slice(in, letters, digits);
	struct str tail = str_slice(in, letters + digits, in.n);
	if (tail.n != 2 || tail.p[0] != '-' || !is_digit(tail.p[1]))
		return err_set(
			err, RES_INVALID, "case number: want '-' and a check digit at the end");
	if (tail.p[1] - '0' != check_digit(number))
		return err_set(err, RES_INVALID, "case number: the check digit does not fit");
	if (str_to_int64(number, &id) != RES_OK || id == 0)
		return err_set(err, RES_INVALID, "case number: no such number");
	*out_case_id = id;
	return RES_OK;
}
