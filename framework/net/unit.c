/* What one unit of work does: the views that a layer sees, the rows at the net's ends, the pieces
 * of a parameter. */
#include "framework/base/failure.h"
#include "framework/kernels/kernels.h"
#include "framework/net/walk.h"
#include "framework/random.h"

#include <math.h>
#include <string.h>

static bool updates_whole(const lam_net *net, const struct lam_param *param)
{
	return net->plan.calls[param->call].layer_class->update != NULL;
}

static lam_job job_of(lam_work_kind kind)
{
	return kind == WORK_FORWARD     ? LAM_FORWARD
		: kind == WORK_BACKWARD ? LAM_BACKWARD
					: LAM_GRADIENT;
}

/* The phases of a call's job, as its class says or by default. */
static int call_phases(const lam_walk *walk, const lam_call *call, lam_job job, lam_phase *phase)
{
	const lam_layer_class *layer_class = call->layer_class;
	const int64_t blocks = lam_call_blocks(call, walk->run->n);
	if (call->by_sample && layer_class->sample) {
		if (layer_class->sample->phases)
			return layer_class->sample->phases(
				call->layer, call->x_layout, blocks, phase);
		phase[0] = (lam_phase){true, 1};
		return 1;
	}
	if (layer_class->phases)
		return layer_class->phases(call->layer, job, walk->run->mode, blocks, phase);
	bool sums_over_blocks = job == LAM_GRADIENT
		|| (job == LAM_BACKWARD && call->params > 0 && !layer_class->gradient);
	phase[0] = (lam_phase){!sums_over_blocks, 1};
	return 1;
}

int lam_work_phases(const lam_walk *walk, const lam_work *work, lam_phase *phase)
{
	const lam_plan *plan = &walk->net->plan;
	switch (work->kind) {
	case WORK_FORWARD:
	case WORK_GRADIENT:
	case WORK_BACKWARD:
		return call_phases(walk, &plan->calls[work->index], job_of(work->kind), phase);
	case WORK_PACK:
		phase[0] = (lam_phase){false, plan->packed[work->index].slices};
		return 1;
	case WORK_ACCUMULATE:
	case WORK_NORM:
		phase[0] = (lam_phase){false, lam_update_pieces(plan->params[work->index]->count)};
		return 1;
	case WORK_UPDATE:
		phase[0] = (lam_phase){false,
			updates_whole(walk->net, plan->params[work->index])
				? 1
				: lam_update_pieces(plan->params[work->index]->count)};
		return 1;
	case WORK_SIDE:
		phase[0] = (lam_phase){false, walk->run->side->units};
		return 1;
	default:
		phase[0] = (lam_phase){true, 1};
		return 1;
	}
}

int64_t lam_work_blocks(const lam_walk *walk, const lam_work *work)
{
	const lam_plan *plan = &walk->net->plan;
	if (work->kind == WORK_FORWARD)
		return lam_call_blocks(&plan->calls[work->index], walk->run->n);
	if (work->kind == WORK_ROWS_OUT && plan->slots[plan->output].layout != LAM_BATCH_LANES)
		return walk->run->n;
	return walk->blocks;
}

bool lam_work_shares(const lam_walk *walk, const lam_work *work)
{
	if (work->kind != WORK_FORWARD && work->kind != WORK_BACKWARD
		&& work->kind != WORK_GRADIENT)
		return false;
	const lam_call *call = &walk->net->plan.calls[work->index];
	lam_job job = job_of(work->kind);
	return call->shared[job] || call->shared_per_block[job];
}

static lam_view view_of(const lam_net *net, lam_slot s, int buffer, int64_t block)
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

static int64_t real_lanes(int64_t n, int64_t block)
{
	int64_t left = n - block * LAM_LANES;
	return left < LAM_LANES ? left : LAM_LANES;
}

