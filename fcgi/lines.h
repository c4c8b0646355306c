/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_LINES_H
#define TIDINGS_FCGI_LINES_H
/*
 * lines - what the responder says to the log; lib/lines.h has how it is written
 */

/* It can publish, and new events come. */
#define LINE_CONNECTED "uplink: connected to the hub"

#define LINE_AWAY "uplink: the hub is away"
/*
 * REASON
 * It was there before, or it was there and said nothing useful; REASON may be
 * "it has said nothing for too long" (it hangs, or the machine is overloaded),
 * "a malformed frame" or "sent a frame of an impossible length" (another
 * version), "has stopped reading", or the system's. Streams stay open, and
 * what is in memory is served on; POSTs are answered with 503 if the hub is
 * not back within five seconds. It is tried again twice a second or more.
 */
#define LINE_AWAY_BECAUSE "uplink: the hub is away: %s"

/*
 * REASON
 * Said once for each reason, and in the answer to `/health`; it is tried again
 * twice a second. "this user may not speak to the hub": add the responder's
 * user to `users` in [hub]. "the hub speaks version NUMBER of the protocol,
 * you speak NUMBER" or "this responder NUMBER": hub and responder are of
 * different versions; restart the older one.
 */
#define LINE_REFUSED "uplink: cannot work with this hub: %.*s"

/*
 * ERROR
 * A sandbox refuses getrandom(2).
 */
#define LINE_GETRANDOM "uplink: getrandom"

/*
 * SECONDS ERROR
 * Too many open files, or no memory: nobody is accepted meanwhile. Raise the
 * limit of descriptors, or set `streams`.
 */
#define LINE_REST "accept: rest for %d s"

/*
 * REASON
 * Something else than a web server speaks to the socket, or one with a fault:
 * "speaks no FastCGI version 1", "does not begin a request", "wants another
 * role than responder", "a record among the parameters", "a parameter with a
 * false length", "a record in the middle of the body"; "the parameters are too
 * long": headers and URL of more than the web server should let through.
 */
#define LINE_CLOSE_CONNECTION "accept: close connection: %s"

/* With `level = debug` only. */
#define LINE_NOT_WHOLE \
	"accept: close connection: its request did not come whole"

/*
 * ERROR
 * No memory or no descriptors are left.
 */
#define LINE_NO_SOCKET_PAIR "cgi: no socket pair"

/*
 * REASON
 * At the start, with a file of a section [keys] that is bad: REASON names both,
 * and says what is wrong with it. Or libcrypto cannot be opened.
 */
#define LINE_KEYS_BAD "keys: %.*s"

/*
 * FILE REASON
 * It was changed, and what is in it now is not used. Tokens that were good stay
 * good. It is looked at again as soon as it changes.
 */
#define LINE_KEYS_OLD_STAY "keys: %s: %.*s; the keys that it had stay in force"

/*
 * FILE REASON
 * A worker has started and found it bad: no token that its keys have signed is
 * good until it is mended.
 */
#define LINE_KEYS_NONE "keys: %s: %.*s; its tokens are refused"

/*
 * FILE NUMBER
 * It was changed, and is in force.
 */
#define LINE_KEYS_READ "keys: %s: read again, has %zu"

/*
 * REASON
 * A token came, and libcrypto is needed to look at it. It is refused.
 */
#define LINE_KEYS_LIBRARY "keys: %.*s"

/*
 * REASON
 * With `level = debug` only: who brought it got a 401, which does not say why.
 * REASON may be what is wrong with the token itself; "it is longer than 8,192
 * bytes"; "there is no key of its kid, for its alg and typ", or "none of the
 * keys has signed it"; what is wrong with its claims, as "it has expired"; or
 * "there are no keys", since no file could be read.
 */
#define LINE_TOKEN_REFUSED "keys: a token is refused: %s"

/*
 * REASON
 * With `level = debug` only: likewise of a ticket, or a session. "it is no
 * ticket of this log": the log was made anew meanwhile, or somebody tries.
 */
#define LINE_TICKET_REFUSED "tickets: one is refused: %s"

/*
 * With `kill_token` only, as in quickstart: somebody has pressed the button of
 * the page. The supervisor starts another.
 */
#define LINE_KILLED "kill: this process was asked to be killed, and is"

/*
 * WORD
 * Wrong usage.
 */
#define LINE_UNEXPECTED_ARGUMENT "tidings.fcgi: unexpected argument \"%s\""

/*
 * REASON
 * `compress = yes`, but zlib cannot be opened, or there is no memory for it:
 * streams are served as they are. REASON is the system's sentence, or
 * "tidings-deflate.so is of another version", or "no memory".
 */
#define LINE_NOT_COMPRESSED "gzip: streams are not compressed: %.*s"

#endif
