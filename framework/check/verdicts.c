/* SPDX-License-Identifier: MIT */
/* What a gradient check has found: the report, and the values that are to be judged again. */
#include "framework/check/gradients.h"

#include "framework/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Inserts a wrong value into the list of the worst. */
static void add_worst(lam_check *c, const char *title, const char *text, double error)
{
	lam_gradcheck_report *report = &c->report;
	int at = LAM_GRADCHECK_WORST;
	while (at > 0 && !(*report->worsts[at - 1] && error <= c->errors[at - 1]))
		at--;
	if (at == LAM_GRADCHECK_WORST)
		return;
	for (int i = LAM_GRADCHECK_WORST - 1; i > at; i--) {
		c->errors[i] = c->errors[i - 1];
		memcpy(report->worsts[i], report->worsts[i - 1], sizeof report->worsts[i]);
	}
	c->errors[at] = error;
	snprintf(report->worsts[at], sizeof report->worsts[at], "%.78s: %s", title, text);
}

void lam_check_note(lam_check *c, int call, const char *name, int64_t index, double analytic,
	const lam_judgement *j)
{
	lam_gradcheck_report *report = &c->report;
	const lam_call_name title = lam_call_title(&c->net->plan.calls[call]);
	const bool worst = !*report->worst || !(j->error <= report->max_error);
	report->checked++;
	if (!worst && j->verdict != LAM_WRONG)
		return;
	char text[sizeof report->worst];
	snprintf(text, sizeof text, "%.90s[%" PRId64 "]: analytic %.9g numeric %.9g", name, index,
		analytic, j->numeric);
	if (worst) {
		report->max_error = j->error;
		c->worst_call = call;
		memcpy(report->worst, text, sizeof text);
		memcpy(report->layer, title.text, sizeof title.text);
	}
	if (j->verdict != LAM_WRONG)
		return;
	report->wrong++;
	c->wrong[call]++;
	add_worst(c, title.text, text, j->error);
}

lam_status lam_check_unsure(lam_check *c, lam_unsure value)
{
	lam_unsure_list *list = &c->unsure;
	if (list->count == list->room) {
		const int64_t room = 2 * list->room + 64;
		lam_unsure *grown = lam_grow(
			list->at, (size_t)list->count, (size_t)room, sizeof *grown);
		if (!grown)
			return LAM_ERR_MEMORY;
		list->at = grown;
		list->room = room;
	}
	list->at[list->count++] = value;
	return LAM_OK;
}
