#ifndef TIDINGS_PAGER_H
#define TIDINGS_PAGER_H
/*
 * pager - older events, from the hub
 *
 * A page is one question to the hub: these channels, after this cursor.  It
 * has the size of one parcel, so a reader who is far behind pins no more than
 * one who is a little behind.  Subscribers with the same question share it:
 * after a restart thousands come back with the same cursor.
 *
 *   QUEUED   no more than PAGER_ASKED are with the hub at once
 *   ASKED    answered by the hub or, when it is away, by the uplink's deadline;
 *            then those who are QUEUED are answered the same
 *
 * Who waits is on the page's list and on no other page's.
 */
enum {
	PAGER_ASKED = 16, /* pages with the hub; others wait their turn here */
};

struct answers;
struct paged;
struct pager;
struct parcel;
struct subscriber;
struct window;

/* `answer` is told what has come, for each who waits. */
struct pager *pager_new(struct answers *answers, const struct window *window,
	void (*answer)(struct subscriber *sub, const struct paged *paged));
void pager_free(struct pager *pager);

/* Asks for what follows the subscriber's cursor (or, while it is OPENING, what
 * its opening wishes).  It is never answered from here. */
void pager_ask(struct pager *pager, struct subscriber *sub);
/* It does not want the answer any more; harmless if it does not wait. */
void pager_leave(struct subscriber *sub);
/* From within `answer`: the page's events, at least one, for this subscriber;
 * composed for the first and shared by all. */
struct parcel *pager_parcel(struct pager *pager, const struct subscriber *sub,
	const struct paged *paged);

#endif
