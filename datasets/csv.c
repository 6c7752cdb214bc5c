/* SPDX-License-Identifier: MIT */
/* A data set from a table of text. */
#include "datasets/csv.h"
#include "datasets/csv_table.h"
#include "datasets/whole.h"

#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/base/shown.h"
#include "framework/data/fields.h"
#include "framework/data/inside.h"
#include "framework/files/file.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The default memory limit in bytes: FLOOR + PER_BYTE for each byte of the file. */
enum { FLOOR = 256 << 20, PER_BYTE = 64 };

static lam_status csv_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct lam_csv_state *s = lam_dataset_state(self);
	memcpy(x, s->x + index * s->features, (size_t)s->features * sizeof *x);
	if (target && s->classes)
		memcpy(target, s->classes + index, sizeof *s->classes);
	if (target && s->targets)
		memcpy(target, s->targets + index, sizeof *s->targets);
	return LAM_OK;
}

static void csv_destroy(lam_dataset *self)
{
	lam_csv_free_state(lam_dataset_state(self));
}

static const lam_dataset_class csv_class = {
	LAM_DATASET_ABI,
	.kind = "csv",
	.state_size = sizeof(struct lam_csv_state),
	.read = csv_read,
	.destroy = csv_destroy,
};

static lam_dataset *make(struct lam_csv_table *t)
{
	const lam_csv_columns *c = &t->s.columns;
	lam_target_info targets = {.type = LAM_INPUT};
	if (t->s.targets)
		targets = (lam_target_info){.type = LAM_VALUES, .shape = LAM_SHAPE(1)};
	else if (t->s.classes)
		targets = (lam_target_info){.type = LAM_CLASSES,
			.classes = c->numbered ? c->classes : c->target.words.count};
	lam_dataset *dataset = lam_dataset_new(
		&csv_class, t->s.count, (lam_shape){.rank = 1, .dim = {t->s.features}}, targets);
	if (!dataset)
		return NULL;
	lam_status status = lam_dataset_set_source(dataset, t->options.path);
	if (!status && t->s.classes && !c->numbered
		&& lam_dataset_set_class_names(
			dataset, (const char *const *)c->target.words.list, c->target.words.count))
		status = lam_fail(LAM_ERR_FORMAT, "%s: column \"%s\": %s",
			lam_path_text(t->options.path).text, lam_show(c->target.name).text,
			lam_error());
	if (status) {
		lam_dataset_free(dataset);
		return NULL;
	}
	*(struct lam_csv_state *)lam_dataset_state(dataset) = t->s;
	t->s = (struct lam_csv_state){0};
	lam_dataset_set_light(dataset);
	return dataset;
}

static size_t limit_of(const struct lam_csv_table *t)
{
	size_t limit;
	if (t->options.memory_limit)
		return t->options.memory_limit;
	return __builtin_mul_overflow(lam_csv_bytes(t->csv), (uint64_t)PER_BYTE, &limit)
			|| __builtin_add_overflow(limit, (size_t)FLOOR, &limit)
		? SIZE_MAX
		: limit;
}

static lam_status check_like(const struct lam_csv_table *t)
{
	const lam_dataset_csv_options *o = &t->options;
	const char *said = o->target ? "target"
		: o->columns         ? "columns"
		: o->drop            ? "drop"
		: o->one_hot         ? "one_hot"
		: o->values          ? "values"
				     : NULL;
	if (lam_dataset_class_of(o->like) != &csv_class)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_csv: .like is a data set \"%s\"; expected one that "
			"lam_dataset_csv() made",
			lam_show(lam_dataset_class_of(o->like)->kind).text);
	return said ? lam_fail(LAM_ERR_ARGUMENT,
		       "lam_dataset_csv: .%s beside .like, which says that already", said)
		    : LAM_OK;
}

static lam_status check_options(const struct lam_csv_table *t)
{
	const lam_dataset_csv_options *o = &t->options;
	if (!o->path)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_dataset_csv: the path is NULL");
	if (o->skip < 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_csv: .skip is %d; expected 0 or a number of lines", o->skip);
	if (o->header < LAM_HEADER_GUESS || o->header > LAM_HEADER_NO)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_csv: .header is %d; expected a lam_csv_header",
			(int)o->header);
	if (o->missing < LAM_MISSING_ERROR || o->missing > LAM_MISSING_MEAN)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_csv: .missing is %d; expected a lam_csv_missing",
			(int)o->missing);
	const char decimals[] = {o->decimal, 0}, separators[] = {o->separator, 0};
	if (o->decimal != '.' && o->decimal != ',')
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_csv: .decimal is '%s'; expected '.' or ','", decimals);
	if (o->separator == '"' || o->separator == '\n' || o->separator == '\r'
		|| (o->separator && o->separator == o->decimal)
		|| (unsigned char)o->separator > 0x7f)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_csv: .separator is '%s'; expected a character of ASCII, other "
			"than quotes, line ends and .decimal",
			separators);
	if (o->no_target && (o->target || o->values))
		return lam_fail(LAM_ERR_ARGUMENT, "lam_dataset_csv: .%s beside .no_target",
			o->target ? "target" : "values");
	if (o->columns && o->drop)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_csv: .drop beside .columns, which says all columns");
	lam_status status = lam_check_memory_limit("lam_dataset_csv", o->memory_limit);
	return status || !o->like ? status : check_like(t);
}

static lam_status load(struct lam_csv_table *t)
{
	const lam_dataset *like = t->options.like;
	lam_status status = check_options(t);
	if (status)
		return status;
	t->like = like ? lam_dataset_state(like) : NULL;
	if (t->like && t->like->targets)
		t->options.values = true;
	t->csv = lam_csv_open(
		t->options.path, t->options.separator, t->options.decimal, t->options.skip);
	if (!t->csv)
		return lam_error_status();
	t->limit = limit_of(t);
	status = lam_csv_resolve(
		t->csv, &t->options, t->like ? &t->like->columns : NULL, &t->s.columns);
	return status ? status : lam_csv_load(t);
}

/* Numbers are read in IEEE 754's default float mode. */
lam_dataset *lam_dataset_csv_with(const lam_dataset_csv_options *given)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	struct lam_csv_table t = {0};
	if (!lam_take_options("lam_dataset_csv", &t.options, sizeof t.options,
		    offsetof(lam_dataset_csv_options, target),
		    offsetof(lam_dataset_csv_options, named), given))
		return NULL;
	t.options.decimal = t.options.decimal ? t.options.decimal : '.';
	lam_dataset *dataset = load(&t) == LAM_OK ? make(&t) : NULL;
	lam_csv_close(t.csv);
	lam_csv_free_state(&t.s);
	return dataset;
}

const char *lam_dataset_column_name(const lam_dataset *dataset, int64_t i)
{
	dataset = lam_dataset_whole(dataset);
	if (!dataset || lam_dataset_class_of(dataset) != &csv_class)
		return NULL;
	const struct lam_csv_state *s = lam_dataset_state(dataset);
	return lam_names_at(s->names, i);
}
