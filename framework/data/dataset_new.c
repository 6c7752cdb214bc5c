/* SPDX-License-Identifier: MIT */
/* Makes data sets: checks the fields that a class declares, and copies their description. */
#include "framework/data/fields.h"

#include "framework/base/shown.h"
#include "framework/memory.h"
#include "framework/net/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static lam_field_words describe(const char *kind, const char *name)
{
	lam_field_words words;
	if (name)
		snprintf(words.text, sizeof words.text, "data set \"%s\", field \"%s\"",
			lam_show(kind).text, lam_show(name).text);
	else
		snprintf(words.text, sizeof words.text, "data set \"%s\"", lam_show(kind).text);
	return words;
}

/* Checks the targets that a data set declares and fills in what it left open: with LAM_INPUT the
 * targets have the sample's shape. */
static lam_status check_targets(const char *what, const lam_shape *shape, lam_target_info *targets)
{
	switch (targets->type) {
	case LAM_CLASSES:
		if (targets->shape.rank != 0 && !lam_shape_valid(&targets->shape))
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: targets of a class per place have the shape %s, "
				"which is not possible or too large",
				what, lam_shape_text(targets->shape).text);
		if (targets->classes < 0 || targets->classes > INT32_MAX)
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: %" PRId64 " classes, expected 1 to %" PRId32
				", or 0 for not known",
				what, targets->classes, INT32_MAX);
		return LAM_OK;
	case LAM_VALUES:
		if (!lam_shape_valid(&targets->shape))
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: targets that are values need their shape, got %s", what,
				lam_shape_text(targets->shape).text);
		break;
	case LAM_INPUT:
		if (targets->shape.rank != 0 && !lam_shape_equal(&targets->shape, shape))
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: targets that are the input have its shape %s, got %s", what,
				lam_shape_text(*shape).text, lam_shape_text(targets->shape).text);
		targets->shape = *shape;
		break;
	default:
		return lam_fail(LAM_ERR_ARGUMENT, "%s: targets are of no known type: %d", what,
			(int)targets->type);
	}
	if (targets->classes != 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: %" PRId64 " classes, but its targets are no classes", what,
			targets->classes);
	if (targets->ignore != 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: a class to ignore, but its targets are no classes", what);
	return LAM_OK;
}

static lam_status check_class(const lam_dataset_class *c, bool named)
{
	if (!c || !c->kind || !*c->kind)
		return lam_fail(LAM_ERR_ARGUMENT, "a data set needs a class with a kind, got %s",
			c ? "none" : "NULL");
	if (c->abi != LAM_DATASET_ABI_NUMBER)
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": its class was made for another version or precision: abi "
			"%" PRIx32 ", expected %" PRIx32 " (LAM_DATASET_ABI)",
			c->kind, c->abi, (uint32_t)LAM_DATASET_ABI_NUMBER);
	if (c->next && (c->read || c->read_fields))
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": its class has .next and .read%s; expected one of them",
			c->kind, c->read ? "" : "_fields");
	if (!c->next && (named ? !c->read_fields : !c->read))
		return lam_fail(LAM_ERR_ARGUMENT, "data set \"%s\": its class has no .read%s",
			c->kind, named ? "_fields" : "");
	return LAM_OK;
}

static lam_status check_input(const char *what, const lam_shape *shape)
{
	if (lam_shape_valid(shape))
		return LAM_OK;
	return lam_fail(LAM_ERR_SHAPE,
		"%s: %s is no shape of a sample: expected 1 to %d dimensions of at least 1", what,
		lam_shape_text(*shape).text, LAM_MAX_RANK);
}

/* The names, one behind the other, each with its zero. Weights have that of their targets and
 * ".weights". */
static char *copy_names(const lam_data_field *fields, int count)
{
	size_t bytes = 0;
	for (int i = 0; i < count; i++) {
		const int weighs = fields[i].weighs;
		bytes += strlen(fields[weighs ? weighs - 1 : i].name) + sizeof LAM_WEIGHTS_ENDING;
	}
	char *names = lam_alloc(bytes, 1), *at = names;
	for (int i = 0; i < count && names; i++, at += strlen(at) + 1) {
		const int weighs = fields[i].weighs;
		strcpy(at, fields[weighs ? weighs - 1 : i].name);
		if (weighs)
			strcat(at, LAM_WEIGHTS_ENDING);
	}
	return names;
}

