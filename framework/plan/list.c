/* SPDX-License-Identifier: MIT */
#include "framework/plan/list.h"

#include "framework/kernels/sizes.h"
#include "framework/memory.h"

#include <stdio.h>
#include <string.h>

lam_status lam_plan_failed(lam_plan *plan, lam_status status)
{
	if (!plan->status)
		plan->status = status;
	return plan->status;
}

lam_call_name lam_call_title(const lam_call *call)
{
	lam_call_name title;
	if (call->path && *call->path)
		snprintf(title.text, sizeof title.text, "%s \"%s\"", call->layer_class->kind,
			call->path);
	else
		snprintf(title.text, sizeof title.text, "%s", call->layer_class->kind);
	return title;
}

lam_status lam_plan_failed_in(lam_plan *plan, const lam_call *call, lam_status status)
{
	if (status != LAM_ERR_MEMORY)
		lam_fail(status, "%s: %s", lam_call_title(call).text, lam_error());
	return lam_plan_failed(plan, status);
}

bool lam_plan_room(lam_plan *plan, void *list, int count, int *room, size_t size)
{
	void **array = list;
	if (count < *room)
		return true;
	int wanted = *room ? 2 * *room : 16;
	void *grown = lam_grow(*array, (size_t)count, (size_t)wanted, size);
	if (!grown) {
		lam_plan_failed(plan, LAM_ERR_MEMORY);
		return false;
	}
	*array = grown;
	*room = wanted;
	return true;
}

char *lam_plan_path(const char *path, const char *role)
{
	size_t length = strlen(path) + strlen(role) + 2;
	char *joined = lam_alloc(length, 1);
	if (joined)
		snprintf(joined, length, "%s%s%s", path, *path && *role ? "." : "", role);
	return joined;
}

lam_slot lam_plan_slot(lam_plan *plan, lam_shape shape, int producer)
{
	if (!lam_plan_room(
		    plan, &plan->slots, plan->slot_count, &plan->slot_room, sizeof *plan->slots))
		return -1;
	plan->slots[plan->slot_count] = (lam_slot_info){
		.shape = shape,
		.features = lam_shape_count(&shape),
		.producer = producer,
		.first_consumer = -1,
		.buffer = BUFFER_NONE,
		.gradient = BUFFER_NONE,
		.dy = BUFFER_NONE,
	};
	return plan->slot_count++;
}

bool lam_plan_has_slot(const lam_plan *plan, lam_slot slot)
{
	return slot >= 0 && slot < plan->slot_count;
}

lam_shape lam_plan_shape(const lam_plan *plan, lam_slot slot)
{
	return lam_plan_has_slot(plan, slot) ? plan->slots[slot].shape : (lam_shape){0};
}

int64_t lam_slot_values(const lam_slot_info *slot)
{
	const int64_t channels = slot->shape.dim[0];
	switch (slot->layout) {
	case LAM_BATCH_LANES:
		return slot->features * LAM_LANES;
	case LAM_CHANNEL_LANES:
		return round_up(channels, LAM_LANES) * (slot->features / channels);
	case LAM_ROWS:
		return round_up(slot->features, LAM_LANES);
	default:
		return slot->features;
	}
}

/* Whether each channel has one value: then channel lanes and rows are the same. */
static bool is_vector(const lam_slot_info *slot)
{
	return slot->features == slot->shape.dim[0];
}

lam_layout lam_slot_layout(const lam_slot_info *slot, lam_layout layout)
{
	return layout == LAM_CHANNEL_LANES && is_vector(slot) ? LAM_ROWS : layout;
}

int64_t lam_call_blocks(const lam_call *call, int64_t n)
{
	return call->by_sample ? n : lane_blocks(n);
}
