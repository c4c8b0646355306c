#ifndef TIDINGS_OUTCOME_H
#define TIDINGS_OUTCOME_H
/*
 * outcome - how `tidings` ends, and the one sentence that says why
 *
 * The statuses are a promise to scripts; tidings(1) lists them.
 */

enum outcome {
	OUT_OK = 0,
	OUT_FAILED = 1,	 /* a check did not pass, a command did not succeed */
	OUT_USAGE = 2,	 /* unknown verb or flag, bad value, bad URL */
	OUT_GAP = 3,	 /* events that were wanted are no longer held */
	OUT_AWAY = 4,	 /* the server cannot be reached, or fell silent */
	OUT_TLS = 5,	 /* its certificate will not do */
	OUT_REFUSED = 6, /* it said no: a status from 400 to 499 */
	OUT_TROUBLE = 7, /* it could not: any other status but 200 */
	OUT_FILE = 8,	 /* a local file cannot be read or written */
	OUT_TIMEOUT = 9, /* --timeout passed */
};

#define OUTCOME_PRINTF(n) __attribute__((format(printf, n, (n) + 1)))

/* One line on standard error, "tidings: ...". */
void say(const char *format, ...) OUTCOME_PRINTF(1);
/* The same, and returns `outcome`. */
enum outcome fail(enum outcome outcome, const char *format, ...)
	OUTCOME_PRINTF(2);
/* The same with errno's text. */
enum outcome fail_errno(enum outcome outcome, const char *format, ...)
	OUTCOME_PRINTF(2);
/* say() says nothing from now on; fail() does. */
void be_quiet(void);

#endif
