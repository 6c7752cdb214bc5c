/* SPDX-License-Identifier: MIT */
#include "framework/model/words.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

void lam_split_lines(char *text)
{
	for (char *at = text; *at; at++) {
		if (*at == '\r' && (at[1] == '\n' || !at[1]))
			*at = ' ';
		if (*at == '\n')
			*at = '\0';
	}
}

char *lam_next_word(lam_words *w)
{
	while (blank(*w->at))
		w->at++;
	char *word = w->at;
	while (*w->at && !blank(*w->at))
		w->at++;
	if (*w->at)
		*w->at++ = '\0';
	return word;
}

bool lam_next_line(lam_words *w)
{
	for (;;) {
		while (blank(*w->at))
			w->at++;
		if (*w->at || w->at == w->end)
			return *w->at;
		w->at++;
		w->line++;
	}
}
