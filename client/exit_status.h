/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_EXIT_STATUS_H
#define TIDINGS_CLIENT_EXIT_STATUS_H
/*
 * exit_status - how `tidings` ends, and the one sentence that says why
 *
 * The statuses are a promise to scripts; tidings(1) lists them.
 */

enum exit_status {
	EXIT_OK = 0,
	EXIT_FAILED = 1,  /* a check did not pass, a command did not succeed */
	EXIT_USAGE = 2,	  /* unknown verb or flag, bad value, bad URL */
	EXIT_GAP = 3,	  /* events that were wanted are no longer held */
	EXIT_AWAY = 4,	  /* the server cannot be reached, or fell silent */
	EXIT_TLS = 5,	  /* its certificate will not do */
	EXIT_REFUSED = 6, /* it said no: a status from 400 to 499 */
	EXIT_TROUBLE = 7, /* it could not: any other status but 200 */
	EXIT_FILE = 8,	  /* a local file cannot be read or written */
	EXIT_TIMEOUT = 9, /* --timeout passed */
};

#define EXIT_STATUS_PRINTF(n) __attribute__((format(printf, n, (n) + 1)))

/* One line on standard error, "tidings: ...". */
void say(const char *format, ...) EXIT_STATUS_PRINTF(1);
/* The same, and returns `exit_status`. */
enum exit_status fail(enum exit_status exit_status, const char *format, ...)
	EXIT_STATUS_PRINTF(2);
/* The same with errno's text. */
enum exit_status fail_errno(enum exit_status exit_status, const char *format,
	...) EXIT_STATUS_PRINTF(2);
/* say() says nothing from now on; fail() does. */
void be_quiet(void);
/* From now on the sentences have colours: a person reads them. */
void be_coloured(void);

#endif
