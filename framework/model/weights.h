/* SPDX-License-Identifier: MIT */
/* The sets of weights in a file: the plain one, and in checkpoints those under names of their own.
 * Private to the framework. */
#ifndef LAM_MODEL_WEIGHTS_H
#define LAM_MODEL_WEIGHTS_H

#include "framework/files/npz.h"
#include "framework/save.h"

#pragma GCC visibility push(hidden)

/* What the names of a set's entries begin with: "training/best/", "" of the plain set. */
const char *lam_weights_prefix(lam_weights weights);

/* The name of a set's entry for a parameter, whose own name has at most 577 characters. */
typedef struct lam_weights_name {
	char text[640];
} lam_weights_name;
lam_weights_name lam_weights_entry(const char *prefix, const char *name);

/* Sets *prefix to that of the set which an option `.weights` asks for. LAM_ERR_ARGUMENT and a
 * sentence if it is no lam_weights, or the file has no such set. */
lam_status lam_weights_choose(const char *function, const lam_npz *npz, const char *path,
	lam_weights asked, const char **prefix);

#pragma GCC visibility pop
#endif
