/* SPDX-License-Identifier: MIT */
/* Runs a unit: makes the views that a layer gets and calls it, or hands the unit to block_unit.c or
 * param_unit.c. */
#include "framework/base/clock.h"
#include "framework/base/failure.h"
#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/net/average.h"
#include "framework/net/batch.h"
#include "framework/net/block_unit.h"
#include "framework/net/elements.h"
#include "framework/net/gather.h"
#include "framework/net/late.h"
#include "framework/net/param_unit.h"
#include "framework/net/place.h"
#include "framework/net/profile.h"
#include "framework/plan/front.h"
#include "framework/plan/times.h"
#include "framework/random.h"

#include <string.h>

/* The views of a layer's inputs and output, and of their gradients. */
struct views {
	lam_view *x, *dx; /* [inputs], in this thread's part of the net's list */
	lam_view y, dy;
};

/* The buffer of input `k` for a job of a call, which `again` computes again; BUFFER_NONE: the job
 * does not read it. */
static int x_buffer(
	const lam_plan *plan, const lam_call *call, lam_job job, const lam_again *again, int k)
{
	const uint32_t flags = call->layer_class->flags;
	if (again)
		return plan->sources[again->first_source + k].buffer;
	if (job == LAM_FORWARD)
		return plan->slots[call->in[k].slot].buffer;
	const bool given_up = job == LAM_BACKWARD && call->gradient && flags & LAM_GRADIENT_READS_X;
	return flags & LAM_KEEP_X && !given_up ? call->in[k].kept.buffer : BUFFER_NONE;
}

/* The view of a call's input or output for one of the call's blocks. Of a conversion to or from
 * batch lanes, the other side has samples: those of the block, from its first on. */
static lam_view view_of(
	const lam_net *net, const lam_call *call, lam_slot slot, int buffer, int64_t block)
{
	const bool samples = !call->by_sample && net->plan.slots[slot].layout != LAM_BATCH_LANES;
	return lam_net_view(net, slot, buffer, samples ? block * LAM_LANES : block);
}

static struct views views_of(const lam_net *net, const lam_call *call, lam_job job,
	const lam_again *again, bool gates, int64_t block, int thread)
{
	const uint32_t flags = call->layer_class->flags;
	const lam_slot_info *out = &net->plan.slots[call->out];
	const bool back = job != LAM_FORWARD;
	struct views views;
	views.x = net->views + thread * net->view_stride;
	views.dx = views.x + net->plan.most_inputs;
	for (int k = 0; k < call->inputs; k++) {
		const int x = x_buffer(&net->plan, call, job, again, k);
		const int dx = job == LAM_BACKWARD ? call->in[k].dx : BUFFER_NONE;
		views.x[k] = view_of(net, call, call->in[k].slot, x, block);
		views.x[k].layout = call->x_layout;
		views.dx[k] = view_of(net, call, call->in[k].slot, dx, block);
		views.dx[k].layout = call->x_layout;
	}
	const bool reads_y = flags & LAM_KEEP_Y || (gates && call->added >= 0);
	const int y = again ? again->out
		: !back     ? out->buffer
		: reads_y   ? call->y_kept.buffer
			    : BUFFER_NONE;
	views.y = view_of(net, call, call->out, y, block);
	views.y.layout = call->out_layout;
	views.dy = view_of(net, call, call->out, back ? out->gradient : BUFFER_NONE, block);
	views.dy.layout = call->out_layout;
	return views;
}

/* An elementwise job gets the values of its slices, as if there were no others. */
static void take_elements(lam_pass *pass, struct views *views, const lam_unit *unit)
{
	for (int k = 0; k < pass->inputs; k++) {
		elements_take(&views->x[k], unit);
		elements_take(&views->dx[k], unit);
	}
	elements_take(&views->y, unit);
	elements_take(&views->dy, unit);
	pass->slice = 0;
	pass->slice_end = pass->slices = 1;
}

/* Backward of a call that computes nothing: copies dy, or parts of it, where the gradient cannot
 * lie in dy itself. */
static void copy_parts(const lam_net *net, const lam_call *call, const struct views *views,
	const lam_unit *unit, int64_t block)
{
	for (int k = 0; k < call->inputs; k++) {
		if (call->in[k].copied == BUFFER_NONE)
			continue;
		lam_view from = lam_net_view(net, call->in[k].slot, call->in[k].copied, block);
		elements_take(&from, unit);
		lam_kernel()->map.copy(views->dx[k].data, from.data, (size_t)from.values);
	}
}

typedef lam_status job_function(const lam_layer *self, const lam_pass *pass);

