/* SPDX-License-Identifier: MIT */
/* The public functions on parameters. */
#include "framework/base/number.h"
#include "framework/net/inside.h"
#include "framework/net/use.h"

#include <math.h>
#include <string.h>

const char *lam_param_name(const lam_param *param)
{
	return param ? param->name : "";
}

lam_shape lam_param_shape(const lam_param *param)
{
	return param ? param->shape : (lam_shape){0};
}

const lam_real *lam_param_value(const lam_param *param)
{
	return param ? param->value : NULL;
}

/* LAM_ERR_STATE and a sentence while the net runs, as the run would see half of the change. */
static lam_status expect_idle(const lam_param *param, const char *function)
{
	return *param->running
		? lam_fail(LAM_ERR_STATE, "%s of \"%s\" %s; expected it before or after", function,
			param->name, lam_running_text(*param->running))
		: LAM_OK;
}

lam_real *lam_param_edit(lam_param *param)
{
	if (!param || expect_idle(param, "lam_param_edit"))
		return NULL;
	atomic_fetch_add(param->version, 1);
	return param->value;
}

const lam_real *lam_param_grad(const lam_param *param)
{
	return param ? param->grad : NULL;
}

lam_real *lam_param_grad_edit(lam_param *param)
{
	if (!param)
		return NULL;
	if (*param->running == LAM_RUNS && expect_idle(param, "lam_param_grad_edit"))
		return NULL;
	if (!param->grad)
		lam_fail(LAM_ERR_ARGUMENT,
			"lam_param_grad_edit of \"%s\", which has no gradient; expected a "
			"parameter of a net for training",
			param->name);
	return param->grad;
}

void lam_param_set_trainable(lam_param *param, bool trainable)
{
	if (param && !param->is_state && !expect_idle(param, "lam_param_set_trainable"))
		param->trainable = trainable;
}

bool lam_param_trainable(const lam_param *param)
{
	return param && param->trainable;
}

void lam_param_set_decays(lam_param *param, bool decays)
{
	if (param && !param->is_state && !expect_idle(param, "lam_param_set_decays"))
		param->decay = decays;
}

bool lam_param_decays(const lam_param *param)
{
	return param && param->decay > 0;
}

/* Sets a factor, unless it is negative or not finite, or the net runs. */
static void set_factor(const lam_param *param, const char *function, lam_real *at, lam_real factor)
{
	if (param->is_state || expect_idle(param, function))
		return;
	if (factor >= 0 && isfinite(factor))
		*at = factor;
	else
		(void)lam_fail(LAM_ERR_ARGUMENT,
			"%s of \"%s\": %s; expected a finite factor of at least 0", function,
			param->name, lam_real_text(factor).text);
}

void lam_param_set_rate(lam_param *param, lam_real factor)
{
	if (param)
		set_factor(param, "lam_param_set_rate", &param->rate, factor);
}

lam_real lam_param_rate(const lam_param *param)
{
	return param && !param->is_state ? param->rate : 0;
}

void lam_param_set_decay(lam_param *param, lam_real factor)
{
	if (param)
		set_factor(param, "lam_param_set_decay", &param->decay, factor);
}

lam_real lam_param_decay(const lam_param *param)
{
	return param && !param->is_state ? param->decay : 0;
}

int lam_net_param_count(const lam_net *net)
{
	return net ? net->plan.param_count : 0;
}

lam_param *lam_net_param(lam_net *net, int i)
{
	return net && i >= 0 && i < net->plan.param_count ? net->plan.params[i] : NULL;
}

int lam_net_state_count(const lam_net *net)
{
	return net ? net->plan.state_count : 0;
}

lam_param *lam_net_state(lam_net *net, int i)
{
	return net && i >= 0 && i < net->plan.state_count ? net->plan.states[i] : NULL;
}

lam_param *lam_net_find(lam_net *net, const char *name)
{
	if (!net || !name)
		return NULL;
	for (int i = 0; i < net->plan.param_count; i++)
		if (!strcmp(net->plan.params[i]->name, name))
			return net->plan.params[i];
	for (int i = 0; i < net->plan.state_count; i++)
		if (!strcmp(net->plan.states[i]->name, name))
			return net->plan.states[i];
	return NULL;
}

lam_real *lam_net_gradients(lam_net *net, int64_t *count)
{
	if (count)
		*count = net && net->grads ? net->plan.param_values : 0;
	return net ? net->grads : NULL;
}
