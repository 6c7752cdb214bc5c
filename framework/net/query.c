/* SPDX-License-Identifier: MIT */
/* Questions about a net. */
#include "framework/net/query.h"

#include "framework/net/inside.h"
#include "framework/net/place.h"

#include <inttypes.h>
#include <math.h>

static const lam_call *call_of_loss(const lam_net *net, int loss)
{
	return &net->plan.calls[net->plan.losses[loss].call];
}

double lam_net_loss(const lam_net *net)
{
	return net ? net->loss : NAN;
}

lam_shape lam_net_input_shape(const lam_net *net)
{
	return net ? net->plan.slots[0].shape : (lam_shape){0};
}

lam_shape lam_net_output_shape(const lam_net *net)
{
	return net ? net->plan.slots[lam_plan_first_output(&net->plan)].shape : (lam_shape){0};
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
	if (!net->plan.loss_count)
		return lam_fail(LAM_ERR_STATE,
			"targets for a net without a loss; expected a loss layer at its end");
	*info = net->losses[0].info;
	return LAM_OK;
}

const lam_layer *lam_net_model(const lam_net *net)
{
	return net ? net->model : NULL;
}

const lam_plan *lam_net_plan(const lam_net *net)
{
	return &net->plan;
}

bool lam_net_inference(const lam_net *net)
{
	return net->plan.inference;
}

bool lam_net_by_sample(const lam_net *net)
{
	return net->plan.few > 0;
}

bool lam_net_direct(const lam_net *net)
{
	return net->plan.direct;
}

int lam_net_loss_count(const lam_net *net)
{
	return net ? net->plan.loss_count : 0;
}

lam_target_info lam_net_target_info(const lam_net *net, int loss)
{
	return net->losses[loss].info;
}

double lam_net_loss_value(const lam_net *net, int loss)
{
	return net->losses[loss].value;
}

bool lam_net_has_divisor(const lam_net *net, int loss)
{
	return net->losses[loss].divisor > 0;
}

bool lam_net_loss_weighs(const lam_net *net, int loss)
{
	const lam_call *call = &net->plan.calls[net->plan.losses[loss].call];
	return call->layer_class->flags & LAM_WEIGHS_SAMPLES;
}

double lam_net_loss_divisor(const lam_net *net, int loss)
{
	return net->losses[loss].count;
}

lam_metric lam_net_metric(const lam_net *net, int loss)
{
	return call_of_loss(net, loss)->layer_class->metric;
}

bool lam_net_loss_mixes(const lam_net *net, int loss)
{
	return (call_of_loss(net, loss)->layer_class->flags & LAM_MIXES) != 0;
}

lam_call_name lam_net_loss_title(const lam_net *net, int loss)
{
	return lam_call_title(call_of_loss(net, loss));
}

bool lam_net_too_few(const lam_net *net, int64_t n, lam_call_name *title, int64_t *least)
{
	for (int i = 0; i < net->plan.call_count; i++) {
		const lam_call *call = &net->plan.calls[i];
		if (n < call->least_samples) {
			*title = lam_call_title(call);
			*least = call->least_samples;
			return true;
		}
	}
	return false;
}