/* The function of the class, or of its lam_sample_form, that does a job of a call. */
static job_function *function_of(const lam_call *call, lam_job job)
{
	const lam_layer_class *c = call->layer_class;
	if (!call->by_sample || !c->sample)
		return job == LAM_FORWARD     ? c->forward
			: job == LAM_GRADIENT ? c->gradient
					      : c->backward;
	return job == LAM_FORWARD     ? c->sample->forward
		: job == LAM_GRADIENT ? c->sample->training->gradient
				      : c->sample->training->backward;
}

/* The three arrays of a packed copy that .channel_map makes. */
static lam_real *channel_map_of(const lam_net *net, const lam_call *call, int array)
{
	const lam_packed_copy *copy = &net->plan.packed[call->map_copy];
	return (lam_real *)(net->packed + copy->offset)
		+ array * (copy->bytes / 3 / (int64_t)sizeof(lam_real));
}

/* What a call applies to its output in `block`, of the calls that it has absorbed. */
static lam_finish finish_of(const lam_net *net, const lam_call *call, int64_t block)
{
	const lam_call *calls = net->plan.calls;
	lam_finish finish = {0};
	if (call->mapped >= 0) {
		finish.center = channel_map_of(net, &calls[call->mapped], 0);
		finish.factor = channel_map_of(net, &calls[call->mapped], 1);
		finish.term = channel_map_of(net, &calls[call->mapped], 2);
	}
	if (call->added >= 0)
		finish.added = lam_net_view(
			net, call->added, net->plan.slots[call->added].buffer, block)
				       .data;
	if (call->applied >= 0) {
		finish.apply = calls[call->applied].layer_class->apply;
		finish.layer = calls[call->applied].layer;
	}
	return finish;
}

/* What a task computes again; NULL: it is another task. */
static const lam_again *again_of(const lam_plan *plan, const lam_task *task)
{
	return task->kind == TASK_AGAIN ? &plan->agains[task->index] : NULL;
}

/* The forward of a call's front, for the same block, in all its slices. */
struct front {
	lam_front front;
	lam_pass pass;
	lam_view x, y;
	lam_finish finish;
};

static const lam_front *front_of(
	const lam_net *net, const lam_call *call, const lam_pass *pass, struct front *front)
{
	const lam_call *of = call - call->front_before;
	const lam_slot x = of->in[0].slot;
	front->x = lam_net_view(net, x, net->plan.slots[x].buffer, pass->block);
	front->x.layout = of->x_layout;
	front->y = pass->x[0];
	front->finish = finish_of(net, of, pass->block);
	front->pass = *pass;
	front->pass.slice = 0;
	front->pass.slice_end = front->pass.slices = 1;
	front->pass.inputs = 1;
	front->pass.x = &front->x;
	front->pass.y = front->pass.out = &front->y;
	front->pass.epilogue = of->epilogue;
	front->pass.finish = of->mapped >= 0 || of->applied >= 0 ? &front->finish : NULL;
	front->pass.w = of->w;
	front->pass.packed = of->packed;
	front->pass.state = of->state;
	front->front = (lam_front){of->layer, &front->pass};
	return &front->front;
}

/* Runs units of a layer. */
static lam_status run_call(const lam_walk *walk, const lam_unit *unit)
{
	const lam_net *net = walk->net;
	const lam_task of_call = lam_task_job(&net->plan, unit->task);
	const lam_again *again = again_of(&net->plan, unit->task);
	lam_gathered gathered;
	struct lam_late late;
	const lam_call *call = &net->plan.calls[of_call.index];
	const lam_job job = (lam_job)of_call.kind;
	const struct batch p = batch_of(walk, unit, call);
	const int64_t block = p.first + p.block;
	const bool gates = job == LAM_BACKWARD && call->gates && walk->run.mode == LAM_TRAIN,
		   absorbs = job == LAM_FORWARD || gates;
	struct views views = views_of(net, call, job, again, gates, block, unit->thread);
	const bool finishes = call->mapped >= 0 || call->added >= 0 || call->applied >= 0;
	const lam_finish finish = finish_of(net, call, block);
	const lam_place saved = lam_net_place(net, call->saved);
	lam_pass pass = {
		.mode = walk->run.mode,
		.phase = unit->phase,
		.n = p.n,
		.blocks = p.blocks,
		.block = p.block,
		.real = call->by_sample ? 1 : lanes_used(p.n, p.block),
		.slice = unit->slice,
		.slice_end = unit->slice_end,
		.slices = unit->slices,
		.inputs = call->inputs,
		.x = views.x,
		.y = &views.y,
		.dy = &views.dy,
		.out = &views.y,
		.dx = views.dx,
		.epilogue = absorbs ? call->epilogue : LAM_EPILOGUE_NONE,
		.finish = absorbs && finishes ? &finish : NULL,
		.w = call->w,
		.packed = call->packed,
		.dw = call->dw,
		.state = call->state,
		.saved = saved.data ? saved.data + block * saved.block : NULL,
		.saved_block = (size_t)saved.block * sizeof(lam_real),
		.shared = net->shared,
		.scratch = net->scratch + (int64_t)unit->thread * net->plan.scratch_bytes,
		.key = lam_random_key(net->seed, walk->pass, (uint64_t)call->number),
		.backward_may_follow = walk->backward_may_follow || again,
		.row = p.row,
		.again = again,
		.gathered = lam_gathered_of(walk->run.shard, &net->plan, &of_call, &gathered),
		.taker = lam_late_taker(walk, unit->task, &late),
	};
	struct front front;
	if (job == LAM_FORWARD && call->fronted)
		pass.front = front_of(net, call, &pass, &front);
	if (elements_job(call, job, pass.mode))
		take_elements(&pass, &views, unit);
	if (call->loss >= 0)
		add_loss(&pass, &net->losses[call->loss], &p);
	if (job == LAM_BACKWARD && (call->layer_class->flags & LAM_HANDS_DY_ON)) {
		copy_parts(net, call, &views, unit, block);
		return LAM_OK;
	}
	return function_of(call, job)(call->layer, &pass);
}

