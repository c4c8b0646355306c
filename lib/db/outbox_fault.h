/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_DB_OUTBOX_FAULT_H
#define TIDINGS_LIB_DB_OUTBOX_FAULT_H
/*
 * outbox_fault - what became of a table's triggers, in words for people
 */
#include <stddef.h>

#include "lib/span.h"

enum { OUTBOX_FAULTS = 20 }; /* tables that are told of */

/* All owned by the faults.  One line of UTF-8 without control characters. */
struct outbox_fault {
	char *table;
	char *wrong;   /* "its triggers are gone ..." */
	char *command; /* that mends it: "tidings inbox init FILE --on ..." */
};

/* Valid when all zero. */
struct outbox_faults {
	struct outbox_fault items[OUTBOX_FAULTS];
	size_t count;	   /* of items */
	size_t more;	   /* further tables with a fault */
	size_t tables;	   /* that are recorded, with a fault or without */
	size_t unrecorded; /* tables with triggers of a version that recorded
			      nothing: their loss cannot be told */
};

void outbox_faults_release(struct outbox_faults *faults);

/* ---- how it is put into words */

enum outbox_loss_kind {
	OUTBOX_WHOLE,
	OUTBOX_RENAMED, /* the table, and its triggers still tell its old name
			 */
	OUTBOX_NO_TABLE,
	OUTBOX_NO_TRIGGER,
	OUTBOX_ELSEWHERE, /* a trigger is on another table */
	OUTBOX_OTHER_COLUMNS,
	OUTBOX_OTHER_TRIGGER,
};

/* As the database has it: any bytes. */
struct outbox_loss {
	enum outbox_loss_kind kind;
	const char *path; /* of the database */
	struct span table, channel;
	struct span other; /* the table that the trigger is on */
};

/* Anything but OUTBOX_WHOLE. */
void outbox_fault_word(
	struct outbox_fault *fault, const struct outbox_loss *loss);

#endif
