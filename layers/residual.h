/* SPDX-License-Identifier: MIT */
/** \file
 * The residual block. */
#ifndef LAM_RESIDUAL_H
#define LAM_RESIDUAL_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_residual(). */
typedef struct lam_residual_options {
	/* If .size is 0, the call fails without reading or consuming anything else. */
	LAM_LAYER_OPTIONS;
	bool name_given; /**< set by the macro */
	lam_layer *body; /**< required; consumed, also on failure */
	bool body_given; /**< set by the macro */
	/** always left out: receive a shortcut without its name, which is refused */
	const struct lam_options_are_named *second;
	bool second_given;   /**< set by the macro */
	lam_layer *shortcut; /**< consumed, also on failure; left out: the identity */
	/** set by the macro, as are the other …_given. With it a NULL shortcut is an error,
	 * because its constructor has failed. Programs that fill in the struct need not set it */
	bool shortcut_given;
} lam_residual_options;

/** y = body(x) + shortcut(x), or body(x) + x. Both terms must have the same shape. A residual block
 * is a layer, so it may be nested. Parameters are named "body...." and "shortcut....". If the body
 * or a given shortcut is NULL, it returns NULL and keeps the sentence of the constructor that
 * failed. He, Zhang, Ren, Sun, "Deep residual learning" (2016). */
LAM_MUST_CHECK lam_layer *lam_residual_new(const lam_residual_options *options);

#ifndef __cplusplus
/** lam_residual(body), lam_residual(body, .shortcut = layer, .name = "down"). */
#define lam_residual(...) LAM_RESIDUAL_PICK(__VA_ARGS__, 3, 2, 1, 0)(__VA_ARGS__)

/* In an initialiser, a value without a name sets the member after the one that was set before it.
 * So each `true` sets the …_given member of its option, and the options may stand in any order.
 * An option without its name sets `second`. */
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
