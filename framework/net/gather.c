/* SPDX-License-Identifier: MIT */
#include "framework/net/gather.h"

#include "framework/kernels/affine.h"
#include "framework/memory.h"

/* The values that call `i` gathers of all shards; 0: none. A shared weight's gradient is a sum of
 * parts, which are added for each shard. */
static int64_t values_of(const lam_plan *plan, int i, int count, int64_t samples)
{
	const lam_call *call = &plan->calls[i];
	const struct lam_param *weight = call->params ? plan->params[call->first_param] : NULL;
	if (!call->gathers || call->by_sample || !call->gradient || !weight || weight->parts
		|| weight->call != i)
		return 0;
	const int64_t in = lam_slot_values(&plan->slots[call->in[0].slot]),
		      side = call->gathers_input ? in : 0,
		      rows = call->shared_per_block[LAM_GRADIENT] / (int64_t)sizeof(lam_real),
		      blocks = ceil_divide(samples, LAM_LANES);
	int levels = 0;
	while (1 << levels < count)
		levels++;
	/* By shares: the products of hostile shapes might overflow. */
	if (side + rows > weight->count / blocks * levels / count)
		return 0;
	return count * blocks * (side + rows);
}

lam_status lam_gather_init(lam_gather *gather, const lam_net *net, int count, int64_t samples)
{
	const lam_plan *plan = &net->plan;
	int64_t end = 0;
	*gather = (lam_gather){.count = count};
	if (count < 2 || count > LAM_AFFINE_SHARDS || samples > LAM_AFFINE_SHARD_SAMPLES)
		return LAM_OK;
	gather->offsets = lam_alloc((size_t)plan->call_count, sizeof *gather->offsets);
	gather->samples = lam_alloc((size_t)count, sizeof *gather->samples);
	if (!gather->offsets || !gather->samples)
		return LAM_ERR_MEMORY;
	for (int i = 0; i < plan->call_count; i++) {
		const int64_t values = values_of(plan, i, count, samples);
		gather->offsets[i] = values ? end : -1;
		end += values;
	}
	if (end == 0)
		return LAM_OK;
	gather->values = lam_alloc_blank((size_t)end, sizeof *gather->values);
	return gather->values ? LAM_OK : LAM_ERR_MEMORY;
}

void lam_gather_free(lam_gather *gather)
{
	lam_free(gather->values);
	lam_free(gather->offsets);
	lam_free(gather->samples);
}

bool lam_gathers(const lam_shard_run *shard, const lam_plan *plan, int call)
{
	if (!shard || !shard->gather || !plan->calls[call].gradient)
		return false;
	return shard->together > 1 ? plan->calls[call].gathers : shard->gather->offsets[call] >= 0;
}

const lam_gathered *lam_gathered_of(const lam_shard_run *shard, const lam_plan *plan,
	const lam_task *job, lam_gathered *gathered)
{
	if (job->kind != TASK_GRADIENT || !lam_gathers(shard, plan, job->index))
		return NULL;
	const lam_gather *gather = shard->gather;
	*gathered = (lam_gathered){
		.count = gather->count, .shard = shard->number, .samples = gather->samples};
	if (shard->together == 1)
		gathered->values = gather->values + gather->offsets[job->index];
	return gathered;
}
