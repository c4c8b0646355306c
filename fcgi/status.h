/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STATUS_H
#define TIDINGS_FCGI_STATUS_H
/*
 * status - what is going on: /health and the channels
 */
#include <stddef.h>

#include "fcgi/http/request.h"

struct access;
struct deferrals;
struct questions;
struct session;
struct replies;

/* The handlers' room; plain data, borrows all of it. */
struct status {
	const struct session *session;	    /* how it stands with the hub */
	size_t (*streams)(const void *arg); /* how many are open */
	const void *arg;
	struct access *access; /* who may see which channels */
	struct questions *questions;
	struct deferrals *deferrals;
	struct replies *replies;
};

extern const char status_hub_away[]; /* a sentence */

handler status_health;	 /* 200, or 503 while nothing can be published */
handler status_channels; /* ?after=NEXT&limit=1..1000, in the hub's order */
handler status_channel;	 /* the one in the path */

#endif
