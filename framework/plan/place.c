/* SPDX-License-Identifier: MIT */
/* Gives every buffer its offset inside a block's part of the arena. The largest buffers come first;
 * each gets the lowest offset where it overlaps no buffer that is alive at the same time. */
#include "framework/base/sort.h"
#include "framework/memory.h"
#include "framework/plan/buffer.h"
#include "framework/plan/lifetimes.h"

static int larger_first(const void *a, const void *b)
{
	const lam_buffer *x = *(lam_buffer *const *)a, *y = *(lam_buffer *const *)b;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x < y ? -1 : x > y;
}

static int larger_then_earlier(const void *a, const void *b)
{
	const lam_buffer *x = *(lam_buffer *const *)a, *y = *(lam_buffer *const *)b;
	if (x->bytes == y->bytes && x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return larger_first(a, b);
}

static int earlier_first(const void *a, const void *b)
{
	const lam_buffer *x = *(lam_buffer *const *)a, *y = *(lam_buffer *const *)b;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return larger_first(a, b);
}

static int lower_first(const void *a, const void *b)
{
	const lam_buffer *x = *(lam_buffer *const *)a, *y = *(lam_buffer *const *)b;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool meet(const lam_buffer *a, const lam_buffer *b)
{
	return a->whole == b->whole && a->first <= b->last && b->first <= a->last;
}

/* Finds the lowest gap for `buffer` between the buffers of `placed`, sorted by offset, whose
 * lifetimes overlap its own. False: the offset would be too large. */
static bool find_gap(lam_buffer *buffer, lam_buffer *const *placed, int count)
{
	int64_t offset = 0;
	for (int i = 0; i < count; i++) {
		if (!meet(buffer, placed[i]))
			continue;
		if (placed[i]->offset >= offset + buffer->bytes)
			break;
		if (placed[i]->offset + placed[i]->bytes > offset)
			offset = placed[i]->offset + placed[i]->bytes;
	}
	buffer->offset = offset;
	return offset <= LAM_MAX_COUNT * LAM_ALIGN;
}

/* Gives a part the offset of the buffer around it. */
static void place_part(const lam_plan *plan, lam_buffer *part)
{
	int64_t at = 0;
	const lam_buffer *b = part;
	for (; b->inside != BUFFER_NONE; b = &plan->buffers[b->inside])
		at += b->at;
	if (b != part)
		part->offset = b->offset + at;
}

typedef int order_function(const void *a, const void *b);

/* Gives the buffers their offsets inside a block, in this order. */
static lam_status place_in_order(
	lam_plan *plan, lam_buffer **order, lam_buffer **placed, int count, order_function *before)
{
	lam_sort(order, (size_t)count, before);
	plan->block_bytes = plan->whole_bytes = 0;
	for (int i = 0; i < count; i++) {
		if (!find_gap(order[i], placed, i))
			return lam_fail(LAM_ERR_MEMORY,
				"out of memory: the activations of 16 samples are more than an "
				"address can reach");
		int64_t end = order[i]->offset + order[i]->bytes,
			*bytes = order[i]->whole ? &plan->whole_bytes : &plan->block_bytes;
		*bytes = end > *bytes ? end : *bytes;
		/* Inserts the buffer where the list stays sorted by offset. */
		int at = i;
		while (at > 0 && lower_first(&order[i], &placed[at - 1]) < 0) {
			placed[at] = placed[at - 1];
			at--;
		}
		placed[at] = order[i];
	}
	return LAM_OK;
}

/* Places the buffers in that order of several which takes the fewest bytes. Many buffers of one
 * size, as there are where values are computed again, lie best in the order of their times. */
static lam_status place_best(lam_plan *plan, lam_buffer **order, lam_buffer **placed, int count)
{
	static order_function *const orders[] = {larger_first, larger_then_earlier, earlier_first};
	enum { ORDERS = sizeof orders / sizeof *orders };
	int best = 0;
	double least = 0;
	for (int k = 0; k < ORDERS && plan->recompute; k++) {
		if (place_in_order(plan, order, placed, count, orders[k]))
			return lam_error_status();
		const double bytes = (double)plan->whole_bytes
			+ (double)plan->block_bytes * (double)(plan->few ? plan->few : 1);
		if (k && bytes >= least)
			continue;
		least = bytes;
		best = k;
	}
	return place_in_order(plan, order, placed, count, orders[best]);
}

lam_status lam_plan_place(lam_plan *plan)
{
	int count = 0;
	lam_buffer **order = lam_alloc((size_t)plan->buffer_count, sizeof *order);
	lam_buffer **placed = lam_alloc((size_t)plan->buffer_count, sizeof *placed);
	if (!order || !placed) {
		lam_free(order);
		lam_free(placed);
		return plan->status = LAM_ERR_MEMORY;
	}
	lam_buffers_close(plan);
	for (int i = 0; i < plan->buffer_count; i++)
		if (plan->buffers[i].inside == BUFFER_NONE && i >= plan->input_count)
			order[count++] = &plan->buffers[i];
	plan->status = place_best(plan, order, placed, count);
	int64_t samples = 0;
	if (!plan->status && __builtin_mul_overflow(plan->few, plan->block_bytes, &samples))
		plan->status = lam_fail(LAM_ERR_MEMORY,
			"out of memory: the activations of %d samples are more than an address can "
			"reach",
			(int)plan->few);
	for (int i = 0; i < count && !plan->status; i++)
		order[i]->offset += order[i]->whole ? samples : 0;
	for (int i = 0; i < plan->buffer_count && !plan->status; i++)
		place_part(plan, &plan->buffers[i]);
	lam_free(order);
	lam_free(placed);
	return plan->status;
}
