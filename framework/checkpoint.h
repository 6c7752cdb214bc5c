/* Checkpoints: a net and a run of lam_fit() in one file, which lam_net_load() reads too. Private to the framework. */
#ifndef LAM_CHECKPOINT_H
#define LAM_CHECKPOINT_H

#include "framework/fit_state.h"
#include "framework/net.h"

#pragma GCC visibility push(hidden)

/* Writes what lam_net_save() writes, the optimizer's moments, and every field of the state. The file at `path` is replaced as a whole. */
lam_status lam_checkpoint_save(const lam_net *net, const char *path, const lam_fit_state *state);

/* Restores a run. On entry `state` says which run is asked for, and the net has the moments of its optimizer (lam_net_prepare());
 * on success both are as they were when the file was written. No file at `path`: LAM_OK, *found = false, nothing is changed.
 * On failure nothing is changed either: LAM_ERR_ARGUMENT when the file holds another architecture, optimizer or run (the sentence
 * names the first difference) or a net alone, LAM_ERR_FORMAT when it is damaged, LAM_ERR_IO when it cannot be read. */
lam_status lam_checkpoint_load(lam_net *net, const char *path, lam_fit_state *state, bool *found);

#pragma GCC visibility pop
#endif
