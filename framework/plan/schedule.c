/* SPDX-License-Identifier: MIT */
/* A value that is not kept is computed again as late as possible: just before the backward of the
 * first call that reads it, with all before it that is not there either. Several calls may run
 * again at one place, in the order of forward. */
#include "framework/plan/schedule.h"

#include "framework/memory.h"
#include "framework/plan/list.h"
#include "framework/plan/times.h"

bool lam_call_runs(const lam_call *call, lam_job job)
{
	return job == LAM_FORWARD     ? !(call->layer_class->flags & LAM_VIEW)
		: job == LAM_BACKWARD ? call->backward
				      : call->gradient;
}

struct scheduler {
	lam_plan *plan;
	const char *keeps; /* [slot] */
	int *last;         /* [slot] */
	int *life;         /* [slot] the lam_again that wrote it last; -1: forward */
	bool *live;        /* [slot] what that wrote is still there */
	bool *wanted;      /* [call] it must be computed again */
	int time;
};

/* Notes that slot `s` is read at `time`. */
static void read_at(const struct scheduler *s, lam_slot slot, int time)
{
	int *last = s->life[slot] < 0 ? &s->last[slot] : &s->plan->agains[s->life[slot]].last;
	*last = time > *last ? time : *last;
}

static void want(struct scheduler *s, lam_slot slot, int *open)
{
	const int producer = s->plan->slots[slot].producer;
	if (s->keeps[slot] == LAM_KEPT || s->live[slot] || s->wanted[producer])
		return;
	s->wanted[producer] = true;
	++*open;
}

/* Lists call `i` as computed again now. */
static bool list_again(struct scheduler *s, int i, int before)
{
	lam_plan *plan = s->plan;
	const lam_call *call = &plan->calls[i];
	if (!lam_plan_room(plan, &plan->agains, plan->again_count, &plan->again_room,
		    sizeof *plan->agains))
		return false;
	lam_again *again = &plan->agains[plan->again_count];
	*again = (lam_again){.call = i,
		.before = before,
		.at = s->time,
		.last = s->time,
		.first_source = plan->source_count,
		.out = BUFFER_NONE};
	for (int k = 0; k < call->inputs; k++) {
		if (!lam_plan_room(plan, &plan->sources, plan->source_count, &plan->source_room,
			    sizeof *plan->sources))
			return false;
		plan->sources[plan->source_count++] = (lam_source){
			BUFFER_NONE, s->life[call->in[k].slot]};
		read_at(s, call->in[k].slot, s->time);
	}
	s->life[call->out] = plan->again_count++;
	s->live[call->out] = true;
	if (lam_call_replaces(plan, i))
		s->live[call->in[0].slot] = false;
	s->time++;
	return true;
}

/* Lists what must be computed again before the backward of call `i`. */
static bool list_agains(struct scheduler *s, int i, bool reads_x, bool reads_y)
{
	const lam_call *call = &s->plan->calls[i];
	int open = 0, first = i + 1;
	for (int k = 0; k < call->inputs && reads_x; k++)
		want(s, call->in[k].slot, &open);
	if (reads_y)
		want(s, call->out, &open);
	while (open > 0) {
		const lam_call *c = &s->plan->calls[--first];
		if (!s->wanted[first])
			continue;
		open--;
		for (int k = 0; k < c->inputs; k++)
			want(s, c->in[k].slot, &open);
	}
	for (int c = first; c <= i; c++) {
		if (s->wanted[c] && !list_again(s, c, i))
			return false;
		s->wanted[c] = false;
	}
	return true;
}

/* The times of the backward of call `i`. */
static bool schedule_backward(struct scheduler *s, int i)
{
	lam_plan *plan = s->plan;
	lam_call *call = &plan->calls[i];
	const int begun = plan->again_count;
	const bool reads_x = (call->backward || call->gradient)
		&& lam_call_has(plan, i, LAM_KEEP_X),
		   reads_y = call->backward && lam_call_has(plan, i, LAM_KEEP_Y);
	if (s->keeps && !list_agains(s, i, reads_x, reads_y))
		return false;
	call->gradient_at = s->time;
	if (s->keeps && call->gradient)
		s->time++;
	call->backward_at = s->time++;
	const bool early = call->gradient
		&& (!call->backward || lam_call_has(plan, i, LAM_GRADIENT_READS_X));
	for (int k = 0; k < call->inputs; k++) {
		call->in[k].kept.again = s->life[call->in[k].slot];
		if (reads_x)
			read_at(s, call->in[k].slot, early ? call->gradient_at : call->backward_at);
	}
	call->y_kept.again = s->life[call->out];
	if (reads_y)
		read_at(s, call->out, call->backward_at);
	for (int a = begun; a < plan->again_count; a++) {
		const lam_slot out = plan->calls[plan->agains[a].call].out;
		s->live[out] = s->live[out] && s->keeps[out] != LAM_AGAIN_EACH;
	}
	return true;
}

static bool schedule(struct scheduler *s)
{
	lam_plan *plan = s->plan;
	plan->again_count = plan->source_count = 0;
	for (int k = 0; k < plan->slot_count; k++) {
		const int producer = plan->slots[k].producer;
		s->last[k] = producer < 0 ? 0 : lam_forward_time(producer);
		s->life[k] = -1;
	}
	for (int i = 0; i < plan->call_count; i++)
		for (int k = 0; k < plan->calls[i].inputs; k++)
			read_at(s, plan->calls[i].in[k].slot, lam_forward_time(i));
	s->time = lam_dy_time(plan) + 1;
	for (int i = plan->call_count - 1; i >= 0; i--)
		if (!schedule_backward(s, i))
			return false;
	plan->end_at = s->time;
	for (int k = 0; k < plan->slot_count; k++)
		if (plan->slots[k].read_after)
			s->last[k] = plan->end_at;
	/* Late gradients may be the last thing that a backward computes; gradient_at is then the
	 * earliest time. */
	for (int i = 0; i < plan->call_count; i++)
		for (int k = 0; plan->calls[i].late && k < plan->calls[i].inputs; k++)
			s->last[plan->calls[i].in[k].slot] = plan->end_at;
	return true;
}

bool lam_plan_schedule(lam_plan *plan, const char *keeps, int *last)
{
	const size_t slots = (size_t)plan->slot_count;
	struct scheduler s = {.plan = plan,
		.keeps = keeps,
		.last = last,
		.life = lam_alloc(slots, sizeof *s.life),
		.live = lam_alloc(slots, sizeof *s.live),
		.wanted = lam_alloc((size_t)plan->call_count, sizeof *s.wanted)};
	bool done = s.life && s.live && s.wanted;
	if (!done)
		lam_plan_failed(plan, LAM_ERR_MEMORY);
	done = done && schedule(&s);
	lam_free(s.life);
	lam_free(s.live);
	lam_free(s.wanted);
	return done;
}
