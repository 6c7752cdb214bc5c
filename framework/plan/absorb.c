/* SPDX-License-Identifier: MIT */
/* Which calls another call before them computes, its host: a convolution or an affine layer applies
 * them while its output is in registers or in the first cache. In nets for inference these are, in
 * this order, a batch norm, the addition of a residual block, and an activation; in other nets an
 * activation that is an epilogue. A batch norm that no host computes takes an addition and an
 * epilogue itself, in nets for training, too; there it also computes the epilogue's backward. A
 * call computes the same numbers where it stands and in its host, bit for bit.
 *
 * The value between them is in no buffer, so nothing else may read it. */
#include "framework/layer/inside.h"
#include "framework/plan/buffer.h"
#include "framework/plan/classes.h"
#include "framework/plan/lifetimes.h"
#include "framework/plan/times.h"

/* The call just before call `i`, or that call's host, if it can still take another call. */
static lam_call *host_of(lam_plan *plan, int i)
{
	int host = i - 1;
	while (host >= 0 && plan->calls[host].absorbed)
		host--;
	const uint32_t flags = host < 0 ? 0 : plan->calls[host].layer_class->flags;
	const bool takes = flags & (LAM_ABSORBS | LAM_FINISHES);
	return takes && !plan->calls[host].epilogue && plan->calls[host].applied < 0
		? &plan->calls[host]
		: NULL;
}

/* Whether input `k` of call `i` is the value that the call before writes, in the layout that it is
 * read in, and nothing reads it later. */
static bool comes_from_host(const lam_plan *plan, int i, int k, const lam_call *host)
{
	const lam_call *call = &plan->calls[i];
	const lam_slot_info *in = &plan->slots[call->in[k].slot], *out = &plan->slots[call->out];
	return in->producer == i - 1 && in->consumers == 1
		&& (!plan->recompute || lam_call_replaces(plan, i))
		&& call->by_sample == host->by_sample && in->layout == out->layout
		&& out->layout == plan->slots[host->out].layout
		&& lam_buffer_free_after(plan, in->buffer, lam_forward_time(i));
}

/* Whether the host can add this value of its output's shape and layout: it is whole before the
 * host begins, and lies as far from block to block. */
static bool can_add(const lam_plan *plan, lam_slot s, const lam_call *host)
{
	const lam_slot_info *added = &plan->slots[s], *out = &plan->slots[host->out];
	return added->producer >= 0 && &plan->calls[added->producer] < host
		&& added->layout == out->layout && !lam_buffer_of_input(plan, added->buffer);
}

/* Absorbs an addition of two values. Returns which input is the host's output; -1: it cannot. */
static int absorb_sum(const lam_plan *plan, int i, lam_call *host)
{
	const lam_call *call = &plan->calls[i];
	for (int k = 0; k < 2 && call->inputs == 2; k++) {
		const lam_slot other = call->in[!k].slot;
		if (!comes_from_host(plan, i, k, host) || !can_add(plan, other, host))
			continue;
		host->added = other;
		return k;
	}
	return -1;
}

int lam_plan_absorb(lam_plan *plan, int i)
{
	lam_call *call = &plan->calls[i], *host = host_of(plan, i);
	const lam_layer_class *layer_class = call->layer_class;
	if (!host)
		return -1;
	const uint32_t flags = host->layer_class->flags;
	const bool finishes = plan->inference && flags & LAM_FINISHES,
		   gates = flags & LAM_GATES && !plan->recompute, adds = finishes || gates;
	if (flags & LAM_GATES && !adds) /* where values are computed again, they stand alone */
		return -1;
	int k = -1;
	if (layer_class == &lam_add_class && adds && host->added < 0)
		k = absorb_sum(plan, i, host);
	if (call->inputs > 1 || !lam_call_has(plan, i, LAM_IN_PLACE)
		|| !comes_from_host(plan, i, 0, host))
		return k;
	if (layer_class->channel_map && finishes && host->mapped < 0 && host->added < 0) {
		host->mapped = i;
		k = 0;
	} else if (layer_class->epilogue && flags & LAM_ABSORBS && (adds || host == call - 1)) {
		host->epilogue = layer_class->epilogue;
		k = 0;
	} else if (layer_class->apply && finishes) {
		host->applied = i;
		k = 0;
	}
	return k;
}

/* Whether the host of call `i`, an epilogue that it has absorbed, can compute its backward: the
 * gradient stays in one buffer from the epilogue's output to the host's, and no copy is made of it
 * in between. */
static bool can_gate(const lam_plan *plan, int i, int host)
{
	const lam_call *call = &plan->calls[i];
	for (int c = host + 1; c < i; c++)
		for (int k = 0; k < plan->calls[c].inputs; k++)
			if (plan->calls[c].in[k].copied != BUFFER_NONE)
				return false;
	const int gradient = plan->slots[call->out].gradient;
	return plan->calls[host].layer_class->flags & LAM_GATES && plan->calls[host].backward
		&& gradient != BUFFER_NONE && call->in[0].dx == gradient
		&& plan->slots[plan->calls[host].out].gradient == gradient;
}

void lam_plan_gate(lam_plan *plan)
{
	for (int i = 0; i < plan->call_count; i++) {
		lam_call *call = &plan->calls[i];
		if (!call->absorbed || !call->layer_class->epilogue || !call->backward)
			continue;
		const int host = lam_call_host(plan, i);
		call->gated = plan->calls[host].gates = can_gate(plan, i, host);
		if (call->gated && plan->calls[host].added >= 0)
			lam_buffer_use(
				plan, plan->slots[call->out].buffer, lam_backward_time(plan, host));
	}
}
