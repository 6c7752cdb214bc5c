/* SPDX-License-Identifier: MIT */
#include "framework/check/alone.h"

#include "framework/base/failure.h"
#include "framework/base/float_mode.h"
#include "framework/kernels/sizes.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/net/targets.h"
#include "framework/net/task.h"
#include "framework/plan/times.h"
#include "framework/random.h"

#include <string.h>

/* Bytes of a zone around arrays whose sizes the layer does not choose, and the most around others,
 * whose sizes it may have forgotten to declare. */
enum { ZONE = 4096, MOST_ZONE = 1 << 26 };

const lam_guarded *lam_alone_array(const lam_alone *a, lam_reach reach, int k)
{
	return &a->arrays[a->first[reach] + k];
}

int64_t lam_alone_features(const lam_alone *a, lam_reach reach, int k)
{
	const bool in = reach == REACH_X || reach == REACH_DX;
	return a->net->plan.slots[in ? a->call->in[k].slot : a->call->out].features;
}

/* The size of array k of a kind: its parts, and the bytes of each. */
static size_t bytes_of(const lam_alone *a, lam_reach reach, int k, int64_t *parts)
{
	const lam_plan *plan = &a->net->plan;
	const lam_call *call = a->call;
	*parts = reach <= REACH_SAVED || reach == REACH_LOSS ? a->blocks : 1;
	switch (reach) {
	case REACH_SAVED:
		return (size_t)call->saved_bytes;
	case REACH_SHARED:
		return (size_t)(call->shared[k] + call->shared_per_block[k] * a->blocks);
	case REACH_SCRATCH:
		return (size_t)call->scratch[k];
	case REACH_LOSS:
		return sizeof(double);
	case REACH_W:
	case REACH_DW:
		return (size_t)plan->params[call->first_param + k]->count * sizeof(lam_real);
	case REACH_PACKED:
		return (size_t)plan->packed[call->first_packed + k].bytes;
	case REACH_STATE:
		return (size_t)plan->states[call->first_state + k]->count * sizeof(lam_real);
	default:
		return (size_t)(lam_alone_features(a, reach, k) * LAM_LANES) * sizeof(lam_real);
	}
}

/* The bytes around arrays whose size the layer declares. If it has forgotten one, it probably
 * writes as many values there as a batch has. */
static size_t wide_zone(const lam_alone *a)
{
	size_t most = (size_t)lam_alone_features(a, REACH_Y, 0);
	for (int k = 0; k < a->call->inputs; k++)
		most += (size_t)lam_alone_features(a, REACH_X, k);
	most *= (size_t)a->blocks * LAM_LANES * sizeof(lam_real);
	return ZONE + (most < MOST_ZONE ? most : MOST_ZONE);
}

static bool make_arrays(lam_alone *a)
{
	const lam_call *call = a->call;
	const int counts[REACHES] = {call->inputs, 1, 1, call->inputs, 1, LAM_JOBS, LAM_JOBS,
		call->loss >= 0, call->params, call->params, call->packs, call->states};
	int all = 0;
	for (int r = 0; r < REACHES; r++) {
		a->first[r] = all;
		all += a->count[r] = counts[r];
	}
	if (!(a->arrays = lam_alloc((size_t)all, sizeof *a->arrays)))
		return false;
	for (int r = 0; r < REACHES; r++)
		for (int k = 0; k < a->count[r]; k++) {
			const bool wide = r == REACH_SAVED || r == REACH_SHARED
				|| r == REACH_SCRATCH || r == REACH_PACKED;
			int64_t parts;
			const size_t bytes = bytes_of(a, (lam_reach)r, k, &parts);
			if (!lam_guarded_make(&a->arrays[a->first[r] + k], parts, bytes,
				    wide ? wide_zone(a) : ZONE))
				return false;
		}
	return true;
}

