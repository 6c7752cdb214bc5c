/* SPDX-License-Identifier: MIT */
/* Whether a net of few samples computes one at a time. A file of its own, because tests take its
 * place: they ask for either layout. */
#include "framework/plan/inside.h"

#include "framework/kernels/sizes.h"
#include "framework/plan/classes.h"

/* Values that a call reads and writes, in bytes, from which on they come from a farther cache or
 * from memory; and the multiply-adds of sixteen lanes that take as long as sixteen such values.
 * Measured on a Zen 5, predictions, one thread, microseconds a sample one at a time, and in batch
 * lanes, which take as many products: four 1x1 convolutions (64, 256 channels, 28x28) 449, 500; two
 * bottlenecks of ResNet-50 (28x28) 736, 960; three of MobileNetV2 (24, 144 channels, 56x56) 1018,
 * 1475. Where they are less than this, the tables of bench-others hold: mobilenet 230, 213. */
enum { FAR_BYTES = 8 << 20, FAR_WORK = 6 };

/* Of a whole block and more, batch lanes are left for at least this part less. With 0.95 unet,
 * 16 samples, took 608 in place of 527. Where the last of several blocks is partly idle, one at
 * a time must take at most 0.8 of the work, and moved values are not counted, because both
 * estimates are rough. Of 63 nets that nobody tuned for, 20 samples on two threads of a Zen 5, half
 * are 1.4 to 2 times as fast then, and two take 1.1 times as long. */
static const double least_part = 0.93, least_part_of_some = 0.8;

/* Whether call `i` is absorbed, or would be if nobody watched the value that it reads: whether a
 * value is watched must not choose the layout. */
static bool absorbed_unless_watched(const lam_plan *plan, int i)
{
	const lam_call *call = &plan->calls[i];
	const lam_layer_class *c = call->layer_class;
	const bool may_be = call->inputs == 1 ? c->channel_map || c->epilogue || c->apply
					      : c == &lam_add_class;
	for (int w = 0; w < plan->watched_count && may_be; w++)
		for (int k = 0; k < call->inputs; k++) {
			const lam_slot_info *in = &plan->slots[call->in[k].slot];
			const bool finishes = in->producer >= 0
				&& (plan->calls[in->producer].layer_class->flags & LAM_FINISHES
					|| plan->calls[in->producer].absorbed);
			if (plan->watched[w].slot == call->in[k].slot && in->consumers == 1
				&& finishes)
				return true;
		}
	return call->absorbed;
}

/* The work of moving the values of `samples` samples. In training all three jobs move them, in
 * either layout, and it was not measured. */
static double far_work(const lam_plan *plan, int64_t samples)
{
	double work = 0;
	for (int i = 0; i < plan->call_count && plan->inference; i++) {
		const lam_call *call = &plan->calls[i];
		int64_t values = plan->slots[call->out].features;
		for (int k = 0; k < call->inputs; k++)
			values += plan->slots[call->in[k].slot].features;
		const double bytes = (double)values * (double)samples * sizeof(lam_real);
		if (bytes > FAR_BYTES && !absorbed_unless_watched(plan, i)
			&& !(call->layer_class->flags & LAM_VIEW)
			&& call->layer_class != &lam_relayout_class)
			work += FAR_WORK * bytes / (LAM_LANES * sizeof(lam_real));
	}
	return work;
}

bool lam_plan_prefers_batch_lanes(const lam_plan *plan)
{
	const double sample = plan->sample_work + far_work(plan, 1),
		     block = plan->block_work + far_work(plan, LAM_LANES);
	if (plan->few < LAM_LANES)
		return (double)plan->few * sample > block;
	if (plan->few % LAM_LANES == 0)
		return LAM_LANES * sample >= block * least_part;
	return (double)plan->few * plan->sample_work
		>= (double)lane_blocks(plan->few) * plan->block_work * least_part_of_some;
}
