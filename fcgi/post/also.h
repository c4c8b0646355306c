/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_ALSO_H
#define TIDINGS_FCGI_POST_ALSO_H
/*
 * also - the further channels of a publish
 *
 * `?also=other` (or `also[]=`), as often as there are further channels, or
 * `"also": ["other"]` in an object.  Who listens to several of them is given
 * the event once.  One that is named twice, or is the publish's own channel,
 * counts once.  Each returns a fault: status 0 if there is none.  Pure.
 */
#include "fcgi/post/submission.h"

/* From the URL; the submission's channel is known. */
struct fault also_queried(struct submission *submission, struct span query);
/* Of a request that has no further channels in its URL: they would be passed
 * over, and whoever listens there would hear nothing. */
struct fault also_not_queried(struct span query);
/* From an object's member: `value` is checked JSON.  *taken: it is a list of
 * strings; any other is the site's own. */
struct fault also_member(
	struct submission *submission, struct span value, bool *taken);
/* To be called once items and channels are known. */
struct fault also_check_room(const struct submission *submission);

#endif
