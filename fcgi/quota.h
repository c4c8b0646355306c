#ifndef TIDINGS_QUOTA_H
#define TIDINGS_QUOTA_H
/*
 * quota - how much a visitor may have
 *
 * A visitor is the holder of a REMOTE_ADDR (address.h); it lives as long as it
 * has streams or has POSTed within the last minute.  Each worker counts for
 * itself: with N of them all limits are up to N times as high.
 */
#include <stdbool.h>
#include <stddef.h>

struct quota;
struct visitor;
struct clock;
struct config;

enum {
	QUOTA_VISITORS_MAX = 65536, /* visitors remembered; when full, an idle
				       one is forgotten, and if all have
				       streams a new one is refused */
	QUOTA_RESERVE = 256, /* descriptors that streams leave to publishers,
				the hub and ourselves; a quarter of them all if
				there are few */
};

enum quota_word {
	QUOTA_YES,
	QUOTA_TOO_MANY,		 /* in all */
	QUOTA_TOO_MANY_FROM_YOU, /* from this address */
};

/* Borrows both. */
struct quota *quota_new(const struct config *config, const struct clock *clock);
void quota_free(struct quota *quota);

/* At QUOTA_YES one more stream, of so many channels, is counted until
 * quota_leave() with the same number; otherwise *visitor is NULL. */
enum quota_word quota_enter(struct quota *quota, const char *address,
	size_t channels, struct visitor **visitor);
void quota_leave(struct quota *quota, struct visitor *visitor, size_t channels);

/* At QUOTA_YES one POST is taken from the address's bucket and from that of
 * all. */
enum quota_word quota_may_publish(struct quota *quota, const char *address);

#endif
