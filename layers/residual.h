/* SPDX-License-Identifier: MIT */
/** \file
 * The residual block. */
#ifndef LAM_RESIDUAL_H
#define LAM_RESIDUAL_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_residual_options {
	/* a size that is not set (0) is refused and nothing consumed: nothing else can be read */
	LAM_LAYER_OPTIONS;
	bool name_given;
	lam_layer *body; /**< required; consumed, also on failure */
	bool body_given;
	lam_layer *shortcut; /**< consumed, also on failure; left out: the identity */
	/** set by the macro, as the like of it behind every option: a NULL shortcut that was given
	 * is one whose constructor failed. Who fills the struct may leave it out with a shortcut */
	bool shortcut_given;
} lam_residual_options;

/** y = body(x) + shortcut(x), or body(x) + x. Both must give the same shape. A layer itself, so
 * that it nests; parameters are named "body.…" and "shortcut.…". He, Zhang, Ren, Sun, "Deep
 * residual learning" (2016). NULL when the body or a shortcut that was given is NULL: the sentence
 * is that of the constructor that failed. */
LAM_MUST_CHECK lam_layer *lam_residual_new(const lam_residual_options *options);

#ifndef __cplusplus
/** lam_residual(body), lam_residual(body, .shortcut = layer, .name = "down"). */
#define lam_residual(...) LAM_RESIDUAL_PICK(__VA_ARGS__, 3, 2, 1, 0)(__VA_ARGS__)

/* In an initialiser a value without a name goes to the member behind the last that was named: each
 * `true` to the mark behind its option, in whatever order they stand. */
#define LAM_RESIDUAL_PICK(a, b, c, count, ...) LAM_RESIDUAL_##count
#define LAM_RESIDUAL_1(body) LAM_RESIDUAL_OF(body, true)
#define LAM_RESIDUAL_2(body, a) LAM_RESIDUAL_OF(body, true, a, true)
#define LAM_RESIDUAL_3(body, a, b) LAM_RESIDUAL_OF(body, true, a, true, b, true)
#define LAM_RESIDUAL_OF(...) \
	lam_residual_new(&(lam_residual_options){ \
		.size = sizeof(lam_residual_options), .body = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
