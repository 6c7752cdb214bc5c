/* SPDX-License-Identifier: MIT */
/* The public functions that run a net, all by lam_net_run(). */
#include "framework/kernels/kernels.h"
#include "framework/memory.h"
#include "framework/net/arenas.h"
#include "framework/net/ends.h"
#include "framework/net/optimizer_check.h"
#include "framework/net/place.h"
#include "framework/net/run.h"
#include "framework/net/use.h"
#include "framework/net/work.h"
#include "framework/threads/region.h"

#ifdef _OPENMP
#include <omp.h>
#endif

static lam_status no_net(const char *function)
{
	return lam_fail(LAM_ERR_ARGUMENT, "%s: the net is NULL", function);
}

/* The functions without names are for nets of one input, and of one loss or one output. */
static lam_status expect_single(const lam_net *net, const char *function)
{
	if (!net)
		return no_net(function);
	if (net->plan.input_count == 1 && net->plan.loss_count <= 1)
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT,
		"%s: the net has %d inputs and %d losses, which have names; expected %s_io",
		function, net->plan.input_count, net->plan.loss_count, function);
}

static lam_status forward(lam_net *net, const char *function, lam_mode mode, const lam_real *x,
	const void *targets, lam_targets_given given, int64_t n)
{
	lam_status status = expect_single(net, function);
	if (status)
		return status;
	return lam_net_run(net,
		&(lam_run){.what = LAM_RUN_FORWARD,
			.mode = mode,
			.n = n,
			.inputs = &(lam_run_input){.rows = x},
			.targets = &(lam_run_target){.data = targets, .given = given},
			.backward_may_follow = true});
}

/* Parentheses: the macros of these names choose among the three by the type of the targets. */
lam_status(lam_net_forward)(
	lam_net *net, lam_mode mode, const lam_real *x, const void *targets, int64_t n)
{
	return forward(net, "lam_net_forward", mode, x, targets, LAM_GIVEN_UNTYPED, n);
}

lam_status lam_net_forward_classes(
	lam_net *net, lam_mode mode, const lam_real *x, const int32_t *classes, int64_t n)
{
	return forward(net, "lam_net_forward", mode, x, classes, LAM_GIVEN_CLASSES, n);
}

lam_status lam_net_forward_values(
	lam_net *net, lam_mode mode, const lam_real *x, const lam_real *values, int64_t n)
{
	return forward(net, "lam_net_forward", mode, x, values, LAM_GIVEN_VALUES, n);
}

lam_status lam_net_backward(lam_net *net)
{
	if (!net)
		return no_net("lam_net_backward");
	return lam_net_run(net, &(lam_run){.what = LAM_RUN_BACKWARD});
}

lam_status lam_net_backward_from(lam_net *net, const lam_real *dy)
{
	if (!net)
		return no_net("lam_net_backward_from");
	if (!dy)
		return lam_fail(
			LAM_ERR_ARGUMENT, "lam_net_backward_from: the output gradient is NULL");
	if (net->plan.output_count != 1)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_backward_from: the net has %d outputs, which have names; expected "
			"lam_net_backward_from_io",
			net->plan.output_count);
	return lam_net_run(net, &(lam_run){.what = LAM_RUN_BACKWARD, .dy_rows = &dy});
}

lam_status lam_net_update(lam_net *net, const lam_optimizer *optimizer)
{
	if (!net)
		return no_net("lam_net_update");
	return lam_net_run(net, &(lam_run){.what = LAM_RUN_UPDATE, .optimizer = optimizer});
}

static lam_status step(lam_net *net, const lam_optimizer *optimizer, const lam_real *x,
	const void *targets, lam_targets_given given, int64_t n)
{
	lam_status status = expect_single(net, "lam_net_step");
	if (status)
		return status;
	return lam_net_run(net,
		&(lam_run){
			.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD | LAM_RUN_UPDATE,
			.mode = LAM_TRAIN,
			.n = n,
			.inputs = &(lam_run_input){.rows = x},
			.targets = &(lam_run_target){.data = targets, .given = given},
			.optimizer = optimizer,
		});
}

lam_status(lam_net_step)(lam_net *net, const lam_optimizer *optimizer, const lam_real *x,
	const void *targets, int64_t n)
{
	return step(net, optimizer, x, targets, LAM_GIVEN_UNTYPED, n);
}

lam_status lam_net_step_classes(lam_net *net, const lam_optimizer *optimizer, const lam_real *x,
	const int32_t *classes, int64_t n)
{
	return step(net, optimizer, x, classes, LAM_GIVEN_CLASSES, n);
}

