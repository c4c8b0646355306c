/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_CHECK_VERDICT_H
#define TIDINGS_CLIENT_CHECK_VERDICT_H
/*
 * verdict - what the checks found, as it is shown
 *
 *   to people   groups with titles, signs, what is being tried just now, and a
 *               summary at the end
 *   elsewhere   "ok   name  note" a line each, which scripts read
 */
#include "client/check/tools.h"
#include "client/exit_status.h"

struct verdict {
	bool people, colour, signs;
	bool redraws;	   /* the line that says what is being tried */
	size_t width;	   /* columns */
	const char *group; /* under which the last one stands; borrowed */
	unsigned good, warned, failed;
	uint64_t began; /* monotonic us */
};

/* Says which server is tried. */
enum exit_status verdict_open(
	struct verdict *verdict, const struct check *check);
/* The check of that name in that group is tried now. */
enum exit_status verdict_begin(
	struct verdict *verdict, const char *group, const char *name);
/* It is done; EXIT_FAILED if it is not good, EXIT_FILE after a sentence. */
enum exit_status verdict_add(struct verdict *verdict, const struct check *check,
	const char *name, bool good);
/* All are done, or it was interrupted. */
enum exit_status verdict_close(struct verdict *verdict, bool interrupted);

#endif