/* Copies fields to `list`, with names from `names`, and checks shapes and targets. */
static lam_status check_all(const char *kind, const lam_data_field *fields, int count, bool named,
	const char *names, lam_data_field *list)
{
	lam_status status = LAM_OK;
	for (int i = 0; i < count; i++, names += strlen(names) + 1) {
		list[i] = fields[i];
		list[i].name = names;
	}
	for (int i = 0; i < count && !status; i++)
		if (lam_field_is_input(&list[i]))
			status = check_input(describe(kind, named ? list[i].name : NULL).text,
				&list[i].info.shape);
	for (int i = 0; i < count && !status; i++)
		if (list[i].target)
			status = check_targets(describe(kind, named ? list[i].name : NULL).text,
				&list[list[i].same < 0 ? 0 : list[i].same].info.shape,
				&list[i].info);
	return status;
}

/* Makes a data set of these fields, whose names it copies, and checks all but the names. */
static lam_dataset *make(const lam_dataset_class *dataset_class, int64_t count,
	const lam_data_field *fields, int field_count, bool named)
{
	if (dataset_class->next && count != LAM_ENDLESS) {
		lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": %" PRId64
			" samples of a class with .next; expected LAM_ENDLESS",
			dataset_class->kind, count);
		return NULL;
	}
	if (count < 1 || (count > LAM_MAX_COUNT && count != LAM_ENDLESS)) {
		lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": %" PRId64 " samples, expected at least 1",
			dataset_class->kind, count);
		return NULL;
	}
	lam_dataset *dataset = lam_alloc(1, sizeof *dataset);
	void *state = lam_alloc(dataset_class->state_size, 1);
	lam_data_field *list = lam_alloc((size_t)field_count, sizeof *list);
	char *names = copy_names(fields, field_count);
	if (!dataset || !state || !list || !names
		|| check_all(dataset_class->kind, fields, field_count, named, names, list)) {
		lam_free(dataset);
		lam_free(state);
		lam_free(list);
		lam_free(names);
		return NULL;
	}
	*dataset = (lam_dataset){.dataset_class = dataset_class,
		.count = count,
		.fields = list,
		.field_count = field_count,
		.named = named,
		.names = names,
		.state = state};
	return dataset;
}

lam_dataset *lam_dataset_new(const lam_dataset_class *dataset_class, int64_t count, lam_shape shape,
	lam_target_info targets)
{
	if (check_class(dataset_class, false) != LAM_OK)
		return NULL;
	return make(dataset_class, count,
		(const lam_data_field[]){
			{"input", false, false, {.type = LAM_VALUES, .shape = shape}, -1, 0},
			{"loss", true, false, targets, targets.type == LAM_INPUT ? 0 : -1, 0}},
		2, false);
}

lam_dataset *lam_dataset_new_weighted(const lam_dataset_class *dataset_class, int64_t count,
	lam_shape shape, lam_target_info targets)
{
	if (check_class(dataset_class, false) != LAM_OK)
		return NULL;
	return make(dataset_class, count,
		(const lam_data_field[]){
			{"input", false, false, {.type = LAM_VALUES, .shape = shape}, -1, 0},
			{"loss", true, false, targets, targets.type == LAM_INPUT ? 0 : -1, 0},
			{"weights", false, true, {.type = LAM_VALUES, .shape = LAM_SHAPE(1)}, -1,
				2}},
		3, false);
}

/* The index of the field of this name among the first `count`; NULL: of the first input. -1: there
 * is none. */
static int find(const lam_field *fields, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (name ? !strcmp(fields[i].name, name) : fields[i].role == LAM_ROLE_INPUT)
			return i;
	return -1;
}

/* Counts the fields, whose list ends with {0}, and checks their names. */
static lam_status check_fields(const char *kind, const lam_field *fields, int *count)
{
	int n = 0;
	for (const lam_field *f = fields; f->name || f->data || f->shape.rank || f->role;
		f++, n++) {
		if (!f->name || !*f->name)
			return lam_fail(LAM_ERR_ARGUMENT,
				"data set \"%s\": field %d has no name; expected that of an input "
				"or a loss",
				kind, n);
		const lam_field_words what = describe(kind, f->name);
		if (find(fields, n, f->name) >= 0)
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: it is there twice; expected each name once", what.text);
		if (f->role < LAM_ROLE_INPUT || f->role > LAM_ROLE_WEIGHTS)
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: its .role is %d; expected a lam_role", what.text,
				(int)f->role);
		if (f->role != LAM_ROLE_CLASSES && (f->classes || f->ignore))
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: .%s of a field that has no classes; expected "
				".role = LAM_ROLE_CLASSES",
				what.text, f->classes ? "classes" : "ignore");
	}
	*count = n;
	return find(fields, n, NULL) >= 0
		? LAM_OK
		: lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": none of its %d fields is an input; expected at least one",
			kind, n);
}

