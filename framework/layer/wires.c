/* SPDX-License-Identifier: MIT */
#include "framework/layer/wires.h"

#include "framework/base/sort.h"
#include "framework/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Whether a layer's output is an end of the container, which no other child may read. */
static bool is_end(const lam_layer *layer)
{
	return layer->layer_class->flags & (LAM_SINK | LAM_LOSS);
}

static void set_role(lam_role *role, const lam_layer *layer, int index)
{
	snprintf(role->number, sizeof role->number, "%d", index);
	role->text = layer->name ? layer->name : role->number;
	role->index = index;
}

static int by_text(const void *a, const void *b)
{
	const lam_role *first = *(lam_role *const *)a, *second = *(lam_role *const *)b;
	const int order = strcmp(first->text, second->text);
	return order ? order : first->index - second->index;
}

bool lam_roles_make(lam_roles *roles, lam_layer *const *children, int count)
{
	*roles = (lam_roles){
		.roles = lam_alloc((size_t)count, sizeof *roles->roles),
		.sorted = lam_alloc((size_t)count, sizeof *roles->sorted),
	};
	if (!roles->roles || !roles->sorted)
		return false;
	for (int i = 0; i < count; i++) {
		if (is_end(children[i]))
			continue;
		lam_role *role = &roles->roles[roles->count];
		set_role(role, children[i], i);
		roles->sorted[roles->count++] = role;
	}
	lam_sort(roles->sorted, (size_t)roles->count, by_text);
	return true;
}

void lam_roles_free(lam_roles *roles)
{
	lam_free(roles->roles);
	lam_free(roles->sorted);
}

int lam_roles_find(const lam_roles *roles, const char *text)
{
	int low = 0, high = roles->count;
	while (low < high) {
		const int middle = low + (high - low) / 2;
		if (strcmp(roles->sorted[middle]->text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const bool found = low < roles->count && !strcmp(roles->sorted[low]->text, text);
	return found ? roles->sorted[low]->index : -1;
}

/* `affine "price"` */
typedef struct title {
	char text[160];
} title;

static title title_of(lam_layer *const *children, int index)
{
	lam_role role;
	title t;
	set_role(&role, children[index], index);
	snprintf(t.text, sizeof t.text, "%s \"%s\"", children[index]->layer_class->kind, role.text);
	return t;
}

/* Files list what a layer reads by roles with commas between. */
static lam_status check_roles(lam_layer *const *children, int count, int *where)
{
	lam_roles roles;
	lam_status status = lam_roles_make(&roles, children, count) ? LAM_OK : LAM_ERR_MEMORY;
	for (int i = 0; i < roles.count && !status; i++) {
		const lam_role *role = roles.sorted[i];
		*where = role->index;
		if (strchr(role->text, ','))
			status = lam_fail(LAM_ERR_ARGUMENT,
				"%s has a comma in its name; expected none",
				title_of(children, role->index).text);
		if (i && !strcmp(role->text, roles.sorted[i - 1]->text))
			status = lam_fail(LAM_ERR_ARGUMENT,
				"%s and %s, its layers %d and %d, have one name; expected "
				"different "
				"ones",
				title_of(children, roles.sorted[i - 1]->index).text,
				title_of(children, role->index).text, roles.sorted[i - 1]->index,
				role->index);
	}
	lam_roles_free(&roles);
	return status;
}

/* Checks what child i reads, and marks it in `read`. */
static lam_status check_wire(lam_layer *const *children, const lam_wire *wire, int i, bool *read)
{
	const uint32_t flags = children[i]->layer_class->flags;
	if (flags & LAM_SOURCE ? wire->inputs : wire->inputs < 1 || wire->inputs > LAM_MOST_LAYERS)
		return lam_fail(LAM_ERR_ARGUMENT, "%s reads %d values; expected %s",
			title_of(children, i).text, wire->inputs,
			flags & LAM_SOURCE ? "none" : "1 to 10000");
	if (flags & LAM_SOURCE && i && !(children[i - 1]->layer_class->flags & LAM_SOURCE))
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s stands behind other layers; expected all inputs first",
			title_of(children, i).text);
	if (flags & LAM_SINK && wire->inputs != 1)
		return lam_fail(LAM_ERR_ARGUMENT, "%s reads %d values; expected 1",
			title_of(children, i).text, wire->inputs);
	if (!isfinite(wire->weight))
		return lam_fail(LAM_ERR_ARGUMENT,
			"the weight of %s is %g; expected a finite number",
			title_of(children, i).text, (double)wire->weight);
	for (int k = 0; k < wire->inputs; k++) {
		const int from = wire->from[k];
		if (from < 0 || from >= i)
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s reads layer %d, which does not stand before it",
				title_of(children, i).text, from);
		if (is_end(children[from]))
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s reads %s, which is a loss or an output; expected another value",
				title_of(children, i).text, title_of(children, from).text);
		if (flags & LAM_SINK && children[from]->layer_class->flags & LAM_SOURCE)
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s is %s; expected a layer between input and output",
				title_of(children, i).text, title_of(children, from).text);
		read[from] = true;
	}
	return LAM_OK;
}

static lam_status check_wires(
	lam_layer *const *children, const lam_wire *wires, int count, bool *read, int *where)
{
	int ends = 0;
	for (int i = 0; i < count; i++) {
		*where = i;
		lam_status status = check_wire(children, &wires[i], i, read);
		if (status)
			return status;
		ends += is_end(children[i]);
	}
	*where = -1;
	if (!ends)
		return lam_fail(
			LAM_ERR_ARGUMENT, "there is no loss and no output; expected at least one");
	lam_status status = check_roles(children, count, where);
	for (int i = 0; i < count && !status; i++)
		if (!read[i] && !is_end(children[i])) {
			*where = i;
			status = lam_fail(LAM_ERR_ARGUMENT,
				"nothing reads %s; expected a layer, a loss or an output that does",
				title_of(children, i).text);
		}
	return status;
}

lam_wire *lam_wires_copy(const lam_wire *wires, int count)
{
	size_t reads = 0;
	for (int i = 0; i < count; i++)
		reads += (size_t)wires[i].inputs;
	const size_t own = (size_t)count * sizeof *wires;
	lam_wire *copy = lam_alloc(own + reads * sizeof(int), 1);
	if (!copy)
		return NULL;
	int *from = (int *)(void *)((char *)copy + own);
	for (int i = 0; i < count; i++) {
		copy[i] = wires[i];
		copy[i].from = from;
		if (wires[i].inputs)
			memcpy(from, wires[i].from, (size_t)wires[i].inputs * sizeof *from);
		from += wires[i].inputs;
	}
	return copy;
}

lam_layer *lam_layer_new_wired(const lam_layer_class *layer_class, const void *options,
	lam_layer *const *children, const lam_wire *wires, int count, int *where)
{
	*where = -1;
	bool *read = lam_alloc((size_t)count, sizeof *read);
	lam_wire *copy = read && check_wires(children, wires, count, read, where) == LAM_OK
		? lam_wires_copy(wires, count)
		: NULL;
	lam_free(read);
	if (!copy) {
		lam_layers_free(children, count);
		return NULL;
	}
	lam_layer *layer = lam_layer_new_with_children(layer_class, options, children, count);
	if (!layer)
		lam_free(copy);
	else
		layer->wires = copy;
	return layer;
}
