/* SPDX-License-Identifier: MIT */
/* The lines of a net's summary. Private to the library. */
#ifndef LAM_NET_LINES_H
#define LAM_NET_LINES_H

#include "framework/net.h"

#pragma GCC visibility push(hidden)

typedef struct lam_net_line {
	const char *path, *kind; /* valid as long as the net */
	lam_shape output;
	int64_t params; /* without those that another call owns */
} lam_net_line;

/* Line `i`, from 0, one for each call; false behind the last one. */
bool lam_net_line_of(const lam_net *net, int i, lam_net_line *line);

/* Columns for the names of calls in a table, at least 16. */
int lam_net_name_width(const lam_net *net);

#pragma GCC visibility pop
#endif
