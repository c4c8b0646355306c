/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_DEMO_H
#define TIDINGS_HUB_DEMO_H
/*
 * demo - events to look at, for whoever tries Tidings (demo = yes)
 *
 * Published on channel `main` as any publisher's would be: stored, with ids,
 * the same for everybody.  Each stream keeps its own beat, which does not
 * drift; what cannot be written at its time is left out.
 */
struct demo;
struct ledger;
struct loop;

struct demo *demo_new(struct loop *loop, struct ledger *ledger);
void demo_free(struct demo *demo); /* NULL will do */

#endif
