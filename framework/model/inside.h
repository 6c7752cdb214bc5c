/* SPDX-License-Identifier: MIT */
/* What saving a net and saving a run of lam_fit have in common. Private to the framework. */
#ifndef LAM_SAVE_INSIDE_H
#define LAM_SAVE_INSIDE_H

#include "framework/files/npz.h"
#include "framework/save.h"

#pragma GCC visibility push(hidden)

/* Adds architecture (lam_architecture_write()), format, build, parameters and states to a file that
 * is being written. The values are those of `params` and `states`, arrays laid out as the net's
 * arenas; of the net itself only what never changes is looked at. */
lam_status lam_save_net_entries(lam_npz_writer *npz, const lam_net *net, const char *architecture,
	const lam_real *params, const lam_real *states);

/* Reads parameters and states; all or nothing. `partial` as in lam_net_load_params(). */
lam_status lam_load_net_entries(lam_net *net, const lam_npz *npz, const char *path, bool partial);

/* LAM_ERR_ARGUMENT and a sentence with the first line that differs, when the file's architecture is
 * not the net's. */
lam_status lam_same_architecture(const lam_net *net, const lam_npz *npz, const char *path);

#pragma GCC visibility pop
#endif
