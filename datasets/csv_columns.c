/* SPDX-License-Identifier: MIT */
#include "datasets/csv_columns.h"

#include "framework/base/number.h"
#include "framework/base/shown.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The first place whose word is not before `word`. */
static int64_t place_of(const lam_csv_words *words, const char *word)
{
	int64_t low = 0, high = words->count;
	while (low < high) {
		const int64_t middle = low + (high - low) / 2;
		if (strcmp(words->list[middle], word) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t lam_csv_find_word(const lam_csv_words *words, const char *word)
{
	const int64_t at = place_of(words, word);
	return at < words->count && strcmp(words->list[at], word) == 0 ? at : -1;
}

lam_status lam_csv_add_word(lam_csv_words *words, const char *word, size_t *bytes)
{
	const int64_t at = place_of(words, word);
	if (at < words->count && strcmp(words->list[at], word) == 0)
		return LAM_OK;
	if (words->count == words->room) {
		const int64_t room = words->room ? 2 * words->room : 16;
		char **grown = lam_grow(
			words->list, (size_t)words->room, (size_t)room, sizeof *grown);
		if (!grown)
			return LAM_ERR_MEMORY;
		words->list = grown;
		words->room = room;
	}
	char *copy = lam_text_copy(word);
	if (!copy)
		return LAM_ERR_MEMORY;
	memmove(words->list + at + 1, words->list + at,
		(size_t)(words->count - at) * sizeof *words->list);
	words->list[at] = copy;
	words->count++;
	*bytes += strlen(word) + 1 + 2 * sizeof *words->list;
	return LAM_OK;
}

lam_status lam_csv_copy_words(lam_csv_words *to, const lam_csv_words *from)
{
	size_t bytes = 0;
	lam_status status = LAM_OK;
	for (int64_t i = 0; i < from->count && !status; i++)
		status = lam_csv_add_word(to, from->list[i], &bytes);
	return status;
}

void lam_csv_free_words(lam_csv_words *words)
{
	for (int64_t i = 0; i < words->count; i++)
		lam_free(words->list[i]);
	lam_free(words->list);
}

bool lam_csv_is_missing(const char *field)
{
	static const char *const words[] = {"", "?", "-", "na", "n/a", "nan", "null"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(field, words[i]) == 0)
			return true;
	return false;
}

bool lam_csv_number(const char *field, char decimal, lam_real *value)
{
	char text[400];
	const size_t length = strlen(field);
	if (length >= sizeof text)
		return false;
	memcpy(text, field, length + 1);
	if (decimal != '.') {
		if (strchr(text, '.'))
			return false;
		char *point = strchr(text, decimal);
		if (point)
			*point = '.';
	}
	return lam_real_parse(text, value) && isfinite(*value);
}

static bool is_number(const char *field, char decimal)
{
	lam_real value;
	return lam_csv_number(field, decimal, &value);
}

/* Takes the names of the columns from the first record, or numbers in place of names. */
static lam_status take_names(
	lam_csv *csv, const lam_dataset_csv_options *o, lam_csv_columns *columns)
{
	lam_status status = lam_csv_next(csv);
	if (status)
		return status;
	const int64_t width = lam_csv_fields(csv);
	if (width == 0)
		return lam_fail(LAM_ERR_FORMAT, "%s: there are no lines of a table",
			lam_csv_where(csv).text);
	bool header = o->header != LAM_HEADER_NO;
	for (int64_t i = 0; i < width && o->header == LAM_HEADER_GUESS; i++)
		header = header && !is_number(lam_csv_field(csv, i), o->decimal);
	if (!(columns->names = lam_alloc((size_t)width, sizeof *columns->names)))
		return LAM_ERR_MEMORY;
	columns->width = width;
	columns->header = header;
	for (int64_t i = 0; i < width; i++) {
		char number[32];
		const char *name = header ? lam_csv_field(csv, i) : "";
		snprintf(number, sizeof number, "%" PRId64, i + 1);
		if (!(columns->names[i] = lam_text_copy(*name ? name : number)))
			return LAM_ERR_MEMORY;
	}
	if (!header)
		lam_csv_rewind(csv);
	return LAM_OK;
}

/* The first names, as many as a sentence has room for. */
static lam_shown list_names(const lam_csv_columns *columns)
{
	char text[2000] = "";
	size_t length = 0;
	for (int64_t i = 0; i < columns->width && length + 2 < sizeof text; i++)
		length += (size_t)snprintf(text + length, sizeof text - length, "%s%s",
			i ? ", " : "", lam_show(columns->names[i]).text);
	return lam_show(text);
}

/* The field of the column that `what` calls by its name, or its number from 1. */
static lam_status find_column(const lam_csv *csv, const lam_csv_columns *columns, const char *what,
	const char *name, size_t length, int64_t *field)
{
	int64_t found = -1, number;
	char text[32] = "";
	for (int64_t i = 0; i < columns->width; i++) {
		if (strlen(columns->names[i]) != length
			|| memcmp(columns->names[i], name, length) != 0)
			continue;
		if (found >= 0)
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: %s is \"%s\", a name that columns %" PRId64 " and %" PRId64
				" have; expected the number of one",
				lam_csv_where(csv).text, what, lam_show_part(name, length).text,
				found + 1, i + 1);
		found = i;
	}
	if (length < sizeof text)
		memcpy(text, name, length);
	if (found < 0 && lam_integer_parse(text, 1, columns->width, &number))
		found = number - 1;
	*field = found;
	return found >= 0 ? LAM_OK
			  : lam_fail(LAM_ERR_ARGUMENT,
				  "%s: %s is \"%s\"; expected 1 to %" PRId64 " or a name of these "
				  "columns: %s",
				  lam_csv_where(csv).text, what, lam_show_part(name, length).text,
				  columns->width, list_names(columns).text);
}

/* Calls for each column of a list with commas: marks[field] = the place in the list, from 1. */
static lam_status mark(const lam_csv *csv, const lam_csv_columns *columns, const char *what,
	const char *list, int64_t *marks)
{
	for (int64_t place = 1; list && *list; place++) {
		list += strspn(list, " ");
		size_t length = strcspn(list, ",");
		const char *next = list + length + (list[length] == ',');
		while (length && list[length - 1] == ' ')
			length--;
		int64_t field;
		lam_status status = find_column(csv, columns, what, list, length, &field);
		if (status)
			return status;
		if (marks[field])
			return lam_fail(LAM_ERR_ARGUMENT, "%s: %s has column \"%s\" twice",
				lam_csv_where(csv).text, what,
				lam_show(columns->names[field]).text);
		marks[field] = place;
		list = next;
	}
	return LAM_OK;
}

/* What each column is asked to be: places in the lists, 0 for no. */
struct marks {
	int64_t *chosen, *dropped, *one_hot;
};

static bool has_field(const lam_csv_columns *columns, int64_t field)
{
	for (int64_t i = 0; i < columns->count; i++)
		if (columns->list[i].field == field)
			return true;
	return false;
}

static lam_status list_columns(const lam_csv *csv, const lam_dataset_csv_options *o,
	const struct marks *marks, lam_csv_columns *columns)
{
	if (!(columns->list = lam_alloc((size_t)columns->width, sizeof *columns->list)))
		return LAM_ERR_MEMORY;
	for (int64_t i = 0; i < columns->width; i++) {
		const bool is_target = columns->has_target && i == columns->target.field;
		if (is_target && (marks->chosen[i] || marks->one_hot[i] || marks->dropped[i]))
			return lam_fail(LAM_ERR_ARGUMENT, "%s: column \"%s\" is the target, and %s",
				lam_csv_where(csv).text, lam_show(columns->names[i]).text,
				marks->dropped[i] ? "in .drop; expected another one in .target"
						  : "a column of the samples");
		if (is_target || (o->columns ? !marks->chosen[i] : marks->dropped[i] > 0))
			continue;
		const int64_t at = o->columns ? marks->chosen[i] - 1 : columns->count;
		columns->list[at] = (lam_csv_column){.field = i, .one_hot = marks->one_hot[i] > 0};
		columns->count++;
	}
	for (int64_t i = 0; i < columns->width; i++)
		if (marks->one_hot[i] && !has_field(columns, i))
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: .one_hot has column \"%s\", which is no column of the samples",
				lam_csv_where(csv).text, lam_show(columns->names[i]).text);
	for (int64_t i = 0; i < columns->count; i++)
		if (!(columns->list[i].name = lam_text_copy(
			      columns->names[columns->list[i].field])))
			return LAM_ERR_MEMORY;
	return columns->count ? LAM_OK
			      : lam_fail(LAM_ERR_ARGUMENT,
				      "%s: no columns are left for the samples; there are %s",
				      lam_csv_where(csv).text, list_names(columns).text);
}

static lam_status choose(
	const lam_csv *csv, const lam_dataset_csv_options *o, lam_csv_columns *columns)
{
	const size_t width = (size_t)columns->width;
	int64_t *room = lam_alloc(3 * width, sizeof *room);
	if (!room)
		return LAM_ERR_MEMORY;
	const struct marks marks = {room, room + width, room + 2 * width};
	lam_status status = LAM_OK;
	columns->has_target = !o->no_target;
	columns->target.field = columns->width - 1;
	if (o->target)
		status = find_column(csv, columns, ".target", o->target, strlen(o->target),
			&columns->target.field);
	if (!status)
		status = mark(csv, columns, ".columns", o->columns, marks.chosen);
	if (!status)
		status = mark(csv, columns, ".drop", o->drop, marks.dropped);
	if (!status)
		status = mark(csv, columns, ".one_hot", o->one_hot, marks.one_hot);
	if (!status)
		status = list_columns(csv, o, &marks, columns);
	if (!status && columns->has_target
		&& !(columns->target.name = lam_text_copy(columns->names[columns->target.field])))
		status = LAM_ERR_MEMORY;
	lam_free(room);
	return status;
}

/* A column of another table, found in this one. */
static lam_status copy_column(const lam_csv *csv, const lam_csv_columns *columns, bool by_name,
	const lam_csv_column *from, lam_csv_column *to)
{
	*to = (lam_csv_column){.field = from->field, .one_hot = from->one_hot, .mean = from->mean};
	lam_status status = LAM_OK;
	const bool same_place = from->field < columns->width
		&& strcmp(columns->names[from->field], from->name) == 0;
	if (by_name && !same_place) /* names may be there twice */
		status = find_column(csv, columns, "a column of .like", from->name,
			strlen(from->name), &to->field);
	else if (from->field >= columns->width)
		status = lam_fail(LAM_ERR_ARGUMENT,
			"%s: has %" PRId64 " columns; expected at least %" PRId64
			", as .like has column \"%s\" there",
			lam_csv_where(csv).text, columns->width, from->field + 1,
			lam_show(from->name).text);
	if (!status && !(to->name = lam_text_copy(from->name)))
		status = LAM_ERR_MEMORY;
	return status ? status : lam_csv_copy_words(&to->words, &from->words);
}

static lam_status choose_like(const lam_csv *csv, const lam_dataset_csv_options *o,
	const lam_csv_columns *like, lam_csv_columns *columns)
{
	const bool by_name = like->header && columns->header;
	if (!(columns->list = lam_alloc((size_t)like->count, sizeof *columns->list)))
		return LAM_ERR_MEMORY;
	lam_status status = LAM_OK;
	for (int64_t i = 0; i < like->count && !status; i++) {
		columns->count = i + 1;
		status = copy_column(csv, columns, by_name, &like->list[i], &columns->list[i]);
	}
	columns->has_target = like->has_target && !o->no_target;
	columns->numbered = like->numbered;
	columns->classes = like->classes;
	if (!status && columns->has_target)
		status = copy_column(csv, columns, by_name, &like->target, &columns->target);
	return status;
}

lam_status lam_csv_resolve(lam_csv *csv, const lam_dataset_csv_options *options,
	const lam_csv_columns *like, lam_csv_columns *columns)
{
	lam_status status = take_names(csv, options, columns);
	if (status)
		return status;
	return like ? choose_like(csv, options, like, columns) : choose(csv, options, columns);
}

static void free_column(lam_csv_column *column)
{
	lam_free(column->name);
	lam_csv_free_words(&column->words);
}

void lam_csv_free_columns(lam_csv_columns *columns)
{
	for (int64_t i = 0; columns->names && i < columns->width; i++)
		lam_free(columns->names[i]);
	for (int64_t i = 0; i < columns->count; i++)
		free_column(&columns->list[i]);
	free_column(&columns->target);
	lam_free(columns->names);
	lam_free(columns->list);
}

int64_t lam_csv_features(const lam_csv_columns *columns)
{
	int64_t features = 0;
	for (int64_t i = 0; i < columns->count; i++)
		features += columns->list[i].one_hot ? columns->list[i].words.count : 1;
	return features;
}
