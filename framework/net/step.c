/* The public steps of a net: thin words for lam_net_run(). */
#include "framework/base/failure.h"
#include "framework/kernels/kernels.h"
#include "framework/memory.h"
#include "framework/net/optimizer_check.h"
#include "framework/net/walk.h"
#include "framework/threads/region.h"

#include <math.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

static lam_status no_net(const char *function)
{
	return lam_fail(LAM_ERR_ARGUMENT, "%s: the net is NULL", function);
}

lam_status lam_net_forward(
	lam_net *net, lam_mode mode, const lam_real *x, const void *targets, int64_t n)
{
	if (!net)
		return no_net("lam_net_forward");
	return lam_net_run(net,
		&(lam_run){.what = LAM_RUN_FORWARD,
			.mode = mode,
			.n = n,
			.rows = x,
			.targets = targets});
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
	return lam_net_run(net, &(lam_run){.what = LAM_RUN_BACKWARD, .dy_rows = dy});
}

lam_status lam_net_update(lam_net *net, const lam_optimizer *optimizer)
{
	if (!net)
		return no_net("lam_net_update");
	return lam_net_run(net, &(lam_run){.what = LAM_RUN_UPDATE, .optimizer = optimizer});
}

lam_status lam_net_step(lam_net *net, const lam_optimizer *optimizer, const lam_real *x,
	const void *targets, int64_t n)
{
	if (!net)
		return no_net("lam_net_step");
	return lam_net_run(net,
		&(lam_run){
			.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD | LAM_RUN_UPDATE,
			.mode = LAM_TRAIN,
			.n = n,
			.rows = x,
			.targets = targets,
			.optimizer = optimizer,
		});
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
	int64_t in = net->plan.slots[0].features, out = net->plan.slots[net->plan.output].features;
	for (int64_t first = 0; first < n; first += net->max_batch) {
		int64_t count = n - first < net->max_batch ? n - first : net->max_batch;
		lam_status status = lam_net_run(net,
			&(lam_run){
				.what = LAM_RUN_FORWARD,
				.mode = LAM_EVAL,
				.n = count,
				.rows = x + first * in,
				.y_rows = y + first * out,
			});
		if (status)
			return status;
	}
	return LAM_OK;
}

double lam_net_loss(const lam_net *net)
{
	return net ? net->loss : NAN;
}

const lam_real *lam_net_output(lam_net *net)
{
	if (!net || !net->has_output)
		return NULL;
	const lam_slot_info *slot = &net->plan.slots[net->plan.output];
	if (!net->output_copied)
		lam_place_to_rows(net->output_rows, lam_net_place(net, slot->buffer),
			slot->features, net->n, slot->layout);
	net->output_copied = true;
	return net->output_rows;
}

const lam_real *lam_net_input_grad(lam_net *net)
{
	if (!net || !net->has_input_grad || net->plan.slots[0].gradient == BUFFER_NONE)
		return NULL;
	const lam_slot_info *slot = &net->plan.slots[0];
	if (!net->input_grad_copied)
		lam_place_to_rows(net->input_grad_rows, lam_net_place(net, slot->gradient),
			slot->features, net->n, LAM_BATCH_LANES);
	net->input_grad_copied = true;
	return net->input_grad_rows;
}

lam_status lam_net_accumulate(lam_net *net, bool accumulate)
{
	if (!net)
		return no_net("lam_net_accumulate");
	if (net->plan.inference)
		return lam_fail(LAM_ERR_STATE,
			"lam_net_accumulate: the net was made for inference and has no gradients");
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

lam_status lam_net_moments(lam_net *net, const lam_optimizer *optimizer)
{
	int wanted = lam_optimizer_moments(optimizer);
	size_t values = (size_t)net->plan.param_values;
	for (int m = 0; m < wanted; m++)
		if (!net->moments[m]
			&& !(net->moments[m] = lam_region_alloc(
				     values, sizeof(lam_real), net->threads)))
			return LAM_ERR_MEMORY;
	const unsigned layout = lam_optimizer_layout(optimizer);
	if (net->rule != optimizer->rule || net->moment_count != wanted
		|| net->moment_layout != layout) {
		for (int m = 0; m < wanted; m++)
			memset(net->moments[m], 0, values * sizeof(lam_real));
		net->rule = optimizer->rule;
		net->moment_count = wanted;
		net->moment_layout = layout;
		net->updates = 0;
	}
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
		lam_status status = lam_optimizer_check(optimizer);
		if (!status)
			status = lam_net_moments(net, optimizer);
		if (status)
			return status;
	}
	lam_kernel();
#ifdef _OPENMP
	const int threads = lam_region_threads(net->threads);
	int met = 0;
	if (threads > 1)
#pragma omp parallel num_threads(threads)
#pragma omp atomic
		met++;
#endif
	return LAM_OK;
}

lam_shape lam_net_input_shape(const lam_net *net)
{
	return net ? net->plan.slots[0].shape : (lam_shape){0};
}

lam_shape lam_net_output_shape(const lam_net *net)
{
	return net ? net->plan.slots[net->plan.output].shape : (lam_shape){0};
}

int64_t lam_net_max_batch(const lam_net *net)
{
	return net ? net->max_batch : 0;
}

uint64_t lam_net_seed(const lam_net *net)
{
	return net ? net->seed : 0;
}

lam_status lam_net_targets(const lam_net *net, lam_target_info *info)
{
	if (!net || !info)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_targets: the %s is NULL",
			net ? "target info" : "net");
	if (net->plan.loss < 0)
		return lam_fail(LAM_ERR_STATE,
			"targets for a net without a loss; expected a loss layer at its end");
	const lam_call *loss = &net->plan.calls[net->plan.loss];
	*info = (lam_target_info){.type = LAM_VALUES, .shape = net->plan.slots[loss->in[0]].shape};
	if (!loss->layer_class->targets)
		return LAM_OK;
	const uint64_t before = lam_failures();
	lam_status status = loss->layer_class->targets(
		loss->layer, &net->plan.slots[loss->in[0]].shape, info);
	return lam_unsaid(status, before)
		? lam_fail_unsaid(status, lam_call_title(loss).text, ".targets")
		: status;
}

const lam_layer *lam_net_model(const lam_net *net)
{
	return net ? net->model : NULL;
}
