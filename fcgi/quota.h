#ifndef TIDINGS_QUOTA_H
#define TIDINGS_QUOTA_H
/*
 * quota - who may publish, and how much an address may have
 *
 * A visitor is one REMOTE_ADDR; it lives as long as it has streams or has
 * POSTed within the last minute.
 */
#include <stdbool.h>
#include <stddef.h>

struct quota;
struct visitor;
struct config;

enum {
	QUOTA_VISITORS_MAX = 65536, /* addresses remembered; when full, an idle
				       one is forgotten, and if all have
				       streams a new one is refused */
	QUOTA_RESERVE = 256, /* descriptors that streams leave to publishers,
				the hub and ourselves; a quarter of them all if
				there are few */
};

/* Borrows `config`. */
struct quota *quota_new(const struct config *config);
void quota_free(struct quota *quota);

/* NULL: too many, in all or from this address.  Otherwise one more stream is
 * counted until quota_leave(). */
struct visitor *quota_enter(struct quota *quota, const char *address);
void quota_leave(struct quota *quota, struct visitor *visitor);

/* Is the address one of publish_from?  An address that cannot be read is
 * none. */
bool quota_admits(const struct quota *quota, const char *address);
/* Takes one POST from the address's bucket; false: 429. */
bool quota_may_publish(struct quota *quota, const char *address);

#endif
