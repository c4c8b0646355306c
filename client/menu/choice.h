/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_MENU_CHOICE_H
#define TIDINGS_CLIENT_MENU_CHOICE_H
/*
 * choice - a list of which one line is chosen, and as much is shown as fits.
 * Pure.
 */
#include <stdbool.h>
#include <stddef.h>

struct choice {
	size_t chosen; /* index */
	size_t top;    /* the first that is shown */
};

/* Moves as the key (screen.h) says in a list of `count` of which `rows` are
 * shown; false if it is no such key. */
bool choice_key(struct choice *choice, int key, size_t count, size_t rows);
/* The chosen one is in the list, and among those that are shown. */
void choice_fit(struct choice *choice, size_t count, size_t rows);

#endif
