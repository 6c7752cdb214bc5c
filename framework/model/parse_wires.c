/* SPDX-License-Identifier: MIT */
#include "framework/model/parse_wires.h"

#include "framework/base/number.h"
#include "framework/base/shown.h"
#include "framework/layer/wires.h"
#include "framework/memory.h"

#include <string.h>

const char **lam_reads_word(const lam_layer_class *c, struct lam_reads *reads, const char *word)
{
	if (reads && !(c->flags & LAM_SOURCE) && !strcmp(word, "from"))
		return &reads->from;
	return reads && c->flags & LAM_LOSS && !strcmp(word, "weight") ? &reads->weight : NULL;
}

/* The number of roles in a list with commas between; 0 without a list. */
static int count_reads(const char *from)
{
	int count = from != NULL;
	for (; from && *from; from++)
		count += *from == ',';
	return count;
}

static bool names_an_end(lam_layer *const *children, int count, const char *role)
{
	for (int i = 0; i < count; i++)
		if (children[i]->layer_class->flags & (LAM_LOSS | LAM_SINK) && children[i]->name
			&& !strcmp(children[i]->name, role))
			return true;
	return false;
}

/* Finds the child that a role of `length` characters means. */
static lam_status find(lam_layer *const *children, int count, const lam_roles *roles,
	const char *from, size_t length, int *index)
{
	char role[80] = "";
	int64_t number;
	if (length < sizeof role)
		memcpy(role, from, length);
	*index = lam_roles_find(roles, role);
	if (*index >= 0)
		return LAM_OK;
	/* A loss or an output may be meant by its number. */
	const bool end = names_an_end(children, count, role)
		|| (lam_integer_parse(role, 0, count - 1, &number)
			&& children[number]->layer_class->flags & (LAM_LOSS | LAM_SINK));
	return end
		? lam_fail(LAM_ERR_FORMAT, "from=%s is a loss or an output; expected another layer",
			lam_show_part(from, length).text)
		: lam_fail(LAM_ERR_FORMAT,
			"from=%s is no layer of this container; expected the name of one, or "
			"the number of one without a name",
			lam_show_part(from, length).text);
}

/* Reads what child `index` reads into `from`, which has room for it. */
static lam_status parse_from(lam_layer *const *children, int count, const lam_roles *roles,
	const char *text, int index, int *from)
{
	for (int k = 0; text && *text; k++) {
		const size_t length = strcspn(text, ",");
		lam_status status = find(children, count, roles, text, length, &from[k]);
		if (status)
			return status;
		if (from[k] >= index)
			return lam_fail(LAM_ERR_FORMAT,
				"from=%s does not stand before it; expected an earlier layer",
				lam_show_part(text, length).text);
		text += length + (text[length] == ',' && text[length + 1]);
	}
	return LAM_OK;
}

static lam_status parse_reads(lam_layer *const *children, int count, const lam_roles *roles,
	const struct lam_reads *reads, int index, lam_wire *wire)
{
	const bool source = children[index]->layer_class->flags & LAM_SOURCE;
	const size_t length = reads->from ? strlen(reads->from) : 0;
	wire->weight = 1;
	if (!source && !length)
		return lam_fail(LAM_ERR_FORMAT,
			"%s has no from=; expected the layers that it reads",
			children[index]->layer_class->kind);
	if (length
		&& (reads->from[0] == ',' || reads->from[length - 1] == ','
			|| strstr(reads->from, ",,")))
		return lam_fail(LAM_ERR_FORMAT,
			"from=%s; expected names or numbers of layers with commas between",
			lam_show(reads->from).text);
	if (reads->weight && !lam_real_parse(reads->weight, &wire->weight))
		return lam_fail(LAM_ERR_FORMAT, "weight=%s; expected a number",
			lam_show(reads->weight).text);
	return parse_from(children, count, roles, reads->from, index, wire->from);
}

lam_layer *lam_parse_wires(const lam_layer_class *c, const void *options,
	lam_layer *const *children, const struct lam_reads *reads, int count, int *line)
{
	size_t all = 0;
	for (int i = 0; i < count; i++)
		all += (size_t)count_reads(reads[i].from);
	lam_wire *wires = lam_alloc((size_t)count, sizeof *wires);
	int *from = lam_alloc(all, sizeof *from), *next = from, where = -1;
	lam_roles roles;
	const bool made = lam_roles_make(&roles, children, count);
	lam_status status = wires && from && made ? LAM_OK : LAM_ERR_MEMORY;
	for (int i = 0; i < count && !status; i++) {
		wires[i].from = next;
		wires[i].inputs = count_reads(reads[i].from);
		next += wires[i].inputs;
		status = parse_reads(children, count, &roles, &reads[i], i, &wires[i]);
		where = status ? i : -1;
	}
	lam_roles_free(&roles);
	lam_layer *layer = NULL;
	if (status)
		lam_layers_free(children, count);
	else
		layer = lam_layer_new_wired(c, options, children, wires, count, &where);
	if (where >= 0)
		*line = reads[where].line;
	lam_free(wires);
	lam_free(from);
	return layer;
}

lam_status lam_check_model(const lam_layer *model, lam_shape input)
{
	const lam_layer_class *c = model->layer_class;
	const char *name;
	lam_shape first;
	if (c->flags & (LAM_SOURCE | LAM_SINK))
		return lam_fail(LAM_ERR_FORMAT, "%s stands outside of a graph", c->kind);
	if (lam_layer_planned_shape(model, input).rank || !c->input(model, 0, &name, &first)
		|| lam_shape_equal(&first, &input))
		return LAM_OK;
	return lam_fail(LAM_ERR_FORMAT,
		"the first input of %s is %s; expected %s, as the line \"input\" says", c->kind,
		lam_shape_text(first).text, lam_shape_text(input).text);
}
