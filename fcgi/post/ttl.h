/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_TTL_H
#define TIDINGS_FCGI_POST_TTL_H
/*
 * ttl - how long an event is good for: `?ttl=30s`
 *
 * From its end on nobody is given it, and that is no gap.  Pure.
 */
#include "fcgi/post/submission.h"

/* Adds it to the traits of the submission, whose channels are known.  A fault:
 * status 0 if there is none. */
struct fault ttl_queried(struct submission *submission, struct span query);

#endif
