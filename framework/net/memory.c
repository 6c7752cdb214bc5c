/* How many bytes a net has, and whether it may have them. */
#include "framework/memory.h"
#include "framework/net/inside.h"

#include <inttypes.h>
#include <string.h>

static int64_t add_up(lam_net_memory *m)
{
	m->total = m->parameters + m->states + m->gradients + m->packed + m->activations
		+ m->scratch + m->buffers + m->moments;
	return m->total;
}

/* What follows from the plan, the batch and the threads alone. No sum here overflows: each of them
 * was found to fit an address. */
static lam_net_memory planned(const lam_net *net)
{
	const lam_plan *plan = &net->plan;
	const int64_t real = sizeof(lam_real);
	const lam_slot_info *in = &plan->slots[0], *out = &plan->slots[plan->output];
	return (lam_net_memory){
		.size = sizeof(lam_net_memory),
		.parameters = net->source ? 0 : plan->param_values * real,
		.states = net->source ? 0 : plan->state_values * real,
		.gradients = plan->inference ? 0 : plan->param_values * real,
		.packed = plan->packed_bytes,
		.activations = plan->block_bytes * (plan->few ? plan->few : net->max_blocks)
			+ plan->whole_bytes,
		.scratch = plan->scratch_bytes * net->threads + plan->shared_bytes,
		.buffers = in->features * LAM_LANES * real * net->max_blocks
			+ out->features * real * net->max_batch
			+ (plan->input_grad ? in->features * real * net->max_batch : 0)
			+ (plan->inference ? 0 : net->max_batch * (int64_t)net->target_bytes),
	};
}

lam_status lam_net_check_memory(const lam_net *net, size_t limit)
{
	lam_net_memory m = planned(net);
	if (!limit || (uint64_t)add_up(&m) <= limit)
		return LAM_OK;
	return lam_fail(LAM_ERR_MEMORY,
		"a net for %" PRId64 " samples per step would take %" PRId64
		" bytes; .memory_limit allows %zu",
		net->max_batch, m.total, limit);
}

void lam_net_memory_of(const lam_net *net, lam_net_memory *memory, size_t memory_size)
{
	if (!net || !memory)
		return;
	lam_net_memory m = planned(net);
	const int64_t arena = net->plan.param_values * (int64_t)sizeof(lam_real);
	m.gradients += net->fresh ? arena : 0;
	for (int k = 0; k < LAM_MAX_MOMENTS; k++)
		m.moments += net->moments[k] ? arena : 0;
	add_up(&m);
	memcpy(memory, &m, memory_size < sizeof m ? memory_size : sizeof m);
}
