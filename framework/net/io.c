/* SPDX-License-Identifier: MIT */
/* The public functions that give data to a net's ends by name. */
#include "framework/io.h"

#include "framework/base/shown.h"
#include "framework/memory.h"
#include "framework/net/ends.h"
#include "framework/net/query.h"
#include "framework/net/use.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int find_input(const lam_net *net, const char *name)
{
	for (int k = 0; net && name && k < net->plan.input_count; k++)
		if (!strcmp(net->plan.input_names[k], name))
			return k;
	return -1;
}

static int find_output(const lam_net *net, const char *name)
{
	for (int i = 0; net && name && i < net->plan.output_count; i++)
		if (!strcmp(net->plan.outputs[i].name, name))
			return i;
	return -1;
}

/* The index of the loss of this name, or -1. */
static int find_loss(const lam_net *net, const char *name)
{
	const int output = find_output(net, name);
	return output < 0 ? -1 : net->plan.outputs[output].loss;
}

/* The index of the loss whose samples have the weights of this name, or -1: "kind.weights". */
static int find_weights(const lam_net *net, const char *name)
{
	static const char ending[] = LAM_WEIGHTS_ENDING;
	const size_t length = strlen(name), behind = sizeof ending - 1;
	if (length <= behind || strcmp(name + length - behind, ending) != 0)
		return -1;
	for (int i = 0; i < net->plan.output_count; i++) {
		const lam_plan_output *output = &net->plan.outputs[i];
		if (strlen(output->name) == length - behind
			&& !strncmp(output->name, name, length - behind))
			return output->loss;
	}
	return -1;
}

/* The names of the net's ends, for a sentence. */
typedef struct names {
	char text[160];
} names;

static names names_of(const lam_net *net, bool inputs, bool outputs)
{
	names all = {""};
	const int count = inputs ? net->plan.input_count : 0,
		  end = count + (outputs ? net->plan.output_count : 0);
	size_t at = 0;
	for (int i = 0; i < end && at < sizeof all.text - 1; i++) {
		const char *name = i < count ? net->plan.input_names[i]
					     : net->plan.outputs[i - count].name;
		const int wrote = snprintf(all.text + at, sizeof all.text - at, "%s\"%s\"",
			i ? ", " : "", lam_show(name).text);
		at += wrote > 0 ? (size_t)wrote : 0;
	}
	return all;
}

static lam_status unknown(
	const lam_net *net, const char *function, const char *name, bool inputs, bool outputs)
{
	return lam_fail(LAM_ERR_ARGUMENT, "%s: the net has no \"%s\"; expected one of %s", function,
		lam_show(name).text, names_of(net, inputs, outputs).text);
}

static lam_status twice(const char *function, const char *name)
{
	return lam_fail(LAM_ERR_ARGUMENT, "%s: \"%s\" is in the list twice; expected it once",
		function, lam_show(name).text);
}

/* Sorts a list of samples and targets by the net's ends. */
static lam_status sort(lam_net *net, const char *function, const lam_io *io)
{
	const lam_plan *plan = &net->plan;
	for (int k = 0; k < plan->input_count; k++)
		net->run_inputs[k] = (lam_run_input){0};
	for (int i = 0; i < plan->loss_count; i++)
		net->run_targets[i] = (lam_run_target){0};
	for (; io->name; io++) {
		const int input = find_input(net, io->name), loss = find_loss(net, io->name),
			  weighed = input < 0 && find_output(net, io->name) < 0
			? find_weights(net, io->name)
			: -1;
		if (weighed >= 0) {
			if (net->run_targets[weighed].weights)
				return twice(function, io->name);
			net->run_targets[weighed].weights = io->data;
			continue;
		}
		if (input < 0 && loss < 0)
			return find_output(net, io->name) < 0
				? unknown(net, function, io->name, true, true)
				: lam_fail(LAM_ERR_ARGUMENT,
					"%s: the output \"%s\" has no loss, and takes no targets",
					function, lam_show(io->name).text);
		if (input >= 0 ? net->run_inputs[input].rows != NULL
			       : net->run_targets[loss].data != NULL)
			return twice(function, io->name);
		if (input >= 0)
			net->run_inputs[input].rows = io->data;
		else
			net->run_targets[loss].data = io->data;
	}
	return LAM_OK;
}

static lam_status check(const lam_net *net, const char *function, const void *list)
{
	if (net && list)
		return lam_net_expect_idle(net, function);
	return lam_fail(LAM_ERR_ARGUMENT, "%s: the %s is NULL", function, net ? "list" : "net");
}

