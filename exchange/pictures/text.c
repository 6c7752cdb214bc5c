/* SPDX-License-Identifier: MIT */
#include "exchange/pictures/text.h"

#include "framework/base/shown.h"
#include "framework/files/file.h"
#include "framework/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 4096 };

static bool make_room(lam_text *text, size_t more)
{
	size_t wanted;
	if (text->status)
		return false;
	if (!lam_size_add(text->count, more, &wanted)) {
		text->status = lam_fail(LAM_ERR_MEMORY, "a picture's file would be too large");
		return false;
	}
	if (wanted <= text->room)
		return true;
	size_t room = text->room ? text->room : FIRST_ROOM;
	while (room < wanted)
		room *= 2;
	char *grown = lam_grow(text->bytes, text->room, room, 1);
	if (!grown) {
		text->status = LAM_ERR_MEMORY;
		return false;
	}
	text->bytes = grown;
	text->room = room;
	return true;
}

void lam_text_bytes(lam_text *text, const void *bytes, size_t count)
{
	if (!count || !make_room(text, count))
		return;
	memcpy(text->bytes + text->count, bytes, count);
	text->count += count;
}

void lam_text_add(lam_text *text, const char *string)
{
	lam_text_bytes(text, string, strlen(string));
}

void lam_text_format(lam_text *text, const char *format, ...)
{
	char line[1001];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	lam_text_add(text, line);
}

size_t lam_text_character(const char *string, bool *printable)
{
	const size_t bytes = lam_printable(string, strnlen(string, 8));
	*printable = bytes > 0;
	return bytes ? bytes : 1;
}

size_t lam_text_length(const char *string)
{
	size_t count = 0;
	bool printable;
	for (; *string; string += lam_text_character(string, &printable))
		count++;
	return count;
}

static const char *escape(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void lam_text_escaped(lam_text *text, const char *string, size_t most)
{
	const bool cut = lam_text_length(string) > most;
	for (size_t i = 0; *string && i + cut < most; i++) {
		bool printable;
		const size_t bytes = lam_text_character(string, &printable);
		const char *name = escape(*string);
		if (name)
			lam_text_add(text, name);
		else if (printable)
			lam_text_bytes(text, string, bytes);
		else
			lam_text_add(text, "?");
		string += bytes;
	}
	if (cut)
		lam_text_add(text, "\xe2\x80\xa6");
}

void lam_text_place(lam_text *text, double value)
{
	const double most = 1e9;
	value = isnan(value) ? 0 : value > most ? most : value < -most ? -most : value;
	const long long parts = llround(value * 100);
	const long long size = llabs(parts), cents = size % 100;
	lam_text_format(text, "%s%lld", parts < 0 ? "-" : "", size / 100);
	if (cents)
		lam_text_format(
			text, cents % 10 ? ".%02lld" : ".%lld", cents % 10 ? cents : cents / 10);
}

/* Lays out digits "123" with the point behind the first one moved by `exponent`. */
static void lay_out(lam_digits *out, bool negative, const char *digits, int exponent)
{
	char *to = out->text;
	const int count = (int)strlen(digits);
	if (negative)
		*to++ = '-';
	if (exponent < -5 || exponent > 14) {
		snprintf(to, sizeof out->text - 1, "%c%s%se%d", digits[0], count > 1 ? "." : "",
			digits + 1, exponent);
		return;
	}
	if (exponent < 0) {
		memcpy(to, "0.00000", (size_t)(1 - exponent));
		strcpy(to + 1 - exponent, digits);
		return;
	}
	for (int i = 0; i <= exponent || i < count; i++) {
		if (i == exponent + 1)
			*to++ = '.';
		*to++ = i < count ? digits[i] : '0';
	}
	*to = 0;
}

lam_digits lam_digits_of(double value, int significant)
{
	lam_digits out = {""};
	char written[40], digits[20];
	if (!isfinite(value) || value == 0) {
		strcpy(out.text,
			isnan(value)         ? "NaN"
				: value == 0 ? "0"
				: value < 0  ? "-inf"
					     : "inf");
		return out;
	}
	snprintf(written, sizeof written, "%.*e", significant - 1, fabs(value));
	const char *exponent = strchr(written, 'e');
	int count = 0;
	for (const char *c = written; c < exponent; c++)
		if (*c >= '0' && *c <= '9') /* not the locale's point */
			digits[count++] = *c;
	while (count > 1 && digits[count - 1] == '0')
		count--;
	digits[count] = 0;
	lay_out(&out, value < 0, digits, atoi(exponent + 1));
	return out;
}

void lam_text_base64(lam_text *text, const void *bytes, size_t count)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *from = bytes;
	for (size_t i = 0; i < count; i += 3) {
		const size_t left = count - i;
		const unsigned b = left > 1 ? from[i + 1] : 0, c = left > 2 ? from[i + 2] : 0,
			       three = (unsigned)from[i] << 16 | b << 8 | c;
		const char four[4] = {letters[three >> 18], letters[three >> 12 & 63],
			left > 1 ? letters[three >> 6 & 63] : '=',
			left > 2 ? letters[three & 63] : '='};
		lam_text_bytes(text, four, sizeof four);
	}
}

void lam_text_png(lam_text *text, lam_text *png)
{
	lam_text_add(text, "data:image/png;base64,");
	lam_text_base64(text, png->bytes, png->count);
	if (!text->status)
		text->status = png->status;
	lam_text_free(png);
}

lam_status lam_text_save(lam_text *text, const char *path)
{
	lam_status status = text->status;
	lam_file_writer *file = status ? NULL : lam_file_create(path);
	if (!status && !file)
		status = lam_error_status();
	if (!status)
		status = lam_file_write(file, text->bytes, text->count);
	if (!status)
		status = lam_file_commit(file);
	else
		lam_file_abandon(file);
	lam_text_free(text);
	return status;
}

void lam_text_free(lam_text *text)
{
	lam_free(text->bytes);
	*text = (lam_text){0};
}
