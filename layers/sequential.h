/* SPDX-License-Identifier: MIT */
/** \file
 * Layers one after another. */
#ifndef LAM_SEQUENTIAL_H
#define LAM_SEQUENTIAL_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_sequential_new(). */
typedef struct lam_sequential_options {
	/* If .size is 0, or so small that `count` is not inside it, the call fails without reading
	 * or consuming anything else. */
	LAM_LAYER_OPTIONS;
	/** [count], consumed, also on failure; a NULL is a layer whose constructor failed */
	lam_layer *const *layers;
	int count; /**< at least 1 */
} lam_sequential_options;

/** y = layer_{count-1}(… layer_1(layer_0(x))). Input: any shape that the first layer accepts. A
 * sequence is a layer, so it may be nested. Children are named by their index: "0.weight",
 * "3.bias".
 *
 * NULL when a child is NULL, is in the list twice or belongs to another composition or net. With a
 * NULL child it keeps the thread's sentence, normally that of the constructor that failed; if there
 * was none, the sentence may be an older failure's. PyTorch: nn.Sequential. */
LAM_MUST_CHECK lam_layer *lam_sequential_new(const lam_sequential_options *options);

/** As lam_sequential_new(), for a list that begins with lam_sequential_first() and ends with
 * lam_sequential_last(). lam_sequential(…) calls it. */
LAM_MUST_CHECK lam_layer *lam_sequential_of(lam_layer *const *list);

/** The two ends of such a list. They are not layers, and have no other use. */
lam_layer *lam_sequential_first(void);
lam_layer *lam_sequential_last(void);

#ifndef __cplusplus
/** lam_sequential(a, b, c). The list does not end with NULL, so that a constructor that failed does
 * not cut it short. An empty list, perhaps from a macro, is an error at run time. */
#define lam_sequential(...) lam_sequential_of(LAM_LAYER_LIST(__VA_ARGS__))
#define LAM_LAYER_LIST(...) \
	((lam_layer *const[]){lam_sequential_first(), LAM_LIST(__VA_ARGS__, lam_sequential_last())})

/* LAM_LIST(a, b, end) is a, b, end; LAM_LIST(, end) is `end`. (__VA_OPT__ came only with C23.) To
 * find out whether `first` is empty, LAM_TO_COMMA is put in front of it. LAM_TO_COMMA becomes a
 * comma where parentheses follow. Those may be the pair that LAM_IS_EMPTY adds, if `first` is
 * empty. Or `first` itself begins with parentheses; then it is not empty. */
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