lam_status lam_net_forward_io(lam_net *net, lam_mode mode, const lam_io *io, int64_t n)
{
	lam_status status = check(net, "lam_net_forward_io", io);
	if (!status)
		status = sort(net, "lam_net_forward_io", io);
	if (status)
		return status;
	return lam_net_run(net,
		&(lam_run){.what = LAM_RUN_FORWARD,
			.mode = mode,
			.n = n,
			.inputs = net->run_inputs,
			.targets = net->plan.loss_count ? net->run_targets : NULL,
			.backward_may_follow = true});
}

lam_status lam_net_step_io(
	lam_net *net, const lam_optimizer *optimizer, const lam_io *io, int64_t n)
{
	lam_status status = check(net, "lam_net_step_io", io);
	if (!status)
		status = sort(net, "lam_net_step_io", io);
	if (status)
		return status;
	return lam_net_run(net,
		&(lam_run){.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD | LAM_RUN_UPDATE,
			.mode = LAM_TRAIN,
			.n = n,
			.inputs = net->run_inputs,
			.targets = net->plan.loss_count ? net->run_targets : NULL,
			.optimizer = optimizer});
}

static lam_status sort_outputs(lam_net *net, const lam_out *out)
{
	for (int i = 0; i < net->plan.output_count; i++)
		net->run_y[i] = NULL;
	for (; out->name; out++) {
		const int i = find_output(net, out->name);
		if (i < 0)
			return unknown(net, "lam_net_predict_io", out->name, false, true);
		if (net->run_y[i])
			return twice("lam_net_predict_io", out->name);
		if (!out->data)
			return lam_fail(LAM_ERR_ARGUMENT,
				"lam_net_predict_io: the memory for \"%s\" is NULL",
				lam_show(out->name).text);
		net->run_y[i] = out->data;
	}
	return LAM_OK;
}

/* Moves to the next `n` samples. */
static void advance(lam_net *net, int64_t n)
{
	const lam_plan *plan = &net->plan;
	for (int k = 0; k < plan->input_count; k++)
		net->run_inputs[k].rows += n * plan->slots[k].features;
	for (int i = 0; i < plan->output_count; i++)
		if (net->run_y[i])
			net->run_y[i] += n * plan->slots[plan->outputs[i].slot].features;
}

lam_status lam_net_predict_io(lam_net *net, const lam_io *io, int64_t n, const lam_out *out)
{
	lam_status status = check(net, "lam_net_predict_io", io);
	if (!status)
		status = check(net, "lam_net_predict_io", out);
	if (!status)
		status = sort(net, "lam_net_predict_io", io);
	if (!status)
		status = sort_outputs(net, out);
	if (!status && (n < 1 || n > LAM_MAX_COUNT))
		status = lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_predict_io: %lld samples; expected 1 to %lld", (long long)n,
			(long long)LAM_MAX_COUNT);
	for (int64_t first = 0; first < n && !status; first += net->max_batch) {
		const int64_t count = n - first < net->max_batch ? n - first : net->max_batch;
		status = lam_net_run(net,
			&(lam_run){.what = LAM_RUN_FORWARD,
				.mode = LAM_EVAL,
				.n = count,
				.inputs = net->run_inputs,
				.y_rows = net->run_y});
		if (!status)
			advance(net, count);
	}
	return status;
}

lam_status lam_net_backward_from_io(lam_net *net, const lam_io *dy)
{
	lam_status status = check(net, "lam_net_backward_from_io", dy);
	if (status)
		return status;
	for (int i = 0; i < net->plan.output_count; i++)
		net->run_dy[i] = NULL;
	for (; dy->name; dy++) {
		const int i = find_output(net, dy->name);
		if (i < 0)
			return unknown(net, "lam_net_backward_from_io", dy->name, false, true);
		if (net->plan.loss_count && net->plan.outputs[i].loss < 0)
			return lam_fail(LAM_ERR_ARGUMENT,
				"lam_net_backward_from_io: the output \"%s\" has no loss, and the "
				"net has %d; expected gradients of what the losses read",
				lam_show(dy->name).text, net->plan.loss_count);
		if (net->run_dy[i])
			return twice("lam_net_backward_from_io", dy->name);
		net->run_dy[i] = dy->data;
	}
	return lam_net_run(net, &(lam_run){.what = LAM_RUN_BACKWARD, .dy_rows = net->run_dy});
}

int lam_net_input_count(const lam_net *net)
{
	return net ? net->plan.input_count : 0;
}

int lam_net_output_count(const lam_net *net)
{
	return net ? net->plan.output_count : 0;
}

