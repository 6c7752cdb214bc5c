/* SPDX-License-Identifier: MIT */
#include "framework/net/ends.h"

#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/net/ask_loss.h"
#include "framework/net/targets.h"

#include <math.h>

lam_status lam_ends_make(lam_net *net)
{
	const lam_plan *plan = &net->plan;
	net->inputs = lam_alloc((size_t)plan->input_count, sizeof *net->inputs);
	net->outputs = lam_alloc((size_t)plan->output_count, sizeof *net->outputs);
	net->losses = lam_alloc((size_t)plan->loss_count, sizeof *net->losses);
	net->watched = lam_alloc((size_t)plan->watched_count, sizeof *net->watched);
	net->run_inputs = lam_alloc((size_t)plan->input_count, sizeof *net->run_inputs);
	net->run_targets = lam_alloc((size_t)plan->loss_count, sizeof *net->run_targets);
	net->run_y = lam_alloc((size_t)plan->output_count, sizeof *net->run_y);
	net->run_dy = lam_alloc((size_t)plan->output_count, sizeof *net->run_dy);
	if (!net->inputs || !net->outputs || !net->losses || !net->watched || !net->run_inputs
		|| !net->run_targets || !net->run_y || !net->run_dy)
		return LAM_ERR_MEMORY;
	for (int i = 0; i < plan->loss_count; i++) {
		lam_loss_end *loss = &net->losses[i];
		lam_status status = lam_net_check_loss(net, i, &loss->info);
		if (status)
			return status;
		loss->value = NAN;
		loss->made_weight = plan->losses[i].weight;
		loss->target_bytes = (size_t)lam_target_values(&loss->info)
			* (loss->info.type == LAM_CLASSES ? sizeof(int32_t) : sizeof(lam_real));
	}
	return LAM_OK;
}

/* Adds rows x row bytes, aligned, to a sum. */
static bool add_bytes(int64_t *sum, int64_t row, int64_t rows)
{
	int64_t bytes;
	if (__builtin_mul_overflow(row, rows, &bytes) || bytes > LAM_MAX_COUNT * LAM_ALIGN)
		return false;
	*sum += (int64_t)lam_size_align((size_t)bytes);
	return *sum <= LAM_MAX_COUNT * LAM_ALIGN;
}

static int64_t row_bytes(const lam_plan *plan, lam_slot slot)
{
	return plan->slots[slot].features * (int64_t)sizeof(lam_real);
}

/* The bytes of an input in the net's own layout: lane blocks, made of the caller's rows. A net of
 * few samples reads rows, makes them of the lane blocks that a loader gives it, and copies the
 * caller's for a backward in a later run. */
static bool add_input(lam_net *net, int k)
{
	const lam_plan *plan = &net->plan;
	const int64_t row = row_bytes(plan, k);
	if (!plan->few)
		return add_bytes(&net->sizes.input, row * LAM_LANES, net->max_blocks);
	return (plan->inference && !plan->loss_count)
		|| add_bytes(&net->sizes.input, row, net->max_batch);
}

bool lam_ends_measure(lam_net *net)
{
	const lam_plan *plan = &net->plan;
	lam_net_sizes *sizes = &net->sizes;
	bool fits = true;
	for (int k = 0; k < plan->input_count && fits; k++) {
		fits = add_input(net, k);
		if (fits && plan->input_grad)
			fits = add_bytes(
				&sizes->input_grad_rows, row_bytes(plan, k), net->max_batch);
	}
	for (int i = 0; i < plan->output_count && fits; i++)
		fits = add_bytes(&sizes->output_rows, row_bytes(plan, plan->outputs[i].slot),
			net->max_batch);
	for (int i = 0; i < plan->loss_count && fits && !plan->inference; i++)
		fits = add_bytes(&sizes->target_copy, (int64_t)net->losses[i].target_bytes,
			       net->max_batch)
			&& add_bytes(
				&sizes->target_copy, (int64_t)sizeof(lam_real), net->max_batch);
	for (int i = 0; i < plan->watched_count && fits; i++)
		fits = add_bytes(
			&sizes->value_rows, row_bytes(plan, plan->watched[i].slot), net->max_batch);
	return fits;
}

/* Takes the next rows x row bytes of an array of all ends. */
static void *take(unsigned char **at, int64_t row, int64_t rows)
{
	unsigned char *taken = *at;
	*at += lam_size_align((size_t)(row * rows));
	return taken;
}

static void divide(lam_net *net)
{
	const lam_plan *plan = &net->plan;
	unsigned char *input = net->input, *grads = net->input_grad_rows, *rows = net->output_rows,
		      *targets = net->target_copy, *values = net->value_rows;
	const int64_t most = net->max_batch;
	for (int k = 0; k < plan->input_count; k++) {
		const int64_t row = row_bytes(plan, k);
		if (net->sizes.input)
			net->inputs[k].blocks = plan->few
				? take(&input, row, most)
				: take(&input, row * LAM_LANES, net->max_blocks);
		if (plan->input_grad)
			net->inputs[k].grad_rows = take(&grads, row, most);
		net->inputs[k].block = lam_slot_values(&plan->slots[k]);
	}
	for (int i = 0; i < plan->output_count; i++)
		net->outputs[i].rows = take(&rows, row_bytes(plan, plan->outputs[i].slot), most);
	for (int i = 0; i < plan->watched_count; i++)
		net->watched[i].rows = take(&values, row_bytes(plan, plan->watched[i].slot), most);
	for (int i = 0; i < plan->loss_count && !plan->inference; i++) {
		net->losses[i].target_copy = take(
			&targets, (int64_t)net->losses[i].target_bytes, most);
		net->losses[i].weight_copy = take(&targets, (int64_t)sizeof(lam_real), most);
	}
}

bool lam_ends_allocate(lam_net *net)
{
	const lam_net_sizes *s = &net->sizes;
	const size_t blocks = (size_t)(net->plan.few ? net->plan.few : net->max_blocks);
	net->input = lam_alloc_blank((size_t)s->input, 1);
	net->output_rows = lam_alloc_blank((size_t)s->output_rows, 1);
	if (!net->input || !net->output_rows)
		return false;
	if (s->target_copy && !(net->target_copy = lam_alloc((size_t)s->target_copy, 1)))
		return false;
	if (s->input_grad_rows
		&& !(net->input_grad_rows = lam_alloc((size_t)s->input_grad_rows, 1)))
		return false;
	if (s->value_rows && !(net->value_rows = lam_alloc_blank((size_t)s->value_rows, 1)))
		return false;
	divide(net);
	for (int i = 0; i < net->plan.loss_count; i++)
		if (!(net->losses[i].sums = lam_alloc(blocks, sizeof *net->losses[i].sums)))
			return false;
	return true;
}

void lam_ends_free(lam_net *net)
{
	for (int i = 0; net->losses && i < net->plan.loss_count; i++) {
		lam_free(net->losses[i].sums);
		for (int k = 0; k < LAM_SCORES; k++)
			lam_free(net->losses[i].confusion[k]);
	}
	lam_free(net->run_inputs);
	lam_free(net->run_targets);
	lam_free(net->run_y);
	lam_free(net->run_dy);
	lam_free(net->inputs);
	lam_free(net->outputs);
	lam_free(net->losses);
	lam_free(net->watched);
	lam_free(net->input);
	lam_free(net->output_rows);
	lam_free(net->input_grad_rows);
	lam_free(net->target_copy);
	lam_free(net->value_rows);
}
