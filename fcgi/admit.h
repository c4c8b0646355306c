#ifndef TIDINGS_ADMIT_H
#define TIDINGS_ADMIT_H
/*
 * admit - may one more stream begin?
 *
 * One that cannot be served for now gets 200, `retry:` and its end, because any
 * other status would stop EventSource for good (HTML standard 9.2.3); who does
 * not understand a stream gets the status that says why.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct meter;
struct quota;
struct replies;
struct request;
struct visitor;

/* Plain data; borrows all of it. */
struct admit {
	struct quota *quota;
	struct replies *replies;
	struct meter *meter;
	uint64_t retry_ms;
	bool shut; /* the responder is being stopped: nobody else */
};

/* NULL: it has been answered (HEAD, too many, being stopped).  Otherwise one
 * more stream, of so many channels, is counted until quota_leave(). */
struct visitor *admit_enter(
	struct admit *admit, struct request *request, size_t channels);

#endif
