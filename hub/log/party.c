/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/party.h"

#include <assert.h>

#include "hub/log/calendar.h"
#include "hub/log/channel.h"
#include "hub/log/eventlog.h"
#include "hub/log/receipt.h"
#include "hub/log/retention.h"

static void retention_is_due(void *arg)
{
	retention_keep_up(arg);
}

static void retention_settled(void *arg)
{
	retention_settle(arg);
}

static void retention_reverted(void *arg)
{
	retention_revert(arg);
}

static void receipts_are_due(void *arg)
{
	receipts_write(arg);
}

static void receipts_settled(void *arg)
{
	receipts_settle(arg);
}

static void receipts_reverted(void *arg)
{
	receipts_revert(arg);
}

static void calendar_is_due(void *arg)
{
	calendar_write(arg);
}

static void calendar_settled(void *arg)
{
	calendar_settle(arg);
}

static void calendar_reverted(void *arg)
{
	calendar_revert(arg);
}

static void eventlog_settled(void *arg)
{
	eventlog_settle(arg);
}

static void eventlog_reverted(void *arg)
{
	eventlog_revert(arg);
}

static void channels_are_due(void *arg)
{
	channels_write(arg);
}

static void channels_settled(void *arg)
{
	channels_settle(arg);
}

static void channels_reverted(void *arg)
{
	channels_revert(arg);
}

enum { LAST = 2 }; /* the log and its channels */

void parties_open(struct parties *parties, struct retention *retention,
	struct receipts *receipts, struct calendar *calendar,
	struct eventlog *log, struct channels *channels)
{
	const struct party own[] = {
		{retention_is_due, retention_settled, retention_reverted,
			retention},
		{receipts_are_due, receipts_settled, receipts_reverted,
			receipts},
		{calendar_is_due, calendar_settled, calendar_reverted,
			calendar},
		{NULL, eventlog_settled, eventlog_reverted, log},
		{channels_are_due, channels_settled, channels_reverted,
			channels},
	};

	parties->count = sizeof(own) / sizeof(own[0]);
	for (size_t i = 0; i < parties->count; i++)
		parties->all[i] = own[i];
}

void parties_join(struct parties *parties, const struct party *party)
{
	size_t at = parties->count++;

	assert(parties->count <= PARTIES_MAX);
	for (int i = 0; i < LAST; i++, at--)
		parties->all[at] = parties->all[at - 1];
	parties->all[at] = *party;
}

void parties_write(const struct parties *parties)
{
	const struct party *party = parties->all;

	assert(party[0].write == retention_is_due);
	assert(party[parties->count - 1].write == channels_are_due);
	for (size_t i = 0; i < parties->count; i++)
		if (party[i].write != NULL)
			party[i].write(party[i].arg);
}

void parties_settle(const struct parties *parties)
{
	const struct party *party = parties->all;

	for (size_t i = 0; i < parties->count; i++)
		if (party[i].settle != NULL)
			party[i].settle(party[i].arg);
}

void parties_revert(const struct parties *parties)
{
	const struct party *party = parties->all;

	for (size_t i = 0; i < parties->count; i++)
		if (party[i].revert != NULL)
			party[i].revert(party[i].arg);
}
