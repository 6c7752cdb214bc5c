/* SPDX-License-Identifier: MIT */
/* What lam_net_summary() writes, as text. */
#ifndef LAM_TESTS_SUMMARY_TEXT_H
#define LAM_TESTS_SUMMARY_TEXT_H

#include "tests/kit.h"

#include <lamina.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads the summary into text[size]. */
static inline void read_summary(const lam_net *net, char *text, size_t size)
{
	FILE *out = tmpfile();
	require(out != NULL);
	check_ok(lam_net_summary(net, out));
	rewind(out);
	text[fread(text, 1, size - 1, out)] = 0;
	fclose(out);
}

/* How many layers the summary says are computed within the layer `where`: before or behind. */
static inline int count_computed(const lam_net *net, const char *where)
{
	static char summary[1 << 16];
	char words[64];
	read_summary(net, summary, sizeof summary);
	snprintf(words, sizeof words, " computed within the layer %s", where);
	const char *end = strstr(summary, words);
	while (end && end > summary && end[-1] != '\n')
		end--;
	return end ? atoi(end) : 0;
}

#endif