/* Runs units of a layer. */
static lam_status run_call(const lam_walk *walk, const lam_unit *unit)
{
	const lam_net *net = walk->net;
	const lam_call *call = &net->plan.calls[unit->work->index];
	const lam_layer_class *layer_class = call->layer_class;
	lam_job job = job_of(unit->work->kind);
	uint32_t flags = layer_class->flags;
	bool back = job != LAM_FORWARD;
	lam_view x[LAM_MAX_INPUTS], dx[LAM_MAX_INPUTS], y, dy;
	for (int k = 0; k < call->inputs; k++) {
		const lam_slot_info *slot = &net->plan.slots[call->in[k]];
		x[k] = view_of(net, call->in[k],
			back && !(flags & LAM_KEEP_X) ? BUFFER_NONE : slot->buffer, unit->block);
		dx[k] = view_of(net, call->in[k], job == LAM_BACKWARD ? call->dx[k] : BUFFER_NONE,
			unit->block);
	}
	const lam_slot_info *out = &net->plan.slots[call->out];
	y = view_of(net, call->out, back && !(flags & LAM_KEEP_Y) ? BUFFER_NONE : out->buffer,
		unit->block);
	dy = view_of(net, call->out, back ? out->gradient : BUFFER_NONE, unit->block);
	for (int k = 0; k < call->inputs; k++)
		x[k].layout = call->x_layout;
	y.layout = call->out_layout;

	lam_pass pass = {
		.mode = walk->run->mode,
		.phase = unit->phase,
		.n = walk->run->n,
		.blocks = lam_call_blocks(call, walk->run->n),
		.block = unit->block,
		.real = call->by_sample ? 1 : real_lanes(walk->run->n, unit->block),
		.slice = unit->slice,
		.slice_end = unit->slice_end,
		.slices = unit->slices,
		.inputs = call->inputs,
		.x = x,
		.y = &y,
		.dy = &dy,
		.out = &y,
		.dx = dx,
		.epilogue = call->epilogue,
		.w = call->w,
		.packed = call->packed,
		.dw = call->dw,
		.state = call->state,
		.saved_block = (size_t)net->plan.block_bytes,
		.shared = net->shared,
		.scratch = net->scratch + (int64_t)unit->thread * net->plan.scratch_bytes,
		.key = lam_random_key(net->seed, walk->pass, (uint64_t)unit->work->index),
		.targets = walk->run->targets,
		.loss = (flags & LAM_LOSS) && walk->run->targets ? net->loss_sums + unit->block
								 : NULL,
	};
	if (call->saved != BUFFER_NONE)
		pass.saved = (unsigned char *)lam_net_buffer(net, call->saved)
			+ unit->block * net->plan.block_bytes;
	if (call->by_sample && layer_class->sample)
		return layer_class->sample->forward(call->layer, &pass);
	if (job == LAM_FORWARD)
		return layer_class->forward(call->layer, &pass);
	if (job == LAM_GRADIENT)
		return layer_class->gradient(call->layer, &pass);
	if (layer_class->flags & (LAM_VIEW | LAM_PASSES_DY)) {
		for (int k = 0; k < call->inputs; k++)
			if (call->copies_dy[k])
				lam_kernel()->map.copy(dx[k].data, dy.data, (size_t)dy.values);
		return LAM_OK;
	}
	return layer_class->backward(call->layer, &pass);
}

/* The values of a parameter that a unit works on: whole pieces, or all of them when it is not cut.
 */
static void param_piece(
	const lam_unit *unit, const struct lam_param *param, int64_t *first, int64_t *count)
{
	*first = unit->slices == 1 ? 0 : unit->slice * LAM_UPDATE_PIECE;
	int64_t end = unit->slices == 1 ? param->count : unit->slice_end * LAM_UPDATE_PIECE;
	*count = (end < param->count ? end : param->count) - *first;
}

static lam_status run_update(
	const lam_walk *walk, const lam_unit *unit, const struct lam_param *param)
{
	const lam_net *net = walk->net;
	const lam_call *call = &net->plan.calls[param->call];
	int64_t first, count;
	param_piece(unit, param, &first, &count);
	const char *dot = strrchr(param->name, '.');
	lam_update update = {
		.optimizer = walk->run->optimizer,
		.name = dot ? dot + 1 : param->name,
		.param = param->index,
		.value = param->value + first,
		.grad = param->grad + first,
		.count = count,
		.step = net->updates,
		.grad_scale = 1,
		.decays = param->decays,
	};
	for (int m = 0; m < net->moment_count; m++)
		update.moment[m] = net->moments[m] + param->offset + first;
	if (walk->run->clip > 0 && walk->norm > walk->run->clip)
		update.grad_scale = (lam_real)(walk->run->clip / walk->norm);
	if (!call->layer_class->update)
		return lam_update_default(&update);
	const uint64_t before = lam_failures();
	lam_status status = call->layer_class->update(call->layer, &update);
	return lam_unsaid(status, before)
		? lam_fail_unsaid(status, lam_call_title(call).text, ".update")
		: status;
}

/* The kernel's squares overflow at gradients that do not: those are squared as doubles. */
static double sum_squares(const lam_real *grad, int64_t count)
{
	double sum = lam_kernel()->reduce.sum_squares(grad, (size_t)count);
	if (isfinite(sum))
		return sum;
	sum = 0;
	for (int64_t i = 0; i < count; i++)
		sum += (double)grad[i] * (double)grad[i];
	return sum;
}

