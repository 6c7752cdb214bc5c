/* SPDX-License-Identifier: MIT */
#include "framework/base/shown.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ESCAPED = 4 }; /* bytes of \x1b */

/* Characters that a terminal does not simply print: controls, characters of zero width, marks of
 * the reading direction, ends of lines and paragraphs, tags. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{0, 0x1f},
	{0x7f, 0x9f},
	{0xad, 0xad},
	{0x61c, 0x61c},
	{0x180e, 0x180e},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0xd800, 0xdfff}, /* surrogates */
	{0xfeff, 0xfeff},
	{0xfff9, 0xfffb},
	{0xfffe, 0xffff}, /* no characters; not in XML either */
	{0xe0000, 0xe0fff},
	{0x110000, UINT32_MAX},
};

size_t lam_printable(const char *text, size_t left)
{
	static const struct {
		unsigned char mask, first; /* of the leading byte */
		uint32_t least;            /* a smaller code has a shorter form */
	} forms[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	const unsigned char *at = (const unsigned char *)text;
	size_t length = 1;
	while (length <= sizeof forms / sizeof *forms && length <= left
		&& (at[0] & forms[length - 1].mask) != forms[length - 1].first)
		length++;
	if (length > sizeof forms / sizeof *forms || length > left)
		return 0;
	uint32_t code = at[0] & (unsigned char)~forms[length - 1].mask;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (code < forms[length - 1].least)
		return 0;
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return 0;
	return length;
}

/* A character, or a byte that is part of none, and its shown form. */
typedef struct piece {
	size_t taken, length; /* bytes of the text, and of its shown form */
	char text[ESCAPED + 1];
} piece;

static piece next_piece(const char *text, size_t left)
{
	piece p = {.taken = lam_printable(text, left)};
	p.length = p.taken;
	if (p.taken > 0) {
		memcpy(p.text, text, p.taken);
		return p;
	}
	p.taken = 1;
	p.length = ESCAPED;
	snprintf(p.text, sizeof p.text, "\\x%02x", (unsigned char)*text);
	return p;
}

/* Shows characters from *text on in at most `most` bytes. Returns the bytes written, and moves
 * *text behind the characters. */
static size_t show_some(const char **text, const char *end, char *shown, size_t most)
{
	size_t length = 0;
	while (*text < end) {
		const piece p = next_piece(*text, (size_t)(end - *text));
		if (p.length > most - length)
			break;
		memcpy(shown + length, p.text, p.length);
		length += p.length;
		*text += p.taken;
	}
	return length;
}

/* The bytes needed to show the whole text. */
static size_t shown_length(const char *text, const char *end)
{
	size_t length = 0;
	while (text < end) {
		const piece p = next_piece(text, (size_t)(end - text));
		length += p.length;
		text += p.taken;
	}
	return length;
}

/* Shows a text, with at most `head` bytes before the dots if it does not fit. */
static lam_shown show(const char *text, const char *end, size_t head)
{
	lam_shown shown;
	const size_t most = sizeof shown.text - 1, dots = strlen("...");
	size_t left = shown_length(text, end), length = 0;
	if (left > most) {
		length = show_some(&text, end, shown.text, head);
		left = shown_length(text, end);
		while (left > most - dots - length) {
			const piece p = next_piece(text, (size_t)(end - text));
			left -= p.length;
			text += p.taken;
		}
		memcpy(shown.text + length, "...", dots);
		length += dots;
	}
	length += show_some(&text, end, shown.text + length, most - length);
	shown.text[length] = '\0';
	return shown;
}

lam_shown lam_show_part(const char *text, size_t length)
{
	return show(text, text + length, 50);
}

lam_shown lam_show(const char *text)
{
	text = text ? text : "(NULL)";
	return lam_show_part(text, strlen(text));
}

lam_shown lam_show_end(const char *text)
{
	text = text ? text : "(NULL)";
	return show(text, text + strlen(text), 0);
}

void lam_show_line(const char *text, char *shown, size_t room)
{
	shown[show_some(&text, text + strlen(text), shown, room - 1)] = '\0';
}
