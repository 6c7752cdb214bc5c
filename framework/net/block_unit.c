/* SPDX-License-Identifier: MIT */
/* Work on the blocks of values at the net's ends and between its layers, which no layer does. */
#include "framework/net/block_unit.h"

#include "framework/kernels/kernels.h"
#include "framework/net/elements.h"
#include "framework/net/place.h"

#include <string.h>

/* Copies the caller's rows of an input to lane blocks; in a net of few samples, lane blocks or rows
 * to rows. */
static void rows_in(const lam_walk *walk, const lam_unit *unit, int used)
{
	const lam_net *net = walk->net;
	const int k = unit->task->index;
	const lam_run_input *given = &walk->run.inputs[k];
	const size_t features = (size_t)net->plan.slots[k].features;
	const int64_t first = unit->block * LAM_LANES * (int64_t)features;
	if (net->plan.few && given->rows)
		memcpy(net->inputs[k].blocks + first, given->rows + first,
			(size_t)used * features * sizeof *given->rows);
	else if (net->plan.few)
		lam_kernel()->transpose.block_to_rows(net->inputs[k].blocks + first, features,
			given->lanes + first, features, used);
	else
		lam_kernel()->transpose.rows_to_block(
			net->inputs[k].blocks + unit->block * net->inputs[k].block,
			given->rows + first, features, features, used);
}

/* Copies an output to the caller's rows. */
static void rows_out(const lam_walk *walk, const lam_unit *unit, int used)
{
	const lam_net *net = walk->net;
	const lam_slot s = net->plan.outputs[unit->task->index].slot;
	const lam_view y = lam_net_view(net, s, net->plan.slots[s].buffer, unit->block);
	lam_real *rows = walk->run.y_rows[unit->task->index];
	if (y.layout != LAM_BATCH_LANES)
		memcpy(rows + unit->block * y.features, y.data,
			(size_t)y.features * sizeof *y.data);
	else
		lam_kernel()->transpose.block_to_rows(rows + unit->block * LAM_LANES * y.features,
			(size_t)y.features, y.data, (size_t)y.features, used);
}

/* Copies the caller's gradient of an output, or of what a loss reads, to its layout: lane blocks,
 * or rows. */
static void dy_in(const lam_walk *walk, const lam_unit *unit, int used)
{
	const lam_plan *plan = &walk->net->plan;
	lam_slot s;
	const int buffer = lam_dy_buffer(plan, unit->task->index, &s);
	const lam_view dy = lam_net_view(walk->net, s, buffer, unit->block);
	const lam_real *rows = walk->run.dy_rows[unit->task->index];
	const size_t features = (size_t)dy.features;
	const bool lanes = dy.layout == LAM_BATCH_LANES;
	if (rows && !lanes)
		memcpy(dy.data, rows + unit->block * dy.features, features * sizeof *rows);
	if (!rows)
		lam_kernel()->map.fill(dy.data, 0, (size_t)dy.values);
	if (!rows || !lanes)
		return;
	lam_kernel()->transpose.rows_to_block(
		dy.data, rows + unit->block * LAM_LANES * dy.features, features, features, used);
	lam_kernel()->map.clear_idle(dy.data, (size_t)dy.values, used);
}

/* Multiplies the gradient that a loss has written by its weight. */
static void weigh(const lam_walk *walk, const lam_unit *unit)
{
	const lam_plan *plan = &walk->net->plan;
	const lam_planned_loss *loss = &plan->losses[unit->task->index];
	const lam_call *call = &plan->calls[loss->call];
	for (int k = 0; k < call->inputs; k++) {
		const lam_view dx = lam_net_view(
			walk->net, call->in[k].slot, call->in[k].dx, unit->block);
		if (dx.data)
			lam_kernel()->map.scale(dx.data, dx.data, loss->weight, (size_t)dx.values);
	}
}

/* Adds the gradient that one reader of a slot has computed to that of the others. */
static void add_gradient(const lam_walk *walk, const lam_unit *unit)
{
	const lam_gradient_sum *sum = &walk->net->plan.sums[unit->task->index];
	lam_view to = lam_net_view(walk->net, sum->slot, sum->to, unit->block),
		 from = lam_net_view(walk->net, sum->slot, sum->from, unit->block);
	elements_take(&to, unit);
	elements_take(&from, unit);
	lam_kernel()->map.accumulate(
		to.data + sum->at / (int64_t)sizeof(lam_real), from.data, (size_t)from.values);
}

void lam_block_unit(const lam_walk *walk, const lam_unit *unit)
{
	const int used = (int)lanes_used(walk->run.n, unit->block);
	switch (unit->task->kind) {
	case TASK_ROWS_IN:
		rows_in(walk, unit, used);
		break;
	case TASK_ROWS_OUT:
		rows_out(walk, unit, used);
		break;
	case TASK_DY_IN:
		dy_in(walk, unit, used);
		break;
	case TASK_WEIGHT:
		weigh(walk, unit);
		break;
	default:
		add_gradient(walk, unit);
	}
}
