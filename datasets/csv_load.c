/* SPDX-License-Identifier: MIT */
/* Reads a table of text in two passes over the file. The first one finds the words, the means and
 * the number of samples; the second one fills the arrays. */
#include "datasets/csv_table.h"

#include "framework/base/number.h"
#include "framework/base/shown.h"
#include "framework/files/file.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void lam_csv_free_state(struct lam_csv_state *s)
{
	lam_csv_free_columns(&s->columns);
	lam_free(s->x);
	lam_free(s->classes);
	lam_free(s->targets);
	lam_names_free(s->names);
}

static lam_status over_limit(const struct lam_csv_table *t)
{
	return lam_fail(LAM_ERR_MEMORY,
		"%s: its values and words take more than .memory_limit, %zu bytes",
		lam_csv_where(t->csv).text, t->limit);
}

/* Fails because of the field of a column. */
static lam_status wrong(
	const struct lam_csv_table *t, const lam_csv_column *column, const char *expected)
{
	const char *field = lam_csv_field(t->csv, column->field);
	return lam_fail(LAM_ERR_FORMAT, "%s: column \"%s\" is %s\"%s\"; expected %s",
		lam_csv_where(t->csv).text, lam_show(column->name).text,
		lam_csv_is_missing(field) ? "missing: " : "", lam_show(field).text, expected);
}

static lam_status number(const struct lam_csv_table *t, const lam_csv_column *column,
	bool missing_allowed, lam_real *value)
{
	const char *field = lam_csv_field(t->csv, column->field);
	if (lam_csv_number(field, t->options.decimal, value))
		return LAM_OK;
	if (!lam_csv_is_missing(field))
		return wrong(t, column, "a number (or the column in the option one_hot or drop)");
	return missing_allowed ? LAM_OK
			       : wrong(t, column, "a number (or the option missing: skip or mean)");
}

/* Whether the line is left out because of something missing. */
static bool left_out(const struct lam_csv_table *t)
{
	const lam_csv_columns *c = &t->s.columns;
	const bool skip = t->options.missing == LAM_MISSING_SKIP;
	if (t->options.missing == LAM_MISSING_ERROR)
		return false;
	for (int64_t i = 0; i < c->count && skip; i++)
		if (lam_csv_is_missing(lam_csv_field(t->csv, c->list[i].field)))
			return true;
	return c->has_target && lam_csv_is_missing(lam_csv_field(t->csv, c->target.field));
}

/* The next line of a sample; *more is false at the end. */
static lam_status next_sample(struct lam_csv_table *t, bool *more)
{
	const lam_csv_columns *c = &t->s.columns;
	do {
		lam_status status = lam_csv_next(t->csv);
		*more = !status && lam_csv_fields(t->csv) > 0;
		if (status || !*more)
			return status;
		if (lam_csv_fields(t->csv) != c->width)
			return lam_fail(LAM_ERR_FORMAT,
				"%s: has %" PRId64 " fields; expected %" PRId64
				", as the first line of the table",
				lam_csv_where(t->csv).text, lam_csv_fields(t->csv), c->width);
	} while (left_out(t));
	return LAM_OK;
}

static const char not_printable[] = "a word of printable UTF-8, at most 255 bytes";

/* The first pass over a column of the samples. */
static lam_status survey_column(struct lam_csv_table *t, lam_csv_column *column)
{
	const bool mean = t->options.missing == LAM_MISSING_MEAN;
	const char *field = lam_csv_field(t->csv, column->field);
	if (!column->one_hot) {
		lam_real value = 0;
		lam_status status = number(t, column, mean, &value);
		if (!status && !lam_csv_is_missing(field)) {
			column->sum += (double)value;
			column->present++;
		}
		return status;
	}
	if (lam_csv_is_missing(field))
		return mean ? LAM_OK
			    : wrong(t, column, "a word (or the option missing: skip or mean)");
	if (t->like)
		return lam_csv_find_word(&column->words, field) >= 0
			? LAM_OK
			: wrong(t, column, "a word that .like has in this column");
	if (!lam_name_allowed(field))
		return wrong(t, column, not_printable);
	lam_status status = lam_csv_add_word(&column->words, field, &t->bytes);
	if (!status && column->words.count > LAM_CSV_MOST_WORDS)
		return wrong(t, column, "at most 65536 different words; is it a column of words?");
	return status;
}

