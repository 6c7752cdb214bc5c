/* SPDX-License-Identifier: MIT */
/* A pseudo-terminal, what is written to which is replayed on a small model of a terminal, which
 * wraps. Define _GNU_SOURCE before the first include. */
#ifndef LAM_TEST_TERMINAL_H
#define LAM_TEST_TERMINAL_H

#include "tests/kit.h"

#include <lamina.h>

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { MOST_ROWS = 64, MOST_COLUMNS = 256, MOST_BYTES = 1 << 16 };

/* A screen that grows downwards. A character behind the last column begins a new row. */
struct screen {
	int columns, row, column, escapes, strange;
	char text[MOST_ROWS][MOST_COLUMNS + 1];
};

static void put(struct screen *s, char c)
{
	if (s->column >= s->columns) {
		s->row++;
		s->column = 0;
	}
	if (s->row < MOST_ROWS)
		s->text[s->row][s->column] = c;
	s->column++;
}

static void replay(struct screen *s, const char *written)
{
	for (const char *c = written; *c; c++)
		if (*c == '\r') {
			s->column = 0;
		} else if (*c == '\n') {
			s->row++;
		} else if (strncmp(c, "\033[K", 3) == 0) {
			c += 2;
			s->escapes++;
			if (s->row < MOST_ROWS)
				memset(s->text[s->row] + s->column, ' ',
					(size_t)(MOST_COLUMNS - s->column));
		} else if (*c < ' ' || *c > '~') {
			s->strange++;
		} else {
			put(s, *c);
		}
}

/* The number of rows with more than spaces. */
KIT_UNUSED static int rows(const struct screen *s)
{
	int count = 0;
	for (int row = 0; row < MOST_ROWS; row++)
		count += s->text[row][strspn(s->text[row], " ")] != '\0';
	return count;
}

struct terminal {
	int master;
	FILE *file;
	struct screen screen;
};

/* The kernel's column count is 0 for a terminal that does not know it. */
static void resize(struct terminal *t, int columns, int told)
{
	struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)told};
	t->screen.columns = columns;
	check(ioctl(t->master, TIOCSWINSZ, &size) == 0);
}

static bool open_terminal(struct terminal *t)
{
	*t = (struct terminal){.master = posix_openpt(O_RDWR | O_NOCTTY)};
	struct termios raw;
	if (t->master < 0)
		return false;
	const bool unlocked = grantpt(t->master) == 0 && unlockpt(t->master) == 0;
	const int slave = unlocked ? open(ptsname(t->master), O_RDWR | O_NOCTTY) : -1;
	if (slave >= 0 && tcgetattr(slave, &raw) == 0) {
		raw.c_oflag |= OPOST | ONLCR;
		tcsetattr(slave, TCSANOW, &raw);
		t->file = fdopen(slave, "w");
	}
	if (t->file)
		return true;
	if (slave >= 0)
		close(slave);
	close(t->master);
	return false;
}

static void close_terminal(struct terminal *t)
{
	fclose(t->file);
	close(t->master);
}

/* Whether the machine has pseudo-terminals; a chroot without /dev/pts has none. If not, the
 * function is skipped: the caller returns. */
static bool has_terminals(void)
{
	struct terminal t;
	const bool some = open_terminal(&t);
	if (some)
		close_terminal(&t);
	else
		test_skip("no pseudo-terminal here");
	return some;
}

/* Draws, and replays what the terminal received. */
static void show(struct terminal *t, const lam_progress *progress)
{
	static char bytes[MOST_BYTES];
	lam_progress_bar(progress, t->file);
	fputs("#", t->file); /* so that there is always something to read */
	fflush(t->file);
	size_t got = 0;
	while (got == 0 || bytes[got - 1] != '#') {
		const ssize_t more = read(t->master, bytes + got, sizeof bytes - 1 - got);
		if (more <= 0)
			break;
		got += (size_t)more;
	}
	bytes[got - (got > 0)] = '\0';
	replay(&t->screen, bytes);
}

#endif
