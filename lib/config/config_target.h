/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CONFIG_CONFIG_TARGET_H
#define TIDINGS_LIB_CONFIG_CONFIG_TARGET_H
/*
 * config_target - the structs that sections of tidings.conf fill
 */
#include "lib/buf.h"
#include "lib/config/setting.h"
#include "lib/span.h"

struct config;

/* What a section of that kind fills: the config itself, or of one that has a
 * name a new struct in its list.  NULL if there can be no such section; `fault`
 * then says why. */
void *config_target(struct config *config, enum setting_kind kind,
	struct span name, struct buf *fault);

/* After the last section: gives each channel the shared limits that its section
 * does not name. */
void config_target_inherit(struct config *config);

#endif
