/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_TOGETHER_WORDING_H
#define TIDINGS_HUB_TOGETHER_WORDING_H
/*
 * wording - the ledger's words for what the shared order says, and back
 *
 * Pure.
 */
#include "hub/log/entry.h"
#include "hub/log/order.h"
#include "hub/log/origin.h"
#include "hub/shared/shared.h"

/* As the order takes it.  `items` has room for all; spans borrow from the
 * proposal. */
struct shared_proposal wording_of_proposal(const struct proposal *proposal,
	const struct origin *origin, struct shared_item *items);
/* What came back, as the log takes it; likewise. */
struct entry wording_of_entry(
	const struct shared_entry *entry, struct proposed *items);

#endif
