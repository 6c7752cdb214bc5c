/* SPDX-License-Identifier: MIT */
#include "framework/status.h"

#include "framework/base/failure.h"

#include <stdio.h>
#include <string.h>

enum { SENTENCE = sizeof((lam_said *)NULL)->sentence };

static _Thread_local char sentence[SENTENCE];
static _Thread_local lam_status last;
static _Thread_local uint64_t failures;

const char *lam_error(void)
{
	return sentence;
}

lam_status lam_error_status(void)
{
	return last;
}

lam_status lam_fail_v(lam_status status, const char *format, va_list arguments)
{
	/* Formats into a copy, as the arguments may point into the sentence itself. */
	char text[SENTENCE] = "";
	vsnprintf(text, sizeof text, format, arguments);
	memcpy(sentence, text, sizeof sentence);
	last = status;
	failures++;
	return status;
}

lam_status lam_fail(lam_status status, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	lam_fail_v(status, format, arguments);
	va_end(arguments);
	return status;
}

uint64_t lam_failures(void)
{
	return failures;
}

bool lam_unsaid(lam_status status, uint64_t before)
{
	return status != LAM_OK && (failures == before || last != status);
}

lam_said lam_said_so_far(void)
{
	lam_said said = {.status = last, .failures = failures};
	memcpy(said.sentence, sentence, sizeof said.sentence);
	return said;
}

void lam_unsay(const lam_said *said)
{
	memcpy(sentence, said->sentence, sizeof sentence);
	last = said->status;
	failures = said->failures;
}

lam_status lam_fail_unsaid(lam_status status, const char *who, const char *function)
{
	return lam_fail(status, "%s: its %s failed (%s) and left no sentence", who, function,
		lam_status_text(status));
}

const char *lam_status_text(lam_status status)
{
	static const char *const words[] = {
		"ok",
		"memory",
		"argument",
		"shape",
		"state",
		"io",
		"format",
		"numeric",
		"unsupported",
	};
	return (unsigned)status < sizeof words / sizeof *words ? words[status] : "unknown";
}
