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
	lam_layer *body;     /**< required; consumed, also on failure */
	lam_layer *shortcut; /**< consumed, also on failure; left out: the identity */
	/** set by the macro: its arguments as written, which tell a shortcut that failed from none
	 */
	const char *arguments;
} lam_residual_options;

/** y = body(x) + shortcut(x), or body(x) + x. Both must give the same shape. A layer itself, so
 * that it nests; parameters are named "body.…" and "shortcut.…". He, Zhang, Ren, Sun, "Deep
 * residual learning" (2016). NULL when the body or a shortcut that was given is NULL: the sentence
 * is that of the constructor that failed. */
LAM_MUST_CHECK lam_layer *lam_residual_new(const lam_residual_options *options);

#ifndef __cplusplus
/** lam_residual(body), lam_residual(body, .shortcut = layer, .name = "down"). */
#define lam_residual(...) \
	lam_residual_new(&(lam_residual_options){.size = sizeof(lam_residual_options), \
		.arguments = #__VA_ARGS__, \
		.body = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
