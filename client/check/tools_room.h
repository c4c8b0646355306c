/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_CHECK_TOOLS_ROOM_H
#define TIDINGS_CLIENT_CHECK_TOOLS_ROOM_H
/*
 * tools_room - what the checks share among themselves
 */
#include "client/check/tools.h"
#include "client/http/listener.h"
#include "lib/span.h"

struct config;
struct json_object;

enum { CHECK_CLOCK_S = 5 }; /* two clocks may differ by so much */

/* ---- the note.  check_wrong is always false, check_fine always true; `hint`
 * is static, or NULL. */
bool check_wrong(struct check *check, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool check_fine(struct check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
double check_seconds(const struct check *check); /* its patience */

/* ---- faults of the web server, and how to correct them */
enum check_fault {
	CHECK_PROXY,	  /* a proxy's address is taken for its visitors' */
	CHECK_BELIEVES,	  /* whoever names an address is believed */
	CHECK_HELD,	  /* answers come late, or not before their end */
	CHECK_ROUTE,	  /* the path does not lead to Tidings */
	CHECK_BACKEND,	  /* 502, 503: tidings.fcgi is not reached */
	CHECK_NO_HANDLER, /* 500 */
	CHECK_UPLOADS,	  /* there is no limit for a body */
	CHECK_LEFT,	  /* a reader who has left is not noticed */
	CHECK_CUT,	  /* a stream on which nothing comes is ended */
	CHECK_LATE,	  /* each event takes some 200 ms */
	CHECK_TOKENS,	  /* it does not pass on Authorization */
	CHECK_LOGINS,	  /* it passes on names that nobody has looked at */
	CHECK_HTTP2,	  /* it speaks HTTP/2 to browsers */
	CHECK_MERCURE	  /* /.well-known/mercure does not lead to Tidings */
};
/* The hint for the web server, known by the name that it gives itself; NULL
 * only where CHECK_LATE or CHECK_HTTP2 is nothing of this server's. */
const char *check_hint(const struct check *check, enum check_fault fault);

/* ---- Tidings is not where it was asked */
/* Is `answer` an error of Tidings itself?  Then it is noted, and what to do. */
bool check_refused(struct check *check, const struct http_answer *answer);
/* Notes that `answer` is somebody else's; always false. */
bool check_elsewhere(struct check *check, const struct http_answer *answer);

/* ---- questions */
/* The answer to GET `path` as JSON, freed by the caller; NULL if it is no JSON.
 */
struct json_object *check_ask(struct check *check, const char *path);
/* Publishes `text` on the check's channel: its bytes as they are, or as the
 * message of POST /api/broadcast. */
bool check_post(struct check *check, const char *text);
bool check_broadcast(struct check *check, const char *text);

/* ---- listening.  The listener is closed by the caller. */
void check_listen(
	struct check *check, struct listener *listener, const char *path);
typedef bool check_fact(struct check *check, const struct listener *listener);
check_fact is_connected;
check_fact has_event;
check_fact has_heard; /* the text that was published last */
/* Waits for `fact`; false if it does not come true in time. */
bool check_wait(struct check *check, struct listener *listener,
	check_fact *fact, uint64_t ms);
/* Notes why a stream did not begin; always false. */
bool check_no_beginning(struct check *check, const struct listener *listener);

/* ---- the tidings.conf of this machine */
bool check_has_config(void); /* is there one to go by? */
/* NULL, or a sentence to be freed, and `config` is all zero. */
char *check_config(struct config *config);
/* As that says, do inboxes have a user of their own, as packages give them? */
bool check_is_packaged(void);
/* The prefix that it says, freed by the caller; NULL if none, or if unknown. */
char *check_base(void);
bool check_has_tokens(void); /* does it say what tokens are good? */

/* ---- the check of this machine's inboxes.  What is to be done about each is a
 * line of check->advice. */
bool check_inboxes(struct check *check);

/* ---- the checks of who may what */
bool check_open_doors(struct check *check);
bool check_tokens(struct check *check);
bool check_logins(struct check *check);
bool check_gives_cookie(void); /* is there one to be judged? */
bool check_cookie(struct check *check);
/* Notes why Tidings, whose last answer is at hand, may have refused it; always
 * false. */
bool check_refused_token(struct check *check, const char *token);

/* ---- the checks of inboxes, as the server knows them */
bool check_readers(struct check *check);
bool check_confinement(struct check *check);
bool check_stock(struct check *check);

/* ---- the check of the order that several machines share, where tidings.conf
 * has it */
bool check_has_order(void);
bool check_order(struct check *check);

/* ---- the check of addresses */
bool check_addresses(struct check *check);

/* ---- the check of Mercure, where tidings.conf has it */
bool check_has_mercure(void);
bool check_mercure(struct check *check);

/* ---- the checks with streams */
bool check_main(struct check *check);
bool check_metrics(struct check *check);
bool check_custom(struct check *check);
bool check_api(struct check *check);
bool check_resume(struct check *check);
bool check_buffering(struct check *check);
bool check_leaving(struct check *check);

#endif
