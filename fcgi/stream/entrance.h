/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_ENTRANCE_H
#define TIDINGS_FCGI_STREAM_ENTRANCE_H
/*
 * entrance - who asks for a stream, and may have it, gets it
 *
 * What it has asked for is read and sound.
 */
struct request;
struct subscribe;
struct subscription;

enum entrance {
	/* Who asks for a channel by its name must be allowed to read it, and is
	 * refused otherwise; of what a pattern matches he is given what he may.
	 */
	ENTRANCE_BY_NAME,
	/* He is given what he may of all. */
	ENTRANCE_ANYHOW,
};

/* Takes the request: opens its stream, or refuses it.  Of the subscription all
 * that is asked for is filled in. */
void entrance_pass(struct subscribe *subscribe, struct request *request,
	struct subscription *subscription, enum entrance entrance);

#endif
