#ifndef TIDINGS_TRIAL_ROOM_H
#define TIDINGS_TRIAL_ROOM_H
/*
 * trial_room - what the trials share among themselves
 */
#include "client/ear.h"
#include "client/trial.h"
#include "lib/span.h"

struct json_object;

/* ---- the note.  trial_wrong is always false, trial_fine always true; `hint`
 * is static, or NULL. */
bool trial_wrong(struct trial *trial, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool trial_fine(struct trial *trial, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
double trial_seconds(const struct trial *trial); /* its patience */

/* ---- faults of the web server, and how to correct them */
enum trial_fault {
	TRIAL_HELD,	  /* answers come late, or not before their end */
	TRIAL_ROUTE,	  /* the path does not lead to Tidings */
	TRIAL_BACKEND,	  /* 502, 503: tidings.fcgi is not reached */
	TRIAL_NO_HANDLER, /* 500 */
	TRIAL_LEFT,	  /* a reader who has left is not noticed */
	TRIAL_CUT	  /* a stream on which nothing comes is ended */
};
/* The hint for the web server, known by the name that it gives itself; never
 * NULL. */
const char *trial_hint(const struct trial *trial, enum trial_fault fault);

/* ---- questions */
/* The answer to GET `path` as JSON, freed by the caller; NULL if it is no JSON.
 */
struct json_object *trial_ask(struct trial *trial, const char *path);
/* Publishes `text` on the trial's channel: its bytes as they are, or as the
 * message of POST /api/broadcast. */
bool trial_post(struct trial *trial, const char *text);
bool trial_broadcast(struct trial *trial, const char *text);

/* ---- listening.  The ear is closed by the caller. */
void trial_listen(struct trial *trial, struct ear *ear, const char *path);
typedef bool trial_fact(struct trial *trial, const struct ear *ear);
trial_fact is_connected;
trial_fact has_event;
trial_fact has_heard; /* the text that was published last */
/* Waits for `fact`; false if it does not come true in time. */
bool trial_wait(
	struct trial *trial, struct ear *ear, trial_fact *fact, uint64_t ms);
/* Notes why a stream did not begin; always false. */
bool trial_no_beginning(struct trial *trial, const struct ear *ear);

/* ---- the trials with streams */
bool trial_main(struct trial *trial);
bool trial_metrics(struct trial *trial);
bool trial_custom(struct trial *trial);
bool trial_api(struct trial *trial);
bool trial_resume(struct trial *trial);
bool trial_buffering(struct trial *trial);
bool trial_leaving(struct trial *trial);

#endif
