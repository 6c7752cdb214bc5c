/* SPDX-License-Identifier: MIT */
/** \file
 * A net's operations in the order in which they run, for programs that write a net in another form,
 * draw it or count in it. Each is a layer that computes; containers are resolved, and what the
 * library adds for itself is left out.
 *
 * Values are numbered: 0 to lam_net_input_count() - 1 are the net's inputs, and behind them each
 * operation's output has a number, in their order. All may be called while the net steps; an index
 * out of range gives NULL, -1 or a shape of rank 0. */
#ifndef LAM_OPERATIONS_H
#define LAM_OPERATIONS_H

#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The number of operations. */
int lam_net_operation_count(const lam_net *net);

/** The layer of operation `i`: its class, and by lam_layer_state() its options. */
const lam_layer *lam_net_operation_layer(const lam_net *net, int i);

/** Its path, as names of parameters begin with it: "4.body.0". Valid until lam_net_free(). */
const char *lam_net_operation_path(const lam_net *net, int i);

/** The kind of a built-in layer, as "conv2d"; NULL if the class is of one's own. */
const char *lam_net_operation_kind(const lam_net *net, int i);

/** The value that operation `i` reads as its input `k`, from 0. */
int lam_net_operation_input(const lam_net *net, int i, int k);

/** Parameter or state `k` of operation `i`, from 0, in the order in which its layer declares them.
 * Operations of shared layers (lam_share(), lam_tie()) have the same parameters. */
lam_param *lam_net_operation_param(lam_net *net, int i, int k);
lam_param *lam_net_operation_state(lam_net *net, int i, int k);

/** The value that is output `i` of the net. */
int lam_net_output_value(const lam_net *net, int i);

/** The shape of a sample of a value. */
lam_shape lam_net_value_shape(const lam_net *net, int value);

/** The value of an option of a layer, by its name in the class's table: element `index` of a pair
 * or a list, else 0. Booleans are 0 and 1, a choice is the index of its word. NaN if there is no
 * such option, or if it is a shape or an array. */
double lam_layer_option(const lam_layer *layer, const char *name, int index);

#ifdef __cplusplus
}
#endif
#endif