/* Whether a field is a class that is a number. */
static bool class_number(const char *field, int64_t *class_index)
{
	return lam_integer_parse(field, 0, LAM_CSV_MOST_WORDS - 1, class_index);
}

static lam_status survey_target(struct lam_csv_table *t)
{
	lam_csv_columns *c = &t->s.columns;
	const char *field = lam_csv_field(t->csv, c->target.field);
	lam_real value;
	int64_t found = 0;
	if (t->options.values)
		return number(t, &c->target, false, &value);
	if (lam_csv_is_missing(field))
		return wrong(t, &c->target, "a class (or .missing = LAM_MISSING_SKIP)");
	const bool is_number = class_number(field, &found);
	if (t->like && c->numbered)
		return is_number && found < c->classes
			? LAM_OK
			: wrong(t, &c->target, "a class that .like has, a whole number");
	if (t->like)
		return lam_csv_find_word(&c->target.words, field) >= 0
			? LAM_OK
			: wrong(t, &c->target, "a class that .like has");
	if (!is_number && !lam_name_allowed(field))
		return wrong(t, &c->target, not_printable);
	c->numbered = c->numbered && is_number;
	c->classes = c->numbered && found >= c->classes ? found + 1 : c->classes;
	lam_status status = lam_csv_add_word(&c->target.words, field, &t->bytes);
	if (!status && c->target.words.count > LAM_CSV_MOST_WORDS)
		return wrong(t, &c->target, "at most 65536 classes (or .values = true)");
	return status;
}

static lam_status survey(struct lam_csv_table *t)
{
	lam_csv_columns *c = &t->s.columns;
	bool more;
	lam_status status;
	if (!t->like)
		c->numbered = !t->options.values;
	while (!(status = next_sample(t, &more)) && more) {
		t->s.count++;
		for (int64_t i = 0; i < c->count && !status; i++)
			status = survey_column(t, &c->list[i]);
		if (!status && c->has_target)
			status = survey_target(t);
		if (!status && t->bytes > t->limit)
			status = over_limit(t);
		if (status)
			return status;
	}
	for (int64_t i = 0; i < c->count && !t->like && !status; i++) {
		if (c->list[i].present)
			c->list[i].mean = c->list[i].sum / (double)c->list[i].present;
		else if (!c->list[i].one_hot && t->s.count > 0)
			status = lam_fail(LAM_ERR_FORMAT,
				"%s: column \"%s\" has no value at all; expected one, "
				"or the column in the option drop",
				lam_path_text(t->options.path).text,
				lam_show(c->list[i].name).text);
	}
	if (!status && t->s.count == 0)
		return lam_fail(
			LAM_ERR_FORMAT, "%s: the table has no samples", lam_csv_where(t->csv).text);
	return status;
}

/* Fills in the values of one column; returns the place behind them. */
static lam_status fill_column(struct lam_csv_table *t, const lam_csv_column *column, lam_real **x)
{
	const char *field = lam_csv_field(t->csv, column->field);
	if (!column->one_hot) {
		**x = (lam_real)column->mean;
		return number(t, column, true, (*x)++);
	}
	const int64_t word = lam_csv_find_word(&column->words, field);
	if (word < 0 && !lam_csv_is_missing(field))
		return wrong(t, column, "a word that was there when the file was read before");
	if (word >= 0)
		(*x)[word] = 1;
	*x += column->words.count;
	return LAM_OK;
}