/* Fills the tables of a lam_pass, which have at least one element. */
static bool make_tables(lam_alone *a)
{
	const lam_call *call = a->call;
	const size_t params = (size_t)call->params + 1, states = (size_t)call->states + 1;
	a->views = lam_alloc(2 * (size_t)call->inputs, sizeof *a->views);
	a->w = lam_alloc(params, sizeof *a->w);
	a->dw = lam_alloc(params, sizeof *a->dw);
	a->states = lam_alloc(states, sizeof *a->states);
	a->packed = lam_alloc((size_t)call->packs + 1, sizeof *a->packed);
	if (!a->views || !a->w || !a->dw || !a->states || !a->packed)
		return false;
	for (int k = 0; k < call->params; k++) {
		a->w[k] = lam_guarded_part(lam_alone_array(a, REACH_W, k), 0);
		a->dw[k] = lam_guarded_part(lam_alone_array(a, REACH_DW, k), 0);
	}
	for (int k = 0; k < call->states; k++)
		a->states[k] = lam_guarded_part(lam_alone_array(a, REACH_STATE, k), 0);
	for (int k = 0; k < call->packs; k++) {
		const lam_packed_copy *copy = &a->net->plan.packed[call->first_packed + k];
		a->packed[k] = copy->bytes
			? lam_guarded_part(lam_alone_array(a, REACH_PACKED, k), 0)
			: NULL;
	}
	return true;
}

/* Copies parameters, and what a forward may change: the states and the layer's own struct. */
static bool copy_values(lam_alone *a)
{
	const lam_plan *plan = &a->net->plan;
	const lam_call *call = a->call;
	const size_t own = call->layer_class->state_size;
	size_t states = 0;
	for (int k = 0; k < call->params; k++)
		memcpy(lam_guarded_part(lam_alone_array(a, REACH_W, k), 0),
			plan->params[call->first_param + k]->value,
			lam_alone_array(a, REACH_W, k)->bytes);
	for (int k = 0; k < call->states; k++)
		states += (size_t)plan->states[call->first_state + k]->count;
	a->state_start = lam_alloc(states + 1, sizeof *a->state_start);
	a->own = lam_alloc(own + 1, 1);
	if (!a->state_start || !a->own)
		return false;
	if (own)
		memcpy(a->own, call->layer->state, own);
	lam_real *at = a->state_start;
	for (int k = 0; k < call->states; k++) {
		const struct lam_param *state = plan->states[call->first_state + k];
		memcpy(at, state->value, (size_t)state->count * sizeof *at);
		at += state->count;
	}
	return true;
}

static void set_back(lam_alone *a)
{
	const lam_real *at = a->state_start;
	for (int k = 0; k < a->call->states; k++) {
		const lam_guarded *state = lam_alone_array(a, REACH_STATE, k);
		memcpy(a->states[k], at, state->bytes);
		at += state->bytes / sizeof *at;
	}
	if (a->call->layer_class->state_size)
		memcpy(a->call->layer->state, a->own, a->call->layer_class->state_size);
}

void lam_alone_keep_states(const lam_alone *a)
{
	for (int k = 0; k < a->call->states; k++)
		memcpy(a->net->plan.states[a->call->first_state + k]->value, a->states[k],
			lam_alone_array(a, REACH_STATE, k)->bytes);
}

/* Whether all phases of forward are per block, and nothing is shared by blocks. */
static bool forward_by_block(const lam_alone *a)
{
	lam_phase phase[LAM_MAX_PHASES];
	const int phases = lam_call_phases(a->call, LAM_FORWARD, a->mode, a->blocks, phase);
	bool by_block = !a->call->shared[LAM_FORWARD] && !a->call->shared_per_block[LAM_FORWARD]
		&& !a->call->states;
	for (int p = 0; p < phases; p++)
		by_block = by_block && phase[p].per_block;
	return by_block;
}

bool lam_alone_make(lam_alone *a, const lam_net *net, int index, lam_mode mode, int64_t n,
	const void *targets, const lam_real *weights)
{
	*a = (lam_alone){
		.net = net,
		.call = &net->plan.calls[index],
		.mode = mode,
		.n = n,
		.blocks = lane_blocks(n),
		.targets = targets,
		.weights = weights,
		.divisor = targets
			? lam_target_count(
				&net->losses[net->plan.calls[index].loss].info, targets, weights, n)
			: (double)n,
	};
	if (!make_arrays(a) || !make_tables(a) || !copy_values(a))
		return false;
	a->by_block = forward_by_block(a);
	return true;
}

