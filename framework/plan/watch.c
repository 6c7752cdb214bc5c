/* SPDX-License-Identifier: MIT */
#include "framework/plan/watch.h"

#include "framework/base/shown.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/plan/layout.h"
#include "framework/plan/list.h"

#include <stdio.h>
#include <string.h>

lam_status lam_plan_watch(lam_plan *plan, const char *const *names)
{
	int count = 0;
	while (names && names[count])
		count++;
	if (!count)
		return LAM_OK;
	plan->watched = lam_alloc((size_t)count, sizeof *plan->watched);
	if (!plan->watched)
		return lam_plan_failed(plan, LAM_ERR_MEMORY);
	for (int i = 0; i < count; i++) {
		if (lam_watch_find(plan, names[i]) >= 0)
			return lam_plan_failed(plan,
				lam_fail(LAM_ERR_ARGUMENT,
					".watch: \"%s\" is in the list twice; expected it once",
					lam_show(names[i]).text));
		lam_watched *watched = &plan->watched[i];
		*watched = (lam_watched){.path = lam_text_copy(names[i]), .slot = -1};
		plan->watched_count++;
		if (!watched->path)
			return lam_plan_failed(plan, LAM_ERR_MEMORY);
	}
	return LAM_OK;
}

int lam_watch_find(const lam_plan *plan, const char *path)
{
	for (int i = 0; i < plan->watched_count; i++)
		if (!strcmp(plan->watched[i].path, path))
			return i;
	return -1;
}

lam_status lam_watch_note(lam_plan *plan, int index, lam_slot before, lam_slot out)
{
	lam_watched *watched = &plan->watched[index];
	if (before >= 0 && before != out)
		return lam_plan_failed(plan,
			lam_fail(LAM_ERR_ARGUMENT,
				".watch: several layers are named \"%s\"; expected the name of one",
				lam_show(watched->path).text));
	watched->slot = out;
	return plan->status;
}

/* Whether a path resembles the one that was asked for: they differ in two neighbouring characters
 * at most, or one ends with the other. */
static bool resembles(const char *path, size_t length, const char *asked)
{
	size_t other = strlen(asked), same = 0;
	while (same < length && same < other && path[same] == asked[same])
		same++;
	while (length > same && other > same && path[length - 1] == asked[other - 1]) {
		length--;
		other--;
	}
	return (length - same <= 2 && other - same <= 2 && (same || length != other))
		|| length == same || other == same;
}

/* The paths of a plan for a sentence. */
typedef struct path_list {
	char text[200];
	size_t at;
	int left_out;
} path_list;

static void append_path(path_list *list, const char *path, size_t length)
{
	const lam_shown shown = lam_show_part(path, length);
	if (list->left_out || list->at + strlen(shown.text) + 5 > sizeof list->text) {
		list->left_out++;
		return;
	}
	list->at += (size_t)snprintf(list->text + list->at, sizeof list->text - list->at,
		"%s\"%s\"", list->at ? ", " : "", shown.text);
}

/* Whether an earlier call has a path that begins with these characters, too. */
static bool met_before(const lam_plan *plan, int call, size_t length)
{
	const char *path = plan->calls[call].path;
	for (int i = 0; i < call; i++) {
		const char *other = plan->calls[i].path;
		if (!plan->calls[i].owns_layer && !strncmp(other, path, length)
			&& (other[length] == '.' || !other[length]))
			return true;
	}
	return false;
}

/* Lists the paths of layers and of the containers around them; with `asked` only those that
 * resemble it. */
static path_list list_paths(const lam_plan *plan, const char *asked)
{
	path_list list = {.at = 0};
	for (int i = 0; i < plan->call_count; i++) {
		const char *path = plan->calls[i].path;
		for (size_t end = 1; *path && !plan->calls[i].owns_layer && end <= strlen(path);
			end++)
			if ((path[end] == '.' || !path[end])
				&& (!asked || resembles(path, end, asked))
				&& !met_before(plan, i, end))
				append_path(&list, path, end);
	}
	return list;
}

static lam_status unknown(lam_plan *plan, const char *asked)
{
	path_list list = list_paths(plan, NULL);
	if (list.left_out) {
		const path_list near = list_paths(plan, asked);
		list = near.at ? near : list;
	}
	char more[32] = "";
	if (list.left_out)
		snprintf(more, sizeof more, " and %d more", list.left_out);
	return lam_plan_failed(plan,
		lam_fail(LAM_ERR_ARGUMENT,
			".watch: the net has no layer \"%s\"; expected one such as %s%s",
			lam_show(asked).text, list.text, more));
}

lam_status lam_watch_end(lam_plan *plan)
{
	for (int i = 0; i < plan->watched_count && !plan->status; i++) {
		lam_watched *watched = &plan->watched[i];
		if (watched->slot < 0)
			return unknown(plan, watched->path);
		/* The caller may free its rows after the run. */
		if (plan->slots[watched->slot].layout == LAM_CALLER_ROWS)
			watched->slot = lam_plan_relayout(plan, watched->slot, LAM_ROWS);
	}
	return plan->status;
}
