/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_LOG_H
#define TIDINGS_LIB_LOG_H
/*
 * log - lines to standard error or to syslog
 *
 * A line reads "module: act object: reason", after program and pid where the
 * reader does not know them (the journal does); log_warn and log_fatal add the
 * text of errno.  Bytes below space and above '~' come out escaped, a line ends
 * after 1,000 bytes.  Report once, where the object is known; never for each
 * event or each subscriber at the default level.
 */
#include <stdbool.h>

#define LOG_PRINTF __attribute__((format(printf, 1, 2)))
#define LOG_ENDS   __attribute__((noreturn)) /* cppcheck knows no _Noreturn */

/* `program` is borrowed for good. Before log_open lines go to stderr. */
void log_open(const char *program, bool to_syslog, bool debug);

/* From now on log_info says nothing: a process for one request reports faults
 * only. */
void log_faults_only(void);

void log_debug(const char *format, ...) LOG_PRINTF;
void log_info(const char *format, ...) LOG_PRINTF;
void log_warn(const char *format, ...) LOG_PRINTF;
void log_warnx(const char *format, ...) LOG_PRINTF;
/* A failed start: one clear sentence, then exit(1). */
void log_fatal(const char *format, ...) LOG_PRINTF LOG_ENDS;
void log_fatalx(const char *format, ...) LOG_PRINTF LOG_ENDS;

#endif
