/* SPDX-License-Identifier: MIT */
/* Tables of nets, made to fit a terminal. A table begins with a line "name layer …" and has rows
 * below; of its columns the first three begin where the line's words do. */
#include "tools/terminal.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 400 }; /* columns of a line that are looked at */

struct table {
	int second, third;  /* where these columns begin */
	bool filled[MOST];  /* columns in which a row has something */
	bool dropped[MOST]; /* columns that are not shown */
	int width;          /* of the longest row */
};

static int line_length(const char *line)
{
	int length = (int)strcspn(line, "\n");
	while (length > 0 && line[length - 1] == ' ')
		length--;
	return length;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

static bool begins_table(const char *line)
{
	return strncmp(line, "name ", 5) == 0;
}

/* Whether the line has its gaps where the table has them. */
static bool is_row(const struct table *t, const char *line)
{
	const int length = line_length(line);
	return length > 0 && (length < t->second || line[t->second - 1] == ' ')
		&& (length < t->third || line[t->third - 1] == ' ');
}

/* Whether the line tells more of the row above. */
static bool is_note(const struct table *t, const char *line)
{
	return (int)strspn(line, " ") == t->second;
}

/* Where the word behind `at` begins. */
static int next_word(const char *line, int at)
{
	at += (int)strcspn(line + at, " \n");
	return at + (int)strspn(line + at, " ");
}

/* Finds the columns of the table, and its end. */
static const char *measure(struct table *t, const char *line)
{
	t->second = next_word(line, 0);
	t->third = next_word(line, t->second);
	for (; *line && (is_row(t, line) || is_note(t, line)); line = next_line(line)) {
		if (!is_row(t, line))
			continue;
		const int length = line_length(line) < MOST ? line_length(line) : MOST;
		for (int i = 0; i < length; i++)
			t->filled[i] |= line[i] != ' ';
		t->width = length > t->width ? length : t->width;
	}
	return line;
}

/* Takes columns from the widest gaps until the rows fit, or all gaps have one column. Returns how
 * wide the rows then are. */
static int shrink(struct table *t, int room)
{
	int width = t->width;
	while (width > room) {
		int best = -1, most = 1;
		for (int i = 0, gap = 0; i < t->width; i++) {
			gap = t->filled[i] ? 0 : gap + !t->dropped[i];
			if (gap > most && !t->dropped[i]) {
				most = gap;
				best = i;
			}
		}
		if (best < 0)
			break;
		t->dropped[best] = true;
		width--;
	}
	return width;
}

/* Leaves out columns on the right until the rows fit. */
static void cut(struct table *t, int width, int room)
{
	for (int i = t->width - 1; i >= 0 && width > room; i--) {
		while (i >= 0 && t->filled[i]) {
			width -= !t->dropped[i];
			t->dropped[i--] = true;
		}
		while (i >= 0 && !t->filled[i]) {
			width -= !t->dropped[i];
			t->dropped[i--] = true;
		}
		i++;
	}
}

static void put_row(FILE *file, const struct table *t, const char *line)
{
	int spaces = 0;
	for (int i = 0; i < line_length(line) && i < MOST; i++) {
		if (t->dropped[i])
			continue;
		if (line[i] == ' ') {
			spaces++;
			continue;
		}
		fprintf(file, "%*s%c", spaces, "", line[i]);
		spaces = 0;
	}
	fputc('\n', file);
}

static void put_line(FILE *file, const char *line, int room)
{
	char *copy = strndup(line, strcspn(line, "\n"));
	if (copy)
		put_folded(file, *copy ? copy : "\n", room);
	free(copy);
}

void put_table(FILE *file, const char *text, int room)
{
	while (*text) {
		struct table table = {0};
		if (room == INT_MAX || !begins_table(text)) {
			put_line(file, text, room);
			text = next_line(text);
			continue;
		}
		const char *end = measure(&table, text);
		cut(&table, shrink(&table, room), room);
		for (; text < end; text = next_line(text))
			if (is_row(&table, text))
				put_row(file, &table, text);
			else
				put_line(file, text, room);
	}
}