void lam_alone_free(lam_alone *a)
{
	for (int r = 0; a->arrays && r < REACHES; r++)
		for (int k = 0; k < a->count[r]; k++)
			lam_guarded_free(&a->arrays[a->first[r] + k]);
	lam_free(a->arrays);
	lam_free(a->views);
	lam_free(a->w);
	lam_free(a->dw);
	lam_free(a->states);
	lam_free(a->packed);
	lam_free(a->state_start);
	lam_free(a->own);
	*a = (lam_alone){0};
}

bool lam_alone_has(const lam_alone *a, lam_job job)
{
	const lam_layer_class *layer_class = a->call->layer_class;
	return job == LAM_FORWARD     ? layer_class->forward != NULL
		: job == LAM_GRADIENT ? layer_class->gradient && a->call->params
				      : layer_class->backward != NULL;
}

lam_status lam_alone_pack(lam_alone *a, int k)
{
	const lam_plan *plan = &a->net->plan;
	const lam_call *call = a->call;
	for (int i = 0; i < call->packs; i++) {
		const lam_packed_copy *copy = &plan->packed[call->first_packed + i];
		const int param = copy->param - call->first_param;
		if (!copy->bytes || (k >= 0 && param != k))
			continue;
		const uint64_t before = lam_failures();
		for (int64_t slice = 0; slice < copy->slices; slice++) {
			lam_status status = call->layer_class->pack(call->layer, copy->index,
				a->w[param], (void *)(uintptr_t)a->packed[i], slice, copy->slices);
			if (status)
				return lam_unsaid(status, before) ? lam_fail_unsaid(
					       status, lam_call_title(call).text, ".pack")
								  : status;
		}
	}
	return LAM_OK;
}

static lam_view view_of(const lam_alone *a, lam_reach reach, int k, int64_t block)
{
	const bool in = reach == REACH_X || reach == REACH_DX;
	const lam_slot_info *slot = &a->net->plan.slots[in ? a->call->in[k].slot : a->call->out];
	if (a->out_is_x && reach == REACH_Y)
		reach = REACH_X;
	if (a->dx_is_dy && reach == REACH_DX)
		reach = REACH_DY;
	const lam_guarded *array = lam_alone_array(a, reach, k);
	return (lam_view){
		.data = lam_guarded_part(array, block),
		.shape = slot->shape,
		.features = slot->features,
		.values = slot->features * LAM_LANES,
		.block = (int64_t)(lam_guarded_stride(array) / sizeof(lam_real)),
		.layout = LAM_BATCH_LANES,
	};
}

static lam_status run_unit(lam_alone *a, lam_job job, int phase, int64_t block, int64_t slice,
	int64_t slice_end, int64_t slices)
{
	const lam_call *call = a->call;
	const lam_layer_class *layer_class = call->layer_class;
	const lam_view y = view_of(a, REACH_Y, 0, block), dy = view_of(a, REACH_DY, 0, block);
	for (int k = 0; k < call->inputs; k++) {
		a->views[k] = view_of(a, REACH_X, k, block);
		a->views[call->inputs + k] = view_of(a, REACH_DX, k, block);
		if (job != LAM_BACKWARD)
			a->views[call->inputs + k].data = NULL;
	}
	const lam_pass pass = {
		.mode = a->mode,
		.phase = phase,
		.n = a->n,
		.blocks = a->blocks,
		.block = block,
		.real = lanes_used(a->n, block),
		.slice = slice,
		.slice_end = slice_end,
		.slices = slices,
		.inputs = call->inputs,
		.x = a->views,
		.y = &y,
		.dy = &dy,
		.out = &y,
		.dx = a->views + call->inputs,
		.w = a->w,
		.packed = a->packed,
		.dw = a->dw,
		.state = a->states,
		.saved = lam_guarded_part(lam_alone_array(a, REACH_SAVED, 0), block),
		.saved_block = lam_guarded_stride(lam_alone_array(a, REACH_SAVED, 0)),
		.shared = lam_guarded_part(lam_alone_array(a, REACH_SHARED, (int)job), 0),
		.scratch = lam_guarded_part(lam_alone_array(a, REACH_SCRATCH, (int)job), 0),
		.key = lam_random_key(a->net->seed, 0, (uint64_t)(call - a->net->plan.calls)),
		.targets = a->targets,
		.weights = a->weights,
		.count = a->divisor,
		.backward_may_follow = true,
		.loss = (layer_class->flags & LAM_LOSS) && a->targets
			? lam_guarded_part(lam_alone_array(a, REACH_LOSS, 0), block)
			: NULL,
	};
	return job == LAM_FORWARD     ? layer_class->forward(call->layer, &pass)
		: job == LAM_GRADIENT ? layer_class->gradient(call->layer, &pass)
				      : layer_class->backward(call->layer, &pass);
}

