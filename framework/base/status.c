/* SPDX-License-Identifier: MIT */
#include "framework/status.h"

#include "framework/base/failure.h"
#include "framework/base/shown.h"

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

/* Shortens a sentence that was cut inside a UTF-8 character, so that it ends before it. */
static void end_with_a_character(char *text, size_t length)
{
	size_t start = length;
	while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && (unsigned char)text[start - 1] >= 0xc0
		&& lam_printable(text + start - 1, length - start + 1) == 0)
		text[start - 1] = '\0';
}

lam_status lam_fail_v(lam_status status, const char *format, va_list arguments)
{
	/* Formats into a copy, as the arguments may point into the sentence itself. */
	char text[SENTENCE] = "";
	if (vsnprintf(text, sizeof text, format, arguments) >= (int)sizeof text)
		end_with_a_character(text, sizeof text - 1);
	lam_show_line(text, sentence, sizeof sentence);
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
