/* What the tests of dispatch's core share: reference data with the road by the system, cases in
 * each state, events by whom they may come from. */
#ifndef WL_TESTS_DISPATCH_FIXTURE_H
#define WL_TESTS_DISPATCH_FIXTURE_H

#include "dispatch_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW	     "2019-04-24 09:00:00"
#define ROAD(step, who)                                                                            \
	{                                                                                          \
		STR_INIT(step), STR_INIT("*"), STR_INIT(who), 0, ROAD_NO_END                       \
	}

extern const struct dispatch_reference reference; /* the road is the system's */
extern const struct workday_calendar calendar;

struct dispatch_reference people(void); /* the same, and the road is the people's */
struct instant at(const char *text);
struct dispatch_event event_of(enum dispatch_event_kind kind);
struct dispatch_case case_in(int state);
/* At NOW. */
enum res decide_on(const struct dispatch_reference *rows, const struct dispatch_case *file,
	const struct dispatch_event *event, struct dispatch_decision *out,
	struct err *err) must_check;
enum res decide(struct dispatch_case *file, const struct dispatch_event *event,
	struct dispatch_decision *out, struct err *err) must_check;
/* The decision's deeds are these, in order. */
void assert_deeds(
	const struct dispatch_decision *decision, const enum dispatch_deed *wanted, size_t n);

#endif