lam_status lam_net_step_values(lam_net *net, const lam_optimizer *optimizer, const lam_real *x,
	const lam_real *values, int64_t n)
{
	return step(net, optimizer, x, values, LAM_GIVEN_VALUES, n);
}

lam_status lam_net_predict(lam_net *net, const lam_real *x, int64_t n, lam_real *y)
{
	if (!net)
		return no_net("lam_net_predict");
	if (!x || !y)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_predict: the %s is NULL",
			x ? "output" : "input");
	if (n < 1 || n > LAM_MAX_COUNT)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_predict: %lld samples; expected 1 to %lld", (long long)n,
			(long long)LAM_MAX_COUNT);
	if (net->plan.output_count != 1 || net->plan.input_count != 1)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_predict: the net has %d inputs and %d outputs, which have names; "
			"expected lam_net_predict_io",
			net->plan.input_count, net->plan.output_count);
	const int64_t in = net->plan.slots[0].features,
		      out = net->plan.slots[lam_plan_first_output(&net->plan)].features;
	for (int64_t first = 0; first < n; first += net->max_batch) {
		lam_real *rows = y + first * out;
		lam_status status = lam_net_run(net,
			&(lam_run){
				.what = LAM_RUN_FORWARD,
				.mode = LAM_EVAL,
				.n = n - first < net->max_batch ? n - first : net->max_batch,
				.inputs = &(lam_run_input){.rows = x + first * in},
				.y_rows = &rows,
			});
		if (status)
			return status;
	}
	return LAM_OK;
}

const lam_real *lam_end_output(lam_net *net, int i)
{
	if (!net->has_output || net->running == LAM_RUNS)
		return NULL;
	const lam_slot_info *slot = &net->plan.slots[net->plan.outputs[i].slot];
	lam_output_end *output = &net->outputs[i];
	if (!output->copied)
		lam_place_to_rows(output->rows, lam_net_place(net, slot->buffer), slot->features,
			net->n, slot->layout);
	output->copied = true;
	return output->rows;
}

const lam_real *lam_net_output(lam_net *net)
{
	return net ? lam_end_output(net, 0) : NULL;
}

const lam_real *lam_end_input_grad(lam_net *net, int k)
{
	const lam_slot_info *slot = &net->plan.slots[k];
	if (!net->has_input_grad || net->running == LAM_RUNS || slot->gradient == BUFFER_NONE)
		return NULL;
	lam_input_end *input = &net->inputs[k];
	if (!input->grad_copied)
		lam_place_to_rows(input->grad_rows, lam_net_place(net, slot->gradient),
			slot->features, net->n, slot->layout);
	input->grad_copied = true;
	return input->grad_rows;
}

const lam_real *lam_net_input_grad(lam_net *net)
{
	return net ? lam_end_input_grad(net, 0) : NULL;
}

lam_status lam_net_accumulate(lam_net *net, bool accumulate)
{
	if (!net)
		return no_net("lam_net_accumulate");
	if (net->plan.inference)
		return lam_fail(LAM_ERR_STATE,
			"lam_net_accumulate: the net was made for inference and has no gradients");
	lam_status status = lam_net_expect_free(net, "lam_net_accumulate");
	if (status)
		return status;
	if (accumulate && !net->fresh) {
		net->fresh = lam_region_alloc(
			(size_t)net->plan.param_values, sizeof(lam_real), net->threads);
		if (!net->fresh)
			return LAM_ERR_MEMORY;
	}
	net->accumulate = accumulate;
	net->sum_begun = false;
	return LAM_OK;
}

lam_status lam_net_prepare(lam_net *net, const lam_optimizer *optimizer)
{
	if (!net)
		return no_net("lam_net_prepare");
	if (optimizer) {
		if (net->plan.inference)
			return lam_fail(LAM_ERR_STATE,
				"lam_net_prepare: an optimizer for a net that was made for "
				"inference");
		lam_status status = lam_net_expect_free(net, "lam_net_prepare with an optimizer");
		if (!status)
			status = lam_optimizer_check(optimizer);
		if (!status)
			status = lam_net_moments(net, optimizer);
		if (status)
			return status;
	}
	lam_kernel();
#ifdef _OPENMP
	const int threads = lam_region_threads(lam_net_worth(net));
	int met = 0;
	if (threads > 1)
#pragma omp parallel num_threads(threads)
#pragma omp atomic
		met++;
#endif
	return LAM_OK;
}
