/* SPDX-License-Identifier: MIT */
/* What lam_net_summary() writes, as text. */
#ifndef LAM_TESTS_SUMMARY_TEXT_H
#define LAM_TESTS_SUMMARY_TEXT_H

#include "tests/kit.h"

#include <lamina.h>

#include <stdio.h>

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

#endif