/* Runs units of one parameter: a piece of its sum, its norm or its update. */
static lam_status run_param(lam_walk *walk, const lam_unit *unit)
{
	const lam_net *net = walk->net;
	const struct lam_param *param = net->plan.params[unit->work->index];
	int64_t first, count;
	param_piece(unit, param, &first, &count);
	if (unit->work->kind == WORK_UPDATE)
		return run_update(walk, unit, param);
	if (unit->work->kind == WORK_ACCUMULATE) {
		lam_real *sum = param->grad + first;
		const lam_real *fresh = net->fresh + param->offset + first;
		for (int64_t i = 0; i < count; i++)
			sum[i] += fresh[i];
		return LAM_OK;
	}
	for (int64_t slice = unit->slice; slice < unit->slice_end; slice++) {
		int64_t begin = slice * LAM_UPDATE_PIECE;
		int64_t end = begin + LAM_UPDATE_PIECE < param->count ? begin + LAM_UPDATE_PIECE
								      : param->count;
		net->norm_sums[unit->work->base + slice] = sum_squares(
			param->grad + begin, end - begin);
	}
	return LAM_OK;
}

/* Runs units of the two ends of the net, where rows become lane blocks and lane blocks become rows.
 */
static lam_status run_rows(const lam_walk *walk, const lam_unit *unit)
{
	const lam_net *net = walk->net;
	const lam_run *run = walk->run;
	int real = (int)real_lanes(walk->run->n, unit->block);
	int64_t row = unit->block * LAM_LANES;
	if (unit->work->kind == WORK_ROWS_IN && net->plan.few) {
		const size_t features = (size_t)net->plan.slots[0].features;
		lam_kernel()->transpose.block_to_rows(
			net->input, features, run->lanes, features, real);
	} else if (unit->work->kind == WORK_ROWS_IN) {
		lam_view x = view_of(net, 0, BUFFER_INPUT, unit->block);
		lam_kernel()->transpose.rows_to_block(x.data, run->rows + row * x.features,
			(size_t)x.features, (size_t)x.features, real);
	} else if (unit->work->kind == WORK_ROWS_OUT) {
		lam_view y = view_of(net, net->plan.output,
			net->plan.slots[net->plan.output].buffer, unit->block);
		if (y.layout != LAM_BATCH_LANES)
			memcpy(run->y_rows + unit->block * y.features, y.data,
				(size_t)y.features * sizeof *y.data);
		else
			lam_kernel()->transpose.block_to_rows(run->y_rows + row * y.features,
				(size_t)y.features, y.data, (size_t)y.features, real);
	} else {
		lam_view dy = view_of(net, net->plan.output,
			net->plan.slots[net->plan.output].gradient, unit->block);
		lam_kernel()->transpose.rows_to_block(dy.data, run->dy_rows + row * dy.features,
			(size_t)dy.features, (size_t)dy.features, real);
		lam_kernel()->map.clear_idle(dy.data, (size_t)dy.values, real);
	}
	return LAM_OK;
}

static lam_status run_pack(const lam_walk *walk, const lam_unit *unit)
{
	const lam_plan *plan = &walk->net->plan;
	const lam_packed_copy *copy = &plan->packed[unit->work->index];
	const lam_call *call = &plan->calls[copy->call];
	const uint64_t before = lam_failures();
	const lam_sample_form *sample = call->by_sample ? call->layer_class->sample : NULL;
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

/* Units of a layer; the sentence that it left gets its kind and path in front. */
static lam_status run_named(const lam_walk *walk, const lam_unit *unit)
{
	static const char *const function[LAM_JOBS] = {[LAM_FORWARD] = ".forward",
		[LAM_BACKWARD] = ".backward",
		[LAM_GRADIENT] = ".gradient"};
	const uint64_t before = lam_failures();
	lam_status status = run_call(walk, unit);
	if (!status)
		return LAM_OK;
	const lam_call_name title = lam_call_title(&walk->net->plan.calls[unit->work->index]);
	if (lam_unsaid(status, before))
		return lam_fail_unsaid(status, title.text, function[job_of(unit->work->kind)]);
	return lam_fail(status, "%s: %s", title.text, lam_error());
}

lam_status lam_unit_run(lam_walk *walk, const lam_unit *unit)
{
	switch (unit->work->kind) {
	case WORK_FORWARD:
	case WORK_GRADIENT:
	case WORK_BACKWARD:
		return run_named(walk, unit);
	case WORK_ROWS_IN:
	case WORK_ROWS_OUT:
	case WORK_DY_IN:
		return run_rows(walk, unit);
	case WORK_PACK:
		return run_pack(walk, unit);
	case WORK_SUM: {
		const lam_gradient_sum *sum = &walk->net->plan.sums[unit->work->index];
		lam_slot slot = walk->net->plan.calls[sum->call].in[sum->input];
		lam_view to = view_of(walk->net, slot, sum->to, unit->block),
			 from = view_of(walk->net, slot, sum->from, unit->block);
		lam_kernel()->map.accumulate(to.data, from.data, (size_t)to.values);
		return LAM_OK;
	}
	case WORK_SIDE:
		for (int64_t slice = unit->slice; slice < unit->slice_end; slice++) {
			lam_status status = walk->run->side->run(walk->run->side->data, slice);
			if (status)
				return status;
		}
		return LAM_OK;
	default:
		return run_param(walk, unit);
	}
}
