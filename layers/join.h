/* SPDX-License-Identifier: MIT */
/** \file
 * Joins: layers of several inputs. */
#ifndef LAM_JOIN_H
#define LAM_JOIN_H

#include "sequential.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A join has branches or none. With branches, lam_concat(a, b), it is a layer of one input, which
 * each branch gets; the join reads their outputs. Branches are named by their index:
 * "0.weight", "1.0.bias". Without branches, lam_concat(), it takes two or more values of a graph:
 * lam_apply(graph, lam_concat(), a, b). The options are those of lam_sequential(), with .count 0
 * for no branches; a join of one branch is LAM_ERR_ARGUMENT. The rules for layers that are NULL, or
 * given twice, are those of lam_sequential_new(). */
typedef lam_sequential_options lam_join_options;

/** y = the inputs one after another along the first dimension of a sample: channels, or features.
 * The other dimensions must be equal. Input k is [C_k, P], the output [C_0 + C_1 + …, P]. Where
 * an input's layer can write into y at once, nothing is copied, forward or backward. PyTorch:
 * torch.cat(…, dim=1). Huang et al., "Densely connected convolutional networks" (2017). */
LAM_MUST_CHECK lam_layer *lam_concat_new(const lam_join_options *options);

/** y = x_0 + x_1 + …, of equal shapes. The gradient of each input is that of y. */
LAM_MUST_CHECK lam_layer *lam_add_new(const lam_join_options *options);

/** y = x_0 * x_1 * …, value by value: gates, attention, squeeze-and-excite blocks. y has the
 * shape of the largest input, with P places in each channel: [C, …]. An input of another shape
 * spreads: [C] or [C, 1, …, 1], a factor for each channel, over all places; [1, …], with the
 * other dimensions of y, a factor for each place, over all channels. Inputs may be in any order,
 * and several may spread.
 *
 *     y[c][p]         = x_0[c][p] x_1[c][p] …
 *     dL/dx_k[c][p]   = dL/dy[c][p] times the product of the other inputs; summed over all p if x_k
 *                       spread over places, or over all c if it spread over channels
 *
 * The product begins with the first input of y's shape; the others follow in their order. Hu, Shen,
 * Sun, "Squeeze-and-excitation networks" (2018). */
LAM_MUST_CHECK lam_layer *lam_multiply_new(const lam_join_options *options);

/** As the functions above, for a list with the two ends of lam_sequential_of(). */
LAM_MUST_CHECK lam_layer *lam_concat_of(lam_layer *const *list);
LAM_MUST_CHECK lam_layer *lam_add_of(lam_layer *const *list);
LAM_MUST_CHECK lam_layer *lam_multiply_of(lam_layer *const *list);

#ifndef __cplusplus
#define lam_concat(...) lam_concat_of(LAM_LAYER_LIST(__VA_ARGS__))
#define lam_add(...) lam_add_of(LAM_LAYER_LIST(__VA_ARGS__))
#define lam_multiply(...) lam_multiply_of(LAM_LAYER_LIST(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif
#endif
