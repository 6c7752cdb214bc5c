/* SPDX-License-Identifier: MIT */
/* Chooses what is not kept until backward, but computed again.
 *
 * Values that share a buffer, as a batch norm's output and the ReLU's behind it, are one unit,
 * which is kept or not. The search goes step by step. It looks at the time at which most bytes are
 * in use. Of the units there, it gives up that one whose loss takes most off the bytes above a
 * goal, summed over all times as squares, for the operations that it costs. The goal begins at half
 * the bytes and sinks whenever it is reached. All calls that run again may take a third of a step's
 * operations.
 *
 * The choice follows from shapes alone. */
#include "framework/plan/recompute.h"

#include "framework/base/sort.h"
#include "framework/memory.h"
#include "framework/plan/buffer.h"
#include "framework/plan/lifetimes.h"
#include "framework/plan/list.h"
#include "framework/plan/schedule.h"
#include "framework/plan/times.h"

#include <string.h>

/* The operations of layers without products for each byte, as in net/work.c. */
enum { LIGHT_BYTE = 6 };
/* Operations that run again may be this part of a step's. */
static const double MOST_AGAIN = 1.0 / 3;
/* The most units that are tried in each step of the search. */
enum { TRIED = 16 };
/* How much work the search may be, in buffers looked at: less than a second. */
static const int64_t MOST_WORK = 30000000;

struct unit {
	int64_t bytes;
	double cost; /* operations per sample */
	bool may_go; /* it may be given up */
	bool near;   /* it is in use at the time with the most bytes */
};

struct search {
	lam_plan *plan;
	int *last;
	int *unit_of;       /* [slot] the first slot of its unit */
	struct unit *units; /* [slot] of first slots */
	char *keeps;        /* [slot] a lam_keep */
	char *best;         /* [slot] the choice with the fewest bytes so far */
	double *load;       /* [times] bytes in use */
	int times, worst;   /* worst: the time with the most bytes */
	double goal, most, least;
	double step_cost, again_cost;
	struct unit **list; /* room for units */
	int tried;          /* of them in each step of the search, if one is of use */
	int64_t work;
};

static double job_cost(const lam_plan *plan, const lam_call *call, lam_job job)
{
	double values = (double)plan->slots[call->out].features;
	for (int k = 0; k < call->inputs; k++)
		values += (double)plan->slots[call->in[k].slot].features;
	return call->flops[job] > 0 ? call->flops[job] : LIGHT_BYTE * sizeof(lam_real) * values;
}

static double step_cost(const lam_plan *plan)
{
	double cost = 0;
	for (int i = 0; i < plan->call_count; i++)
		for (int job = 0; job < LAM_JOBS; job++)
			if (lam_call_runs(&plan->calls[i], (lam_job)job))
				cost += job_cost(plan, &plan->calls[i], (lam_job)job);
	return cost;
}

/* Whether a call may run again: nobody sees that it does, and its work is known. */
static bool may_run_again(const lam_call *call)
{
	const uint32_t flags = call->layer_class->flags;
	return call->loss < 0 && (!call->states || flags & LAM_FORWARD_AGAIN)
		&& (call->flops[LAM_FORWARD] > 0 || flags & (LAM_LIGHT | LAM_VIEW));
}

static int first_of(const struct search *s, int slot)
{
	while (s->unit_of[slot] != slot)
		slot = s->unit_of[slot];
	return slot;
}

static void join(struct search *s, int a, int b)
{
	const int x = first_of(s, a), y = first_of(s, b);
	s->unit_of[x < y ? y : x] = x < y ? x : y;
}

/* Finds the units. */
static void find_units(struct search *s)
{
	const lam_plan *plan = s->plan;
	for (int k = 0; k < plan->slot_count; k++)
		s->unit_of[k] = k;
	for (int i = 0; i < plan->call_count; i++) {
		const lam_call *call = &plan->calls[i];
		const bool side = lam_call_has(plan, i, LAM_SIDE_BY_SIDE);
		if (lam_call_has(plan, i, LAM_VIEW) || lam_call_replaces(plan, i) || side)
			for (int k = 0; k < call->inputs; k++)
				join(s, call->in[k].slot, call->out);
	}
	for (int k = 0; k < plan->slot_count; k++)
		s->units[k] = (struct unit){.may_go = true};
	for (int k = 0; k < plan->slot_count; k++) {
		const lam_slot_info *slot = &plan->slots[k];
		struct unit *unit = &s->units[s->unit_of[k] = first_of(s, k)];
		const int64_t samples = slot->layout == LAM_BATCH_LANES ? LAM_LANES : 1,
			      bytes = lam_slot_bytes(slot) / samples;
		unit->bytes = bytes > unit->bytes ? bytes : unit->bytes;
		unit->may_go = unit->may_go && slot->producer >= 0 && !slot->read_after
			&& may_run_again(&plan->calls[slot->producer]);
		if (slot->producer >= 0)
			unit->cost += job_cost(plan, &plan->calls[slot->producer], LAM_FORWARD);
	}
}

