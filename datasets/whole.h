/* SPDX-License-Identifier: MIT */
/* What a subset reads from. Private to the library. */
#ifndef LAM_DATASET_WHOLE_H
#define LAM_DATASET_WHOLE_H

#include "framework/dataset.h"

#pragma GCC visibility push(hidden)

/* The data set that a subset, of a subset of any depth, is of; any other is itself, also NULL. */
const lam_dataset *lam_dataset_whole(const lam_dataset *dataset);

#pragma GCC visibility pop
#endif
