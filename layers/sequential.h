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
LAM_MUST_CHECK lam_layer *lam_sequential_new(const lam_sequential_options *options);

/** As lam_sequential_new(), for a list that begins with lam_sequential_first() and ends with
 * lam_sequential_last(): what lam_sequential(…) calls. */
LAM_MUST_CHECK lam_layer *lam_sequential_of(lam_layer *const *list);

/** The two ends of such a list. They are no layers and are good for nothing else. */
lam_layer *lam_sequential_first(void);
lam_layer *lam_sequential_last(void);

#ifndef __cplusplus
/** lam_sequential(a, b, c). The list ends with no NULL, so that a constructor that failed does not
 * cut it short. An empty one is an error at run time, as one that a macro made may be. */
#define lam_sequential(...) \
	lam_sequential_of((lam_layer *const[]){ \
		lam_sequential_first(), LAM_LIST(__VA_ARGS__, lam_sequential_last())})

/* LAM_LIST(a, b, end) is the list as it stands, LAM_LIST(, end) is `end`: C has __VA_OPT__ since
 * C23 alone. LAM_TO_COMMA turns into a comma where parentheses follow: behind an empty `first` they
 * are those that LAM_IS_EMPTY adds; if `first` begins with some of its own it is not empty. */
#define LAM_LIST(first, ...) LAM_LIST_OF(LAM_IS_EMPTY(first))(first, __VA_ARGS__)
#define LAM_LIST_OF(empty) LAM_PASTE(LAM_LIST_, empty)
#define LAM_LIST_00(first, ...) first, __VA_ARGS__
#define LAM_LIST_11(first, ...) first, __VA_ARGS__
#define LAM_LIST_10(first, ...) __VA_ARGS__
#define LAM_IS_EMPTY(first) \
	LAM_PASTE(LAM_HAS_COMMA(LAM_TO_COMMA first()), LAM_HAS_COMMA(LAM_TO_COMMA first))
#define LAM_TO_COMMA(...) ,
#define LAM_HAS_COMMA(...) LAM_THIRD(__VA_ARGS__, 1, 0, 0)
#define LAM_THIRD(a, b, third, ...) third
#define LAM_PASTE(a, b) LAM_PASTE_(a, b)
#define LAM_PASTE_(a, b) a##b
#endif

#ifdef __cplusplus
}
#endif
#endif
