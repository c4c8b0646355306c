/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_INTERRUPT_H
#define TIDINGS_CLIENT_HTTP_INTERRUPT_H
/*
 * interrupt - Ctrl-C and SIGTERM end what waits, in good order
 */
#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP are only noted. */
void interrupt_catch(void);
bool interrupt_caught(void);
/* Readable once one has come; for poll(). */
int interrupt_fd(void);
/* Ends the process as the signal would have. */
void interrupt_die(void);

#endif
