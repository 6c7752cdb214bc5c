/* SPDX-License-Identifier: MIT */
/* Asks a loss for its targets, and checks the answer. */
#include "framework/net/ask_loss.h"

#include "framework/base/failure.h"
#include "framework/net/inside.h"
#include "framework/net/place.h"
#include "framework/net/query.h"
#include "framework/net/targets.h"

#include <inttypes.h>

/* What the loss itself says. A class of the caller's may say something else each time, so it is
 * asked once, when the net is made: arrays are sized by the answer. */
static lam_status ask_loss(const lam_net *net, const lam_call *loss, lam_target_info *info)
{
	*info = (lam_target_info){
		.type = LAM_VALUES, .shape = net->plan.slots[loss->in[0].slot].shape};
	if (!loss->layer_class->targets)
		return LAM_OK;
	const uint64_t before = lam_failures();
	lam_status status = loss->layer_class->targets(
		loss->layer, &net->plan.slots[loss->in[0].slot].shape, info);
	return lam_unsaid(status, before)
		? lam_fail_unsaid(status, lam_call_title(loss).text, ".targets")
		: status;
}

/* score.c compares each sample's output with its target: both must have as many values, or the
 * target must be the index of an output. */
static lam_status check_metric(const lam_net *net, int index, const lam_target_info *info)
{
	const lam_metric metric = lam_net_metric(net, index);
	const lam_call_name loss = lam_net_loss_title(net, index);
	const lam_shape output = lam_net_loss_shape(net, index);
	const int64_t outputs = lam_shape_count(&output);
	if (metric == LAM_METRIC_NONE)
		return LAM_OK;
	if (metric != LAM_METRIC_CLASS && metric != LAM_METRIC_BINARY)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: its .metric is %d; expected a lam_metric",
			loss.text, (int)metric);
	if (info->type != LAM_CLASSES)
		return lam_shape_count(&info->shape) == outputs
			? LAM_OK
			: lam_fail(LAM_ERR_SHAPE,
				"%s: it scores outputs of shape %s by targets of shape %s; "
				"expected as many values, or LAM_METRIC_NONE",
				loss.text, lam_shape_text(output).text,
				lam_shape_text(info->shape).text);
	if (metric == LAM_METRIC_BINARY)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: its targets are classes, and its .metric is LAM_METRIC_BINARY; "
			"expected LAM_METRIC_CLASS or LAM_METRIC_NONE",
			loss.text);
	const int64_t places = lam_target_values(info);
	if (info->classes == outputs / places && outputs % places == 0
		&& (places == 1 || output.dim[0] == info->classes))
		return LAM_OK;
	if (places == 1)
		return lam_fail(LAM_ERR_SHAPE,
			"%s: it scores outputs of shape %s by %" PRId64
			" classes; expected an output for each class, or LAM_METRIC_NONE",
			loss.text, lam_shape_text(output).text, info->classes);
	return lam_fail(LAM_ERR_SHAPE,
		"%s: it scores outputs of shape %s by %" PRId64
		" classes at places %s; expected the classes first, then the places, or "
		"LAM_METRIC_NONE",
		loss.text, lam_shape_text(output).text, info->classes,
		lam_shape_text(info->shape).text);
}

lam_status lam_net_check_loss(const lam_net *net, int index, lam_target_info *info)
{
	lam_status status = ask_loss(net, &net->plan.calls[net->plan.losses[index].call], info);
	if (status)
		return status;
	const lam_call_name loss = lam_net_loss_title(net, index);
	if (info->type != LAM_CLASSES && info->type != LAM_VALUES && info->type != LAM_INPUT)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: the type of its targets is %d; expected a lam_target_type", loss.text,
			(int)info->type);
	if (info->type == LAM_CLASSES && info->classes < 1)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: its targets are one of %" PRId64 " classes; expected at least 1",
			loss.text, info->classes);
	if ((info->type != LAM_CLASSES || info->shape.rank) && !lam_shape_valid(&info->shape))
		return lam_fail(LAM_ERR_SHAPE,
			"%s: its targets have the shape %s, which is not possible or too large",
			loss.text, lam_shape_text(info->shape).text);
	return check_metric(net, index, info);
}