/* Whether buffer `b` takes bytes of the arena, not of another buffer. */
static bool counts(const lam_plan *plan, int b)
{
	return b >= plan->input_count && plan->buffers[b].inside == BUFFER_NONE;
}

/* Makes room for the times of a plan. */
static bool room_for_times(struct search *s)
{
	if (s->plan->end_at + 2 <= s->times)
		return true;
	lam_free(s->load);
	s->times = 2 * s->plan->end_at + 2;
	s->load = lam_alloc((size_t)s->times, sizeof *s->load);
	if (!s->load)
		lam_plan_failed(s->plan, LAM_ERR_MEMORY);
	return s->load;
}

/* Arranges the plan for s->keeps, and sums up the bytes in use at each time. */
static bool look(struct search *s)
{
	lam_plan *plan = s->plan;
	if (!lam_plan_arrange(plan, s->keeps, s->last) || !room_for_times(s))
		return false;
	lam_buffers_close(plan);
	memset(s->load, 0, (size_t)s->times * sizeof *s->load);
	for (int b = 0; b < plan->buffer_count; b++) {
		const lam_buffer *buffer = &plan->buffers[b];
		if (!counts(plan, b))
			continue;
		const double bytes = (double)buffer->bytes
			* (double)(plan->few && !buffer->whole ? plan->few : 1);
		s->load[buffer->first] += bytes;
		s->load[buffer->last + 1] -= bytes;
	}
	s->worst = 0;
	for (int t = 1; t <= plan->end_at; t++) {
		s->load[t] += s->load[t - 1];
		s->worst = s->load[t] > s->load[s->worst] ? t : s->worst;
	}
	s->most = s->load[s->worst];
	s->again_cost = 0;
	for (int a = 0; a < plan->again_count; a++)
		if (!plan->agains[a].nothing)
			s->again_cost += job_cost(
				plan, &plan->calls[plan->agains[a].call], LAM_FORWARD);
	s->work += plan->buffer_count + plan->end_at + plan->slot_count;
	return true;
}

/* The bytes above the goal, as a sum of squares over all times. */
static double excess(const struct search *s)
{
	double sum = 0;
	for (int t = 0; t <= s->plan->end_at; t++)
		if (s->load[t] > s->goal)
			sum += (s->load[t] - s->goal) * (s->load[t] - s->goal);
	return sum;
}

static void note_near(struct search *s, lam_slot slot, int buffer)
{
	while (s->plan->buffers[buffer].inside != BUFFER_NONE)
		buffer = s->plan->buffers[buffer].inside;
	const lam_buffer *b = &s->plan->buffers[buffer];
	if (b->first <= s->worst && s->worst <= b->last)
		s->units[s->unit_of[slot]].near = true;
}

/* Finds the units that are in use at the worst time. */
static void find_near(struct search *s)
{
	const lam_plan *plan = s->plan;
	for (int k = 0; k < plan->slot_count; k++)
		s->units[k].near = false;
	for (int k = plan->input_count; k < plan->slot_count; k++)
		note_near(s, k, plan->slots[k].buffer);
	for (int a = 0; a < plan->again_count; a++)
		note_near(s, plan->calls[plan->agains[a].call].out, plan->agains[a].out);
}

static int by_bytes_per_operation(const void *a, const void *b)
{
	const struct unit *x = *(struct unit *const *)a, *y = *(struct unit *const *)b;
	const double p = (double)x->bytes * y->cost, q = (double)y->bytes * x->cost;
	return p != q ? (p < q) - (p > q) : (x > y) - (x < y);
}

/* Lists the units near the worst time that can be given up more than they are, those with the most
 * bytes per operation first. Returns their number. */
static int list_near(struct search *s)
{
	int count = 0;
	for (int k = 0; k < s->plan->slot_count; k++)
		if (s->unit_of[k] == k && s->units[k].near && s->units[k].may_go
			&& s->keeps[k] != LAM_AGAIN_EACH)
			s->list[count++] = &s->units[k];
	lam_sort(s->list, (size_t)count, by_bytes_per_operation);
	return count;
}

