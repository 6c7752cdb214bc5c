/* SPDX-License-Identifier: MIT */
#include "tools/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

int room_of(FILE *file)
{
	struct winsize size = {0};
	const char *columns = getenv("COLUMNS");
	if (isatty(fileno(file)) && ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	const int said = columns ? atoi(columns) : 0;
	return said >= 20 && said <= 10000 ? said : isatty(fileno(file)) ? 80 : INT_MAX;
}

int columns_of(FILE *file)
{
	const int room = room_of(file);
	return room == INT_MAX ? 80 : room;
}

bool has_blocks(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void draw_bar(char *text, int width, double part)
{
	static const char *const eighths[] = {
		"", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589"};
	const double cells = part > 0 ? (part < 1 ? part : 1) * width : 0;
	const int full = (int)cells;
	*text = 0;
	for (int i = 0; i < full; i++)
		strcat(text, has_blocks() ? "\u2588" : "#");
	if (has_blocks() && full < width)
		strcat(text, eighths[(int)((cells - full) * 8)]);
}

/* The bytes of the character at `text` that a terminal would obey and not show, or that change the
 * direction of writing; 0: it may be shown. */
static int hidden(const unsigned char *text)
{
	const unsigned char a = text[0], b = a ? text[1] : 0, c = b ? text[2] : 0;
	if (a < 0x20 || a == 0x7f)
		return 1;
	if (a == 0xc2 && b >= 0x80 && b < 0xa0)
		return 2;
	const bool mark = b == 0x80 && (c == 0x8e || c == 0x8f || (c >= 0xa8 && c <= 0xae));
	return a == 0xe2 && (mark || (b == 0x81 && c >= 0xa6 && c <= 0xa9)) ? 3 : 0;
}

void put_text(FILE *file, const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		int bytes = hidden(at);
		if (!bytes)
			fputc(*at++, file);
		for (; bytes; bytes--)
			fprintf(file, "\\x%02x", *at++);
	}
}

/* The bytes of the character at `text`, and its columns. */
static int character(const char *text, int *width)
{
	wchar_t c;
	mbstate_t state = {0};
	const size_t bytes = mbrtowc(&c, text, strlen(text), &state);
	if (bytes != 0 && bytes <= MB_LEN_MAX) {
		*width = wcwidth(c) < 0 ? 1 : wcwidth(c);
		return (int)bytes;
	}
	/* Another locale: what looks like UTF-8 is taken for it, with East Asian letters from 0xe3
	 * on. */
	int length = 1;
	while (((unsigned char)text[length] & 0xc0) == 0x80 && length < 4)
		length++;
	*width = (unsigned char)text[0] >= 0xe3 ? 2 : 1;
	return (unsigned char)text[0] >= 0xc0 ? length : 1;
}

int width_of(const char *text)
{
	int all = 0;
	for (int width; *text; all += width)
		text += character(text, &width);
	return all;
}

void put_cell(FILE *file, const char *text, int width, bool right)
{
	enum { DOTS = 2, SHORTEST = 5 };
	const int all = width_of(text), over = all > width,
		  room = over && width >= SHORTEST ? width - DOTS : width;
	int used = 0;
	if (right && all < width)
		fprintf(file, "%*s", width - all, "");
	for (int columns, bytes; *text; text += bytes, used += columns) {
		bytes = character(text, &columns);
		if (used + columns > room)
			break;
		fwrite(text, 1, (size_t)bytes, file);
	}
	if (room < width)
		used += fprintf(file, "..");
	if (used < width && (!right || over))
		fprintf(file, "%*s", width - used, "");
}

/* Where a line's second column begins, or else its first one. */
static int indentation(const char *line, int length)
{
	const int first = (int)strspn(line, " ");
	for (int i = first; i + 2 < length; i++)
		if (line[i] == ' ' && line[i + 1] == ' ') {
			while (i < length && line[i] == ' ')
				i++;
			return i;
		}
	return first;
}

/* Writes one line, `length` bytes. */
static void fold_line(FILE *file, const char *line, int length, int room)
{
	int indent = indentation(line, length), column = 0, at = 0;
	if (indent > room / 2)
		indent = 4;
	while (at < length) {
		int end = at + (int)strspn(line + at, " "), width = end - at;
		const int spaces = end - at;
		for (int columns; end < length && line[end] != ' '; width += columns)
			end += character(line + end, &columns);
		if (at > 0 && column + width > room) {
			fprintf(file, "\n%*s", indent, "");
			column = indent + width - spaces;
			at += spaces;
		} else {
			column += width;
		}
		fwrite(line + at, 1, (size_t)(end - at), file);
		at = end;
	}
	fputc('\n', file);
}

void put_folded(FILE *file, const char *text, int room)
{
	while (*text) {
		const int length = (int)strcspn(text, "\n");
		fold_line(file, text, length, room);
		text += length + (text[length] == '\n');
	}
}
