/* SPDX-License-Identifier: MIT */
#include "exchange/c/text.h"

#include "framework/base/number.h"
#include "framework/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 2000 };

void lam_c_bytes(lam_c_text *text, const void *bytes, size_t count)
{
	if (text->failed)
		return;
	if (text->room - text->count <= count) {
		const size_t room = 2 * (text->count + count) + LINE;
		char *grown = lam_grow(text->bytes, text->count, room, 1);
		if (!grown) {
			text->failed = true;
			return;
		}
		text->bytes = grown;
		text->room = room;
	}
	if (count)
		memcpy(text->bytes + text->count, bytes, count);
	text->count += count;
	text->bytes[text->count] = 0;
}

void lam_c_add(lam_c_text *text, const char *format, ...)
{
	char line[LINE];
	va_list values;
	va_start(values, format);
	const int count = vsnprintf(line, sizeof line, format, values);
	va_end(values);
	lam_c_bytes(text, line, count < 0 ? 0 : count < LINE ? (size_t)count : LINE - 1);
}

void lam_c_free(lam_c_text *text)
{
	lam_free(text->bytes);
	*text = (lam_c_text){0};
}

lam_c_number lam_c_float(double value)
{
	lam_c_number number;
	const lam_number_string digits = lam_float_text((float)value);
	snprintf(number.text, sizeof number.text, "%s%sf", digits.text,
		strpbrk(digits.text, ".e") ? "" : ".0");
	return number;
}
