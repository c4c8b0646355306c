/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_ACCESS_H
#define TIDINGS_FCGI_GUARD_ACCESS_H
/*
 * access - may it?  by its address, its origin, the name that was asked for
 *
 * What the configuration says of that (publish_from, origins, hosts), in one
 * place.
 */
#include <stdbool.h>

struct access;
struct config;
struct request;

/* Borrows `config`. */
struct access *access_new(const struct config *config);
void access_free(struct access *access);

/* Is it this site that was asked for (host.h)? */
bool access_is_ours(const struct access *access, const struct request *request);

/* Adds the header lines that any answer to this request must carry (cors.h);
 * and those of the answer to a preflight, `methods` as in Allow. */
void access_headers(const struct access *access, struct request *request);
void access_preflight(const struct access *access, struct request *request,
	const char *methods);

enum access_word {
	ACCESS_YES,
	ACCESS_NOT_FROM_THERE, /* the address is none of publish_from */
	ACCESS_NOT_BY_PROXY,   /* it is, but it may be a proxy's: whose request
				  it is nobody knows */
	ACCESS_NOT_THAT_PAGE,  /* a page of an origin that may not */
	ACCESS_NOT_THAT_NAME,  /* a page of our own, or of any if any may; but
				  its name may have been pointed here */
};

/* May it publish?  An address that cannot be read may not.  Where all addresses
 * may, none proves anything, and only the origin counts. */
enum access_word access_may_publish(
	const struct access *access, const struct request *request);

#endif