/* Runs the units of a phase in blocks [first, end), or if `apart` the other way round. */
static lam_status run_phase(
	lam_alone *a, lam_job job, int phase, int64_t slices, int64_t first, int64_t end)
{
	lam_status status = LAM_OK;
	for (int64_t block = first; block < end && !status && !a->apart; block++)
		status = run_unit(a, job, phase, block, 0, slices, slices);
	for (int64_t block = end - 1; block >= first && a->apart; block--)
		for (int64_t slice = slices - 1; slice >= 0 && !status; slice--)
			status = run_unit(a, job, phase, block, slice, slice + 1, slices);
	return status;
}

lam_status lam_alone_run(lam_alone *a, lam_job job, int64_t block)
{
	static const char *const function[LAM_JOBS] = {[LAM_FORWARD] = ".forward",
		[LAM_BACKWARD] = ".backward",
		[LAM_GRADIENT] = ".gradient"};
	LAM_FLOAT_SCOPE(before, LAM_FLOAT_FLUSH);
	const uint64_t said = lam_failures();
	const bool one = block >= 0 && a->by_block;
	lam_phase phase[LAM_MAX_PHASES];
	const int phases = lam_call_phases(a->call, job, a->mode, a->blocks, phase);
	lam_status status = LAM_OK;
	if (job == LAM_FORWARD)
		set_back(a);
	for (int p = 0; p < phases && !status; p++) {
		const int64_t first = one ? block : 0,
			      end = one      ? block + 1
			: phase[p].per_block ? a->blocks
					     : 1;
		status = run_phase(a, job, p, phase[p].slices, first, end);
	}
	if (!status)
		return LAM_OK;
	const lam_call_name title = lam_call_title(a->call);
	if (lam_unsaid(status, said))
		return lam_fail_unsaid(status, title.text, function[job]);
	return lam_fail(status, "%s: %s", title.text, lam_error());
}

/* What the plan does in place of backward: each dx is dy, or a part of it. */
static void hand_dy_on(const lam_alone *a)
{
	const lam_guarded *dy = lam_alone_array(a, REACH_DY, 0);
	size_t begin = 0;
	for (int k = 0; k < a->call->inputs; k++) {
		const lam_guarded *dx = lam_alone_array(a, REACH_DX, k);
		for (int64_t b = 0; b < a->blocks; b++)
			memcpy(lam_guarded_part(dx, b),
				(unsigned char *)lam_guarded_part(dy, b) + begin, dx->bytes);
		if (a->call->layer_class->flags & LAM_SIDE_BY_SIDE)
			begin += dx->bytes;
	}
}

lam_status lam_alone_run_backward(lam_alone *a)
{
	if (a->call->layer_class->flags & LAM_HANDS_DY_ON) {
		hand_dy_on(a);
		return LAM_OK;
	}
	lam_status status = LAM_OK;
	if (lam_alone_has(a, LAM_GRADIENT))
		status = lam_alone_run(a, LAM_GRADIENT, -1);
	return status ? status : lam_alone_run(a, LAM_BACKWARD, -1);
}
