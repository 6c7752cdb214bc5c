/* SPDX-License-Identifier: MIT */
/* Watched values as the net's caller reads them. */
#include "framework/base/shown.h"
#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/net/inside.h"
#include "framework/net/place.h"
#include "framework/net/use.h"
#include "framework/plan/watch.h"

/* Copies n samples of channel lanes, [ceil(C / 16)][places][16], to rows. */
static void channels_to_rows(lam_real *rows, lam_place place, const lam_slot_info *slot, int64_t n)
{
	const int64_t channels = slot->shape.dim[0], plane = slot->features / channels;
	const int64_t step = plane * LAM_LANES;
	for (int64_t s = 0; s < n; s++)
		for (int64_t k = 0; k < lane_blocks(channels); k++)
			lam_kernel()->transpose.block_to_rows(rows + s * slot->features + k * step,
				(size_t)plane, place.data + s * place.block + k * step,
				(size_t)plane, (int)lanes_used(channels, k));
}

/* A sentence for a path that is not watched. */
static lam_status not_watched(const lam_net *net, const char *path)
{
	const lam_plan *plan = &net->plan;
	if (!plan->watched_count)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_value: \"%s\" is not watched; expected it in the net's .watch",
			lam_show(path).text);
	return lam_fail(LAM_ERR_ARGUMENT,
		"lam_net_value: \"%s\" is not watched; expected one of the %d in the net's .watch, "
		"such as \"%s\"",
		lam_show(path).text, plan->watched_count, lam_show(plan->watched[0].path).text);
}

const lam_real *lam_net_value(lam_net *net, const char *path, lam_shape *shape)
{
	if (!net || !path) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_net_value: the %s is NULL", net ? "path" : "net");
		return NULL;
	}
	const int index = lam_watch_find(&net->plan, path);
	if (index < 0) {
		not_watched(net, path);
		return NULL;
	}
	const lam_slot_info *slot = &net->plan.slots[net->plan.watched[index].slot];
	if (shape)
		*shape = slot->shape;
	if (net->running != LAM_PAUSES && lam_net_expect_idle(net, "lam_net_value"))
		return NULL;
	if (!net->has_output) {
		lam_fail(LAM_ERR_STATE,
			"lam_net_value: no forward before it whose values are there; expected "
			"lam_net_forward, a step or a prediction");
		return NULL;
	}
	lam_value_end *value = &net->watched[index];
	const lam_place place = lam_net_place(net, slot->buffer);
	if (!value->copied && slot->layout == LAM_CHANNEL_LANES)
		channels_to_rows(value->rows, place, slot, net->n);
	else if (!value->copied)
		lam_place_to_rows(value->rows, place, slot->features, net->n, slot->layout);
	value->copied = true;
	return value->rows;
}
