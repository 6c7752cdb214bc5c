/* SPDX-License-Identifier: MIT */
#include "layers/global_pool.h"

#include "layers/channels.h"

lam_status lam_global_pool_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct global_pool *pool = lam_layer_state(self);
	if (in->rank != 2 && in->rank != 3)
		return lam_fail(LAM_ERR_SHAPE, "an input of rank %d (%s): %s takes CxL or CxHxW",
			in->rank, lam_shape_text(*in).text, lam_layer_class_of(self)->kind);
	pool->channels = in->dim[0];
	pool->places = lam_shape_count(in) / in->dim[0];
	*out = LAM_SHAPE(in->dim[0]);
	return LAM_OK;
}

int lam_global_pool_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)job, (void)mode, (void)blocks;
	const struct global_pool *pool = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(pool->channels, pool->channels * pool->places)};
	return 1;
}

int lam_global_pool_sample_phases(
	const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct global_pool *pool = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_group_slices(pool->channels, pool->places)};
	return 1;
}
