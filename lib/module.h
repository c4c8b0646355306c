/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_MODULE_H
#define TIDINGS_LIB_MODULE_H
/*
 * module - a part of the program that is opened only when it is first needed
 *
 * A foreign library that most never ask for costs time and memory in every
 * process.  Its room is a file of its own beside the program.
 */
#include "lib/buf.h"

/* What `symbol` is in the module of that file name, which stays open for good:
 * the one beside the program, if it was not installed, else the installed one.
 * NULL if it cannot be opened, and `fault` then has the system's sentence. */
const void *module_open(
	const char *name, const char *symbol, struct buf *fault);

#endif
