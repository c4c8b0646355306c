/* SPDX-License-Identifier: MIT */
/*
 * inbox_take - what of an inbox goes into the transaction (inbox.h)
 */
#include "config.h"

#include "hub/peers/inbox.h"

void inbox_refuse(struct inboxes *inboxes, struct inbox *inbox, uint64_t row,
	struct span reason)
{
	cursor_add_reason(&inboxes->cursors, inbox->identity, row, reason);
	wire_put_u64(&inbox->refused, row);
	wire_put_str16(&inbox->refused, reason);
	inbox->refusals++;
	inbox->reasons++;
	inbox->new_sums.refused++;
}

bool inbox_enter(struct ledger *ledger, struct inbox *inbox)
{
	if (!ledger_begin(ledger))
		return false;
	inbox->entering = !inbox->entered;
	return true;
}

void inbox_take_end(struct ledger *ledger, struct inbox *inbox, uint64_t to)
{
	if (!inbox_enter(ledger, inbox))
		return;
	if (inbox->draft < to)
		inbox->draft = to;
}

bool inbox_budget_is_spent(const struct inboxes *inboxes)
{
	const struct inbox_budget *budget = &inboxes->budget;

	if (budget->rows == 0 || budget->bytes == 0)
		return true;
	return budget->end != 0 &&
	       clock_now_us(inboxes->ledger->clock) >= budget->end;
}