static lam_status fill_target(struct lam_csv_table *t, int64_t sample)
{
	const lam_csv_columns *c = &t->s.columns;
	const char *field = lam_csv_field(t->csv, c->target.field);
	int64_t found;
	if (t->s.targets)
		return number(t, &c->target, false, &t->s.targets[sample]);
	if (!c->numbered)
		found = lam_csv_find_word(&c->target.words, field);
	else if (!class_number(field, &found) || found >= c->classes)
		found = -1;
	t->s.classes[sample] = (int32_t)found;
	return found >= 0
		? LAM_OK
		: wrong(t, &c->target, "a class that was there when the file was read before");
}

static lam_status fill(struct lam_csv_table *t)
{
	const lam_csv_columns *c = &t->s.columns;
	lam_csv_rewind(t->csv);
	lam_status status = c->header ? lam_csv_next(t->csv) : LAM_OK;
	bool more = true;
	lam_real *x = t->s.x;
	for (int64_t sample = 0; sample < t->s.count && !status; sample++) {
		status = next_sample(t, &more);
		if (!status && !more)
			status = lam_fail(LAM_ERR_FORMAT,
				"%s: the file became shorter while it was read",
				lam_csv_where(t->csv).text);
		for (int64_t i = 0; i < c->count && !status; i++)
			status = fill_column(t, &c->list[i], &x);
		if (!status && c->has_target)
			status = fill_target(t, sample);
	}
	return status;
}

static lam_status name_features(struct lam_csv_state *s)
{
	const lam_csv_columns *c = &s->columns;
	char **list = lam_alloc((size_t)s->features, sizeof *list);
	int64_t at = 0;
	lam_status status = list ? LAM_OK : LAM_ERR_MEMORY;
	for (int64_t i = 0; i < c->count && !status; i++) {
		const int64_t words = c->list[i].one_hot ? c->list[i].words.count : 1;
		for (int64_t w = 0; w < words && !status; w++) {
			char name[LAM_LONGEST_NAME + 1];
			const lam_shown column = lam_show(c->list[i].name);
			if (c->list[i].one_hot)
				snprintf(name, sizeof name, "%s=%s", column.text,
					lam_show(c->list[i].words.list[w]).text);
			else
				snprintf(name, sizeof name, "%s", column.text);
			if (!(list[at++] = lam_text_copy(name)))
				status = LAM_ERR_MEMORY;
		}
	}
	if (!status && at <= LAM_MOST_NAMES) {
		s->names = lam_names_new("the columns", (const char *const *)list, at);
		status = s->names ? LAM_OK : lam_error_status();
	}
	for (int64_t i = 0; i < at; i++)
		lam_free(list[i]);
	lam_free(list);
	return status;
}

static lam_status allocate(struct lam_csv_table *t)
{
	struct lam_csv_state *s = &t->s;
	s->features = lam_csv_features(&s->columns);
	if (s->features == 0)
		return lam_fail(LAM_ERR_FORMAT, "%s: the columns of .one_hot have no words",
			lam_csv_where(t->csv).text);
	size_t values, bytes;
	if (__builtin_mul_overflow((size_t)s->count, (size_t)s->features + 1, &values)
		|| __builtin_mul_overflow(values, sizeof(lam_real), &bytes)
		|| __builtin_add_overflow(bytes, t->bytes, &bytes) || bytes > t->limit)
		return over_limit(t);
	s->x = lam_alloc((size_t)s->count * (size_t)s->features, sizeof *s->x);
	if (s->columns.has_target && t->options.values)
		s->targets = lam_alloc((size_t)s->count, sizeof *s->targets);
	else if (s->columns.has_target)
		s->classes = lam_alloc((size_t)s->count, sizeof *s->classes);
	const bool all = s->x && (!s->columns.has_target || s->targets || s->classes);
	return all ? name_features(s) : LAM_ERR_MEMORY;
}

lam_status lam_csv_load(struct lam_csv_table *t)
{
	lam_status status = survey(t);
	if (!status)
		status = allocate(t);
	return status ? status : fill(t);
}