const char *lam_net_input_name(const lam_net *net, int i)
{
	return net && i >= 0 && i < net->plan.input_count ? net->plan.input_names[i] : NULL;
}

const char *lam_net_output_name(const lam_net *net, int i)
{
	return net && i >= 0 && i < net->plan.output_count ? net->plan.outputs[i].name : NULL;
}

const char *lam_net_loss_name(const lam_net *net, int loss)
{
	for (int i = 0; net && i < net->plan.output_count; i++)
		if (loss >= 0 && net->plan.outputs[i].loss == loss)
			return net->plan.outputs[i].name;
	return NULL;
}

lam_shape lam_net_shape_of(const lam_net *net, const char *name)
{
	const int input = find_input(net, name), output = find_output(net, name);
	if (input < 0 && output < 0)
		return (lam_shape){0};
	return net->plan.slots[input >= 0 ? input : net->plan.outputs[output].slot].shape;
}

double lam_net_loss_of(const lam_net *net, const char *name)
{
	const int loss = find_loss(net, name);
	return loss < 0 ? NAN : net->losses[loss].value;
}

static lam_status no_loss(const lam_net *net, const char *function, const char *name)
{
	if (!net || !name)
		return lam_fail(
			LAM_ERR_ARGUMENT, "%s: the %s is NULL", function, net ? "name" : "net");
	return lam_fail(LAM_ERR_ARGUMENT, "%s: the net has no loss \"%s\"; its ends are %s",
		function, lam_show(name).text, names_of(net, true, true).text);
}

lam_status lam_net_targets_of(const lam_net *net, const char *name, lam_target_info *info)
{
	const int loss = find_loss(net, name);
	if (loss < 0 || !info)
		return loss < 0
			? no_loss(net, "lam_net_targets_of", name)
			: lam_fail(LAM_ERR_ARGUMENT, "lam_net_targets_of: the target info is NULL");
	*info = net->losses[loss].info;
	return LAM_OK;
}

lam_status lam_net_set_loss_weight(lam_net *net, const char *name, lam_real weight)
{
	const int loss = find_loss(net, name);
	if (loss < 0)
		return no_loss(net, "lam_net_set_loss_weight", name);
	lam_status status = lam_net_expect_idle(net, "lam_net_set_loss_weight");
	return status ? status : lam_plan_set_weight(&net->plan, loss, weight);
}

lam_status lam_net_divisor_of(const lam_net *net, const char *name, const void *targets,
	const lam_real *weights, int64_t n, double *divisor)
{
	const int loss = find_loss(net, name);
	if (loss < 0)
		return no_loss(net, "lam_net_divisor_of", name);
	if (!targets || !divisor)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_divisor_of: the %s is NULL",
			divisor ? "array of targets" : "divisor");
	if (n < 1 || n > LAM_MAX_COUNT)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_divisor_of: %lld samples; expected 1 to %lld", (long long)n,
			(long long)LAM_MAX_COUNT);
	lam_status status = lam_targets_check(net, loss, targets, n, LAM_GIVEN_UNTYPED);
	if (!status && weights)
		status = lam_weights_check(net, loss, weights, n);
	if (!status)
		*divisor = lam_target_count(&net->losses[loss].info, targets, weights, n);
	return status;
}

lam_status lam_net_set_divisor(lam_net *net, const char *name, double divisor)
{
	const int loss = find_loss(net, name);
	if (loss < 0)
		return no_loss(net, "lam_net_set_divisor", name);
	if (!(divisor >= 0) || isinf(divisor))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_set_divisor: the divisor of \"%s\" is %g; expected a finite "
			"number "
			"above 0, or 0 for each batch's count",
			lam_show(name).text, divisor);
	lam_status status = lam_net_expect_idle(net, "lam_net_set_divisor");
	if (!status)
		net->losses[loss].divisor = divisor;
	return status;
}

/* The sentence of an end that is not there. */
static const lam_real *no_end(
	const lam_net *net, const char *function, const char *name, bool input)
{
	if (net && name)
		unknown(net, function, name, input, !input);
	else
		lam_fail(LAM_ERR_ARGUMENT, "%s: the %s is NULL", function, net ? "name" : "net");
	return NULL;
}

const lam_real *lam_net_output_of(lam_net *net, const char *name)
{
	const int output = find_output(net, name);
	return output < 0 ? no_end(net, "lam_net_output_of", name, false)
			  : lam_end_output(net, output);
}

const lam_real *lam_net_input_grad_of(lam_net *net, const char *name)
{
	const int input = find_input(net, name);
	return input < 0 ? no_end(net, "lam_net_input_grad_of", name, true)
			 : lam_end_input_grad(net, input);
}
