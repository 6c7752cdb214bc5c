/* SPDX-License-Identifier: MIT */
/* What both forms of the affine layer share. Private to layers/. */
#ifndef LAM_AFFINE_STATE_H
#define LAM_AFFINE_STATE_H

#include "framework/kernels/affine.h"
#include "layers/affine.h"

#pragma GCC visibility push(hidden)

struct affine {
	lam_affine_options options;
	lam_affine_geometry geometry;
};

enum { AFFINE_WEIGHT, AFFINE_BIAS }; /* parameters */

/* For few samples (affine_sample.c), and the memory that it needs instead of that for a batch. */
extern const lam_sample_form lam_affine_sample_form;
lam_status lam_affine_sample_plan(const struct affine *affine, lam_plan *plan);

#pragma GCC visibility pop
#endif
