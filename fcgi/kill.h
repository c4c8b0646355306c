/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_KILL_H
#define TIDINGS_FCGI_KILL_H
/*
 * kill - /api/kill: this process is killed, for all to see that nothing is lost
 *
 * The button of quickstart's page.  There is none without `kill_token`, the
 * file that quickstart writes anew at each start and nobody else may read: GET
 * gives its token to this machine's own page (own_page.h), POST with the token
 * kills.  To everybody else GET has nothing to say, as where there is no
 * switch.
 *
 * The process answers, and sends itself SIGKILL: nothing is put in order, no
 * stream gets its end.  One that is younger than KILL_AGE_MS is spared, so
 * nobody keeps streams away for long.
 */
#include <stdint.h>

#include "fcgi/http/request.h"
#include "lib/timer.h"

struct replies;

enum {
	KILL_AGE_MS = 5000,
	KILL_AFTER_MS = 100, /* its answer has left by then */
	KILL_TOKEN_LEAST = 32,
	KILL_TOKEN_MOST = 256,
};

struct kill_switch {
	const char *file;  /* "" = there is no switch */
	const char *inbox; /* the path of the first, NULL if there is none */
	struct timers *timers;	 /* borrowed */
	struct replies *replies; /* borrowed */
	uint64_t began;		 /* monotonic us */
	struct timer death;
};

/* `file` and `inbox` are borrowed; the page shows the inbox's path to be
 * copied. */
void kill_switch_open(struct kill_switch *kill_switch, const char *file,
	const char *inbox, struct timers *timers, struct replies *replies);
void kill_switch_close(struct kill_switch *kill_switch);

handler kill_tell; /* GET */
handler kill_do;   /* POST */

#endif