/* The index of the targets of this name among the fields; NULL: of the first ones. -1: there are
 * none. */
static int find_targets(const lam_field *fields, int count, const char *name)
{
	for (int i = 0; i < count; i++) {
		const lam_role role = fields[i].role;
		const bool targets = role == LAM_ROLE_CLASSES || role == LAM_ROLE_VALUES
			|| role == LAM_ROLE_SAME;
		if (targets && (!name || !strcmp(fields[i].name, name)))
			return i;
	}
	return -1;
}

static lam_status translate_weights(
	const char *kind, const lam_field *all, int count, const lam_field *f, lam_data_field *to)
{
	const int target = find_targets(all, count, f->of);
	const lam_field_words what = describe(kind, f->name);
	*to = (lam_data_field){.name = f->name,
		.still = true,
		.info = {.type = LAM_VALUES, .shape = LAM_SHAPE(1)},
		.same = -1,
		.weighs = target + 1};
	if (target < 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: .of is \"%s\", and the data set has no such targets to weigh",
			what.text, f->of ? lam_show(f->of).text : "");
	if (f->shape.rank && lam_shape_count(&f->shape) != 1)
		return lam_fail(LAM_ERR_SHAPE,
			"%s: its shape is %s; expected one weight per sample", what.text,
			lam_shape_text(f->shape).text);
	for (const lam_field *other = all; other < f; other++)
		if (other->role == LAM_ROLE_WEIGHTS
			&& find_targets(all, count, other->of) == target)
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: the targets \"%s\" have weights twice; expected them once",
				what.text, lam_show(all[target].name).text);
	return LAM_OK;
}

/* Describes a field in the words of a data set; `all` are the `count` fields. */
static lam_status translate(
	const char *kind, const lam_field *all, int count, const lam_field *f, lam_data_field *to)
{
	static const lam_target_type types[] = {[LAM_ROLE_INPUT] = LAM_VALUES,
		[LAM_ROLE_CLASSES] = LAM_CLASSES,
		[LAM_ROLE_VALUES] = LAM_VALUES,
		[LAM_ROLE_SAME] = LAM_INPUT,
		[LAM_ROLE_WEIGHTS] = LAM_VALUES};
	if (f->role == LAM_ROLE_WEIGHTS)
		return translate_weights(kind, all, count, f, to);
	*to = (lam_data_field){
		.name = f->name,
		.target = f->role != LAM_ROLE_INPUT,
		.still = f->still,
		.info = {.type = types[f->role],
			.shape = f->shape,
			.classes = f->classes,
			.ignore = f->ignore},
		.same = f->role == LAM_ROLE_SAME ? find(all, count, f->of) : -1,
	};
	if (f->role != LAM_ROLE_SAME || (to->same >= 0 && all[to->same].role == LAM_ROLE_INPUT))
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT, "%s: .of is \"%s\", which is no input of the data set",
		describe(kind, f->name).text, lam_show(f->of).text);
}

lam_dataset *lam_dataset_new_fields(
	const lam_dataset_class *dataset_class, int64_t count, const lam_field *fields)
{
	if (check_class(dataset_class, true) != LAM_OK)
		return NULL;
	const char *kind = dataset_class->kind;
	if (!fields) {
		lam_fail(LAM_ERR_ARGUMENT, "data set \"%s\": the list of fields is NULL", kind);
		return NULL;
	}
	int field_count = 0;
	if (check_fields(kind, fields, &field_count))
		return NULL;
	lam_data_field *list = lam_alloc((size_t)field_count, sizeof *list);
	lam_status status = list ? LAM_OK : LAM_ERR_MEMORY;
	for (int i = 0; i < field_count && !status; i++)
		status = translate(kind, fields, field_count, &fields[i], &list[i]);
	lam_dataset *dataset = status ? NULL : make(dataset_class, count, list, field_count, true);
	lam_free(list);
	return dataset;
}
