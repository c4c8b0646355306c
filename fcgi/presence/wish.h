/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_PRESENCE_WISH_H
#define TIDINGS_FCGI_PRESENCE_WISH_H
/*
 * wish - whether a stream says that it is there, and whose it is
 */
#include <stdbool.h>

#include "lib/span.h"

struct grant;
struct request;
struct subscription;

/* Is it said who is on that channel?  A pattern of that spelling is on it for
 * the hub as well, and who has it may see what nobody else may. */
bool wish_can_see(struct span channel);
/* Does he see whose the streams are that are seen at Mercure's path alone: may
 * he read the list of that channel there? */
bool wish_sees_whole(const struct grant *grant, struct span channel);
/* Reads ?presence= and ?by= into a subscription whose channels are known; `on`:
 * streams may say that they are there.  NULL, or a sentence. */
const char *wish_read(
	struct subscription *subscription, struct span query, bool on);
/* Whose it is, by its grant and its request: borrows from both. */
void wish_name(
	struct subscription *subscription, const struct request *request);

#endif
