/* What a call came to, said as what the caller should do next. The only result type of the project.
 */
#ifndef WL_BASE_RES_H
#define WL_BASE_RES_H

#define must_check		     __attribute__((warn_unused_result))
#define printf_like(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))

enum res {
	RES_OK = 0,    /* done */
	RES_INVALID,   /* reject: the input is wrong and stays wrong */
	RES_DENIED,    /* reject: the asker may not */
	RES_NOT_FOUND, /* there is no such thing */
	RES_CONFLICT,  /* somebody was faster: read again, decide again */
	RES_TOO_BIG,   /* over a named maximum */
	RES_RETRY,     /* the outside world is away: later, with the same input */
	RES_BUG,       /* only a programming error leads here */
};

/* Name of a result for logs and tests, "INVALID" and the like; static text. */
const char *res_name(enum res res);

/* Passes a failure up. The only macro of the project that returns. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		enum res try_res_ = (call);                                                        \
		if (try_res_ != RES_OK)                                                            \
			return try_res_;                                                           \
	} while (0)

#endif
