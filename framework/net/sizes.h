/* SPDX-License-Identifier: MIT */
/* The bytes of a net's arrays, computed once, before anything is allocated. Private to net/. */
#ifndef LAM_NET_SIZES_H
#define LAM_NET_SIZES_H

#include "framework/status.h"

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct lam_net;

/* The bytes of each array whose size grows with the model or the batch; 0: the net has no such
 * array of its own. Arrays of one value per block, task or thread are not counted. */
typedef struct lam_net_sizes {
	int64_t values, states, grads, parts;
	int64_t packed, activations, shared, scratch;
	int64_t input, output_rows, input_grad_rows, target_copy, value_rows;
} lam_net_sizes;

/* Computes the sizes of a net whose plan, batch, threads and target_bytes are known. LAM_ERR_MEMORY
 * and a sentence when they overflow, or are more than `limit` bytes together (0: no limit). */
lam_status lam_net_measure(struct lam_net *net, size_t limit);

#pragma GCC visibility pop
#endif
