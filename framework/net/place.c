/* SPDX-License-Identifier: MIT */
#include "framework/net/place.h"

#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/net/inside.h"

#include <string.h>

lam_place lam_net_place(const lam_net *net, int buffer)
{
	const int64_t block = net->plan.block_bytes / (int64_t)sizeof(lam_real),
		      whole = net->plan.whole_bytes / (int64_t)sizeof(lam_real);
	if (buffer == BUFFER_NONE)
		return (lam_place){NULL, block};
	const lam_buffer *b = &net->plan.buffers[buffer];
	if (b->input != BUFFER_NONE)
		return (lam_place){(lam_real *)net->inputs[b->input].now
				+ b->offset / (int64_t)sizeof(lam_real),
			net->inputs[b->input].block};
	return (lam_place){(lam_real *)(net->activations + b->offset), b->whole ? whole : block};
}

lam_view lam_net_view(const lam_net *net, lam_slot s, int buffer, int64_t block)
{
	const lam_slot_info *slot = &net->plan.slots[s];
	const lam_place place = lam_net_place(net, buffer);
	return (lam_view){
		.data = place.data ? place.data + block * place.block : NULL,
		.shape = slot->shape,
		.features = slot->features,
		.values = lam_slot_values(slot),
		.block = place.block,
		.layout = slot->layout,
	};
}

lam_place lam_net_loss_place(const lam_net *net, int loss)
{
	const lam_slot out = net->plan.calls[net->plan.losses[loss].call].out;
	return lam_net_place(net, net->plan.slots[out].buffer);
}

lam_shape lam_net_loss_shape(const lam_net *net, int loss)
{
	return net->plan.slots[net->plan.calls[net->plan.losses[loss].call].out].shape;
}

void lam_place_to_rows(
	lam_real *rows, lam_place place, int64_t features, int64_t n, lam_layout layout)
{
	for (int64_t s = 0; s < n && layout != LAM_BATCH_LANES; s++)
		memcpy(rows + s * features, place.data + s * place.block,
			(size_t)features * sizeof *rows);
	if (layout != LAM_BATCH_LANES)
		return;
	for (int64_t b = 0; b < lane_blocks(n); b++)
		lam_kernel()->transpose.block_to_rows(rows + b * LAM_LANES * features,
			(size_t)features, place.data + b * place.block, (size_t)features,
			(int)lanes_used(n, b));
}

void lam_net_input_rows(const lam_net *net, int input, lam_real *rows, int64_t n)
{
	lam_place_to_rows(rows, lam_net_place(net, input), net->plan.slots[input].features, n,
		net->plan.slots[input].layout);
}
