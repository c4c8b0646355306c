/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_PRESENCE_WHO_H
#define TIDINGS_FCGI_PRESENCE_WHO_H
/*
 * who - who is there on a channel, for whoever may listen to it
 *
 * Whose a stream is that is seen at Mercure's path alone, is for whoever may
 * read the list there (wish_sees_whole()).
 */
#include <stdbool.h>

#include "fcgi/http/request.h"

struct access;
struct deferrals;
struct questions;
struct replies;

/* The handlers' room; plain data, borrows all of it. */
struct who {
	struct access *access;
	struct questions *questions;
	struct deferrals *deferrals;
	struct replies *replies;
	bool on; /* streams may say that they are there */
};

handler who_channel; /* the one in the path: ?after=NEXT&limit=1..1000 */

#endif
