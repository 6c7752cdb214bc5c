/* SPDX-License-Identifier: MIT */
/** \file
 * Parts of a data set, and what is computed from all of it. */
#ifndef LAM_DATASET_PARTS_H
#define LAM_DATASET_PARTS_H

#include "../framework/dataset.h"
#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The samples `indices` (copied; any order, repeats allowed) of a data set, with its targets,
 * fields, class names and source. It reads from `dataset`, which stays in memory as long as it has
 * parts, even if the caller frees it before them. NULL and a sentence on failure. */
LAM_MUST_CHECK lam_dataset *lam_dataset_subset(
	const lam_dataset *dataset, const int64_t *indices, int64_t count);

/** Splits a data set in two at random: `fraction` (above 0, below 1) of its samples, rounded to the
 * nearest number, go to *first, the others to *second; each has at least one. Which ones is a
 * function of (seed, count). Both are subsets, in the order of the data set. On failure both are
 * NULL. */
LAM_MUST_CHECK lam_status lam_dataset_split(const lam_dataset *dataset, double fraction,
	uint64_t seed, lam_dataset **first, lam_dataset **second);

/** The mean and the standard deviation of each channel, the first dimension of the samples (of the
 * first input), over all samples and places: [channels] each, as numpy's mean and std. Computed in
 * double, in the order of the samples. A failed read is returned. `std` may be NULL. */
LAM_MUST_CHECK lam_status lam_dataset_mean_std(
	const lam_dataset *dataset, lam_real *mean, lam_real *std);

/** A layer lam_standardize(.means, .stds) with the channels' mean and deviation of `train`; 1 where
 * the deviation is 0. As the first layer of a net it travels in the net's file, so the net predicts
 * from values as they are. NULL and a sentence on failure. */
LAM_MUST_CHECK lam_layer *lam_standardize_for(const lam_dataset *train);

#ifdef __cplusplus
}
#endif
#endif
