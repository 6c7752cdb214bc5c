/* SPDX-License-Identifier: MIT */
/** \file
 * Layers one after another. */
#ifndef LAM_SEQUENTIAL_H
#define LAM_SEQUENTIAL_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_sequential_options {
	/* a size that is not set (0), or does not reach count, is refused and nothing consumed:
	 * nothing else can be read */
	LAM_LAYER_OPTIONS;
	/** [count], consumed, also on failure; a NULL is a layer whose constructor failed */
	lam_layer *const *layers;
	int count; /**< at least 1 */
} lam_sequential_options;

/** y = layer_{count-1}(… layer_1(layer_0(x))). Any shape that its first layer takes. A layer
 * itself, so that it nests; children are named by their place: "0.weight", "3.bias". NULL when a
 * child is NULL, stands here twice or is part of something else. A NULL child keeps whatever
 * sentence the thread has, which is that of the constructor that failed; a child that was simply
 * left NULL thus shows an older failure's, if there was one. PyTorch: nn.Sequential. */
lam_layer *lam_sequential_new(const lam_sequential_options *options);

/** As lam_sequential_new(), for a list that begins with lam_sequential_first() and ends with
 * lam_sequential_last(): what lam_sequential(…) calls. */
lam_layer *lam_sequential_of(lam_layer *const *list);

/** The two ends of such a list. They are no layers and are good for nothing else. */
lam_layer *lam_sequential_first(void);
lam_layer *lam_sequential_last(void);

#ifndef __cplusplus
/* __VA_OPT__ came with C23. gcc 8, clang 6 and later know it in every C; this keeps gcc -Wpedantic
 * quiet about it. */
#pragma GCC system_header
/** lam_sequential(a, b, c). The list's end is no NULL, so that a constructor that failed does not
 * cut it short, and it also begins with something, so that an empty composition is an error at run
 * time and not a riddle of the compiler. */
#define lam_sequential(...) \
	lam_sequential_of((lam_layer *const[]){ \
		lam_sequential_first(), __VA_OPT__(__VA_ARGS__, ) lam_sequential_last()})
#endif

#ifdef __cplusplus
}
#endif
#endif
