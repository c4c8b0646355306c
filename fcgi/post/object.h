/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_OBJECT_H
#define TIDINGS_FCGI_POST_OBJECT_H
/*
 * object - a POST's JSON object becomes a submission of one event
 *
 * Each returns a fault: status 0 if there is none.  Pure.
 */
#include <stddef.h>

#include "fcgi/post/submission.h"

/* `message` and whatever else is the data; channel, event and id are taken out,
 * a timestamp is added if there is none. */
struct fault object_read(
	struct submission *submission, struct span body, size_t max_event);
/* `message` is a text: that is the data. */
struct fault object_read_message(
	struct submission *submission, struct span body, size_t max_event);

#endif
