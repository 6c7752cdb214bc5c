/* SPDX-License-Identifier: MIT */
/* The entries that files of nets and checkpoints have in common. Private to the framework. */
#ifndef LAM_SAVE_INSIDE_H
#define LAM_SAVE_INSIDE_H

#include "framework/files/npz.h"
#include "framework/save.h"

#pragma GCC visibility push(hidden)

/* Adds `architecture` (lam_architecture_write()), format (LAM_FORMAT_…), build, parameters and
 * states to a file. The values are those of `params` and `states`, arrays with the layout of the
 * net's arenas. Of the net it reads only what never changes. */
lam_status lam_save_net_entries(lam_npz_writer *npz, const lam_net *net, const char *architecture,
	int format, const lam_real *params, const lam_real *states);

/* Adds a set of weights under names that begin with `prefix`; the arrays are as above. */
lam_status lam_save_weights(lam_npz_writer *npz, const lam_net *net, const char *prefix,
	const lam_real *params, const lam_real *states);

/* Reads parameters and states; on failure the net is unchanged. `set`: what the names of the
 * entries begin with, as lam_weights_prefix(). `partial` as in lam_net_load_params(). */
lam_status lam_load_net_entries(
	lam_net *net, const lam_npz *npz, const char *path, const char *set, bool partial);

/* Reads a whole set of weights to arrays with the layout of the net's arenas, which a failure
 * leaves half written. */
lam_status lam_read_weights(const lam_net *net, const lam_npz *npz, const char *path,
	const char *set, lam_real *params, lam_real *states);

/* LAM_ERR_ARGUMENT when the file's architecture is not the net's; the sentence gives the first line
 * that differs. */
lam_status lam_same_architecture(const lam_net *net, const lam_npz *npz, const char *path);

#pragma GCC visibility pop
#endif
