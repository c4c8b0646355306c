#ifndef TIDINGS_HANDOVER_H
#define TIDINGS_HANDOVER_H
/*
 * handover - a parent becomes the new version of itself
 *
 * The same process executes its program anew, so that its pid stays, its
 * workers stay its children, and the listening socket stays open: nobody is
 * refused meanwhile.  What the new program needs to know is in the
 * environment: TIDINGS_HANDOVER = its pid, the socket's descriptor, the pids
 * of the workers.  Signals that are blocked stay so, and none is lost.
 */
#include <sys/types.h>

struct former;

/* The socket that was handed to this process, or -1: it was not.  Taken. */
int handover_listener(void);
/* Adds the workers that were; after that nothing is known. */
void handover_workers(struct former *former);

/* Starts the program of `argv` with --test: does it take its configuration?
 * The pid of that child, or -1 (logged). */
pid_t handover_test(char *const *argv);
/* Becomes the program of `argv`.  Returns only if it cannot be (logged), and
 * then nothing has changed. */
void handover_exec(
	char *const *argv, int listener, const struct former *former);

#endif