static lam_status run_pack(const lam_walk *walk, const lam_unit *unit)
{
	const lam_plan *plan = &walk->net->plan;
	const lam_packed_copy *copy = &plan->packed[unit->task->index];
	const lam_call *call = &plan->calls[copy->call];
	const uint64_t before = lam_failures();
	const lam_sample_form *sample = call->by_sample ? call->layer_class->sample : NULL;
	if (copy->index == LAM_CHANNEL_MAP) {
		call->layer_class->channel_map(call->layer, call->w, call->state,
			channel_map_of(walk->net, call, 0), channel_map_of(walk->net, call, 1),
			channel_map_of(walk->net, call, 2));
		return LAM_OK;
	}
	const lam_real *w = plan->params[copy->param]->value;
	void *packed = walk->net->packed + copy->offset;
	for (int64_t slice = unit->slice; slice < unit->slice_end; slice++) {
		lam_status status = sample ? sample->pack(call->layer, call->x_layout, copy->index,
					    w, packed, slice, unit->slices)
					   : call->layer_class->pack(call->layer, copy->index, w,
						   packed, slice, unit->slices);
		if (status)
			return lam_unsaid(status, before)
				? lam_fail_unsaid(status, lam_call_title(call).text, ".pack")
				: status;
	}
	return LAM_OK;
}

/* Runs units of a layer; a failure's sentence begins with the layer's kind and path. */
static lam_status run_named(const lam_walk *walk, const lam_unit *unit)
{
	static const char *const function[LAM_JOBS] = {[LAM_FORWARD] = ".forward",
		[LAM_BACKWARD] = ".backward",
		[LAM_GRADIENT] = ".gradient"};
	const uint64_t before = lam_failures();
	lam_status status = run_call(walk, unit);
	if (!status)
		return LAM_OK;
	const lam_task job = lam_task_job(&walk->net->plan, unit->task);
	const lam_call_name title = lam_call_title(&walk->net->plan.calls[job.index]);
	if (lam_unsaid(status, before))
		return lam_fail_unsaid(status, title.text, function[job.kind]);
	return lam_fail(status, "%s: %s", title.text, lam_error());
}

static lam_status run_unit(lam_walk *walk, const lam_unit *unit)
{
	switch (unit->task->kind) {
	case TASK_FORWARD:
	case TASK_GRADIENT:
	case TASK_BACKWARD:
	case TASK_AGAIN:
		return run_named(walk, unit);
	case TASK_ROWS_IN:
	case TASK_ROWS_OUT:
	case TASK_DY_IN:
	case TASK_WEIGHT:
	case TASK_SUM:
		lam_block_unit(walk, unit);
		return LAM_OK;
	case TASK_PACK:
		return run_pack(walk, unit);
	case TASK_AVERAGE:
		lam_average_unit(walk, unit);
		return LAM_OK;
	case TASK_SHARDS:
		lam_shard_unit(walk, unit);
		return LAM_OK;
	case TASK_STATES:
		lam_shard_states_unit(walk, unit);
		return LAM_OK;
	case TASK_SIDE:
		for (int64_t slice = unit->slice; slice < unit->slice_end; slice++) {
			lam_status status = walk->run.side->run(walk->run.side->data, slice);
			if (status)
				return status;
		}
		return LAM_OK;
	default:
		return lam_run_param(walk, unit);
	}
}

lam_status lam_unit_run(lam_walk *walk, const lam_unit *unit)
{
	struct lam_profile *profile = walk->profile;
	if (!profile)
		return run_unit(walk, unit);
	const double began = lam_clock_now();
	const lam_status status = run_unit(walk, unit);
	profile->seconds[unit->thread * profile->stride + unit->task->place] += lam_clock_now()
		- began;
	return status;
}
