/* SPDX-License-Identifier: MIT */
#include "framework/net/sizes.h"

#include "framework/memory.h"
#include "framework/net/ends.h"

#include <inttypes.h>
#include <string.h>

/* Records whether a sum or a product of sizes has overflowed. */
typedef struct counter {
	bool fits;
} counter;

static int64_t product(counter *c, int64_t a, int64_t b)
{
	int64_t bytes = 0;
	c->fits = c->fits && !__builtin_mul_overflow(a, b, &bytes)
		&& bytes <= LAM_MAX_COUNT * LAM_ALIGN;
	return c->fits ? bytes : 0;
}

/* The bytes that the units of a job share, for the job that needs most. */
static int64_t shared_bytes(counter *c, const lam_plan *plan, int64_t samples)
{
	int64_t most = 0;
	for (int i = 0; i < plan->call_count; i++)
		for (int job = 0; job < LAM_JOBS; job++) {
			const lam_call *call = &plan->calls[i];
			if (!lam_call_runs(call, (lam_job)job))
				continue;
			const int64_t bytes = call->shared[job]
				+ product(c, call->shared_per_block[job],
					lam_call_blocks(call, samples));
			most = bytes > most ? bytes : most;
		}
	return most;
}

static int64_t total(const lam_net_sizes *s)
{
	return s->values + s->states + s->grads + s->parts + s->packed + s->activations + s->shared
		+ s->scratch + s->input + s->output_rows + s->input_grad_rows + s->target_copy
		+ s->value_rows;
}

lam_status lam_net_measure(lam_net *net, size_t limit)
{
	const lam_plan *plan = &net->plan;
	const int64_t value = sizeof(lam_real), blocks = plan->few ? plan->few : net->max_blocks;
	counter c = {true};
	net->sizes = (lam_net_sizes){
		.values = net->source ? 0 : plan->param_values * value,
		.states = net->source ? 0 : plan->state_values * value,
		.grads = plan->inference ? 0 : plan->param_values * value,
		.parts = product(&c, plan->part_values, value),
		.packed = plan->packed_bytes,
		.activations = product(&c,
			product(&c, plan->block_bytes, blocks)
				+ product(&c, plan->whole_bytes, net->max_blocks),
			1),
		.shared = shared_bytes(&c, plan, net->max_batch),
		.scratch = product(&c, plan->scratch_bytes, net->threads),
	};
	const char *plural = net->max_batch == 1 ? "" : "s";
	if (!lam_ends_measure(net) || !c.fits)
		return lam_fail(LAM_ERR_MEMORY,
			"out of memory: a net for %" PRId64
			" sample%s per step needs more than an address can reach",
			net->max_batch, plural);
	const int64_t all = total(&net->sizes);
	if (!limit || (uint64_t)all <= limit)
		return LAM_OK;
	return lam_fail(LAM_ERR_MEMORY,
		"a net for %" PRId64 " sample%s per step would take %" PRId64
		" bytes; .memory_limit allows %zu",
		net->max_batch, plural, all, limit);
}

void lam_net_memory_of(const lam_net *net, lam_net_memory *memory, size_t memory_size)
{
	if (!net || !memory)
		return;
	const lam_net_sizes *s = &net->sizes;
	const int64_t arena = net->plan.param_values * (int64_t)sizeof(lam_real);
	lam_net_memory m = {
		.size = sizeof m,
		.parameters = s->values,
		.states = s->states,
		.gradients = s->grads + s->parts + (net->fresh ? arena : 0),
		.packed = s->packed,
		.activations = s->activations,
		.scratch = s->scratch + s->shared,
		.buffers = s->input + s->output_rows + s->input_grad_rows + s->target_copy
			+ s->value_rows,
		.total = total(s) + (net->fresh ? arena : 0),
	};
	for (int k = 0; k < LAM_MAX_MOMENTS; k++)
		m.moments += net->moments[k] ? arena : 0;
	m.moments += net->sum_bytes;
	m.total += m.moments;
	memcpy(memory, &m, memory_size < sizeof m ? memory_size : sizeof m);
}