static void set(struct search *s, int unit, lam_keep keep)
{
	for (int k = 0; k < s->plan->slot_count; k++)
		if (s->unit_of[k] == unit)
			s->keeps[k] = (char)keep;
}

/* The best that a step of the search has found. */
struct found {
	int unit; /* -1: nothing */
	lam_keep keep;
	double gain; /* of the excess, per operation */
};

/* Tries what giving up a unit, or computing it again more often, is worth. */
static bool try_unit(struct search *s, int unit, double before, double cost, struct found *found)
{
	const lam_keep was = (lam_keep)s->keeps[unit];
	for (int keep = (int)was + 1; keep <= LAM_AGAIN_EACH; keep++) {
		set(s, unit, (lam_keep)keep);
		if (!look(s))
			return false;
		const double more = s->again_cost - cost, own = s->units[unit].cost + 1,
			     gain = (before - excess(s)) / (more > own ? more : own);
		if (s->again_cost <= MOST_AGAIN * s->step_cost && gain > found->gain)
			*found = (struct found){unit, (lam_keep)keep, gain};
	}
	set(s, unit, was);
	return true;
}

/* Gives up one more unit, or computes it again more often. Sets *any to whether that was of use.
 * False: memory is short. */
static bool give_up_one(struct search *s, bool *any)
{
	struct found found = {.unit = -1};
	find_near(s);
	const int count = list_near(s);
	const double before = excess(s), cost = s->again_cost;
	for (int i = 0; i < count && (i < s->tried || found.unit < 0); i++)
		if (!try_unit(s, (int)(s->list[i] - s->units), before, cost, &found))
			return false;
	*any = found.unit >= 0;
	if (*any)
		set(s, found.unit, found.keep);
	return look(s);
}

/* Values that backward does not read need not be kept for what is computed again from them. How
 * many units each step tries depends on how many there are. */
static void begin(struct search *s)
{
	const lam_plan *plan = s->plan;
	for (int k = 0; k < plan->slot_count; k++)
		s->keeps[k] = s->units[s->unit_of[k]].may_go ? LAM_AGAIN_ONCE : LAM_KEPT;
	for (int i = 0; i < plan->call_count; i++) {
		const lam_call *call = &plan->calls[i];
		for (int k = 0; k < call->inputs && lam_call_has(plan, i, LAM_KEEP_X); k++)
			if (call->backward || call->gradient)
				set(s, s->unit_of[call->in[k].slot], LAM_KEPT);
		if (call->backward && lam_call_has(plan, i, LAM_KEEP_Y))
			set(s, s->unit_of[call->out], LAM_KEPT);
	}
	const int64_t once = plan->call_count * (int64_t)plan->call_count * 16,
		      tried = MOST_WORK / (once ? once : 1);
	s->tried = tried < 1 ? 1 : tried < TRIED ? (int)tried : TRIED;
}

static bool run(struct search *s)
{
	const size_t slots = (size_t)s->plan->slot_count;
	s->step_cost = step_cost(s->plan);
	find_units(s);
	begin(s);
	memcpy(s->best, s->keeps, slots);
	if (!look(s))
		return false;
	s->least = s->most;
	s->goal = s->most / 2;
	for (bool found = true; found && s->work < MOST_WORK;) {
		if (!give_up_one(s, &found))
			return false;
		if (s->most < s->least) {
			s->least = s->most;
			memcpy(s->best, s->keeps, slots);
		}
		while (s->most <= s->goal)
			s->goal -= s->goal / 16;
	}
	return lam_plan_arrange(s->plan, s->best, s->last);
}

bool lam_plan_recompute(lam_plan *plan, int *last)
{
	const size_t slots = (size_t)plan->slot_count;
	struct search s = {.plan = plan,
		.last = last,
		.unit_of = lam_alloc(slots, sizeof *s.unit_of),
		.units = lam_alloc(slots, sizeof *s.units),
		.list = lam_alloc(slots, sizeof *s.list),
		.keeps = lam_alloc(slots, 1),
		.best = lam_alloc(slots, 1)};
	bool done = s.unit_of && s.units && s.list && s.keeps && s.best;
	if (!done)
		lam_plan_failed(plan, LAM_ERR_MEMORY);
	done = done && run(&s);
	lam_free(s.unit_of);
	lam_free(s.units);
	lam_free(s.list);
	lam_free(s.keeps);
	lam_free(s.best);
	lam_free(s.load);
	return done;
}
