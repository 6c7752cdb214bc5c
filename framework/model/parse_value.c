/* SPDX-License-Identifier: MIT */
/* Parses a word of an architecture text into a member of an options struct. */
#include "framework/model/parse_value.h"

#include "framework/base/number.h"
#include "framework/memory.h"

#include <stdio.h>
#include <string.h>

/* Reads a list like "3,5" of up to `most` numbers, each by `piece`, and returns their count. 0 when
 * there are more, or one is invalid. */
static int parse_list(const char *text, int most,
	bool (*piece)(const char *text, void *value, int index), void *values)
{
	int count = 0;
	for (;;) {
		char one[LAM_NUMBER_TEXT];
		size_t length = strcspn(text, ",x");
		if (length >= sizeof one || count == most)
			return 0;
		memcpy(one, text, length);
		one[length] = '\0';
		if (!piece(one, values, count++))
			return 0;
		if (!text[length])
			return count;
		text += length + 1;
	}
}

/* A zero in the text means zero, not an option left out. */
static bool int_piece(const char *text, void *values, int index)
{
	int64_t value;
	if (!lam_integer_parse(text, -INT_MAX, INT_MAX, &value))
		return false;
	((int *)values)[index] = value ? (int)value : LAM_ZERO;
	return true;
}

/* As int_piece(), but where 0 is not in the option's range, a zero means "left out". */
static bool parse_ints(const lam_option *option, const char *text, int count, int *values)
{
	const bool left_out = option->fallback == 0 && option->least > 0;
	bool parsed = parse_list(text, count, int_piece, values) == count;
	for (int i = 0; i < count && left_out; i++)
		values[i] = values[i] == LAM_ZERO ? 0 : values[i];
	return parsed;
}

static bool real_piece(const char *text, void *values, int index)
{
	return lam_real_parse(text, (lam_real *)values + index);
}

static bool single_piece(const char *text, void *value, int index)
{
	lam_real *real = (lam_real *)value + index;
	if (!lam_real_parse(text, real))
		return false;
	if (*real == 0)
		*real = LAM_ZERO;
	return true;
}

/* A zero at the end of a list becomes LAM_ZERO, as a 0 would not belong to the list. */
static bool parse_reals(const char *text, int most, lam_real *values)
{
	const int count = parse_list(text, most, real_piece, values);
	if (count > 0 && values[count - 1] == 0)
		values[count - 1] = LAM_ZERO;
	return count > 0;
}

static bool dimension_piece(const char *text, void *values, int index)
{
	return lam_integer_parse(text, 1, LAM_MAX_COUNT, (int64_t *)values + index);
}

bool lam_parse_shape(const char *text, lam_shape *shape)
{
	*shape = (lam_shape){0};
	shape->rank = parse_list(text, LAM_MAX_RANK, dimension_piece, shape->dim);
	return lam_shape_valid(shape);
}

static bool parse_choice(const char *text, const char *const *choices, int *value)
{
	for (*value = 0; choices[*value]; ++*value)
		if (!strcmp(choices[*value], text))
			return true;
	return false;
}

bool lam_option_named(const lam_option *option, const char *name)
{
	bool named = !strcmp(option->name, name);
	for (const char *const *former = option->former; former && *former; former++)
		named = named || !strcmp(*former, name);
	return named;
}

bool lam_parse_value(const lam_option *option, const char *text, void *state)
{
	void *at = (char *)state + option->offset;
	switch (option->type) {
	case LAM_OPTION_INT:
		return parse_ints(option, text, 1, at);
	case LAM_OPTION_PAIR:
		return parse_ints(option, text, 2, at);
	case LAM_OPTION_INTS:
		return parse_ints(option, text, option->count, at);
	case LAM_OPTION_REAL:
		return parse_list(text, 1, single_piece, at) == 1;
	case LAM_OPTION_REALS:
		return parse_reals(text, option->count, at);
	case LAM_OPTION_BOOL:
		return *(bool *)at = true, !strcmp(text, "true");
	case LAM_OPTION_SHAPE:
		return lam_parse_shape(text, at);
	case LAM_OPTION_CHOICE:
		return parse_choice(text, option->choices, at);
	case LAM_OPTION_COUNT:
		return lam_integer_parse(text, 1, LAM_MAX_COUNT, at);
	case LAM_OPTION_ARRAY: /* its values are not in the text */
		return false;
	}
	return false;
}

void lam_describe_value(const lam_option *option, char text[LAM_DESCRIPTION])
{
	static const char *const words[] = {
		[LAM_OPTION_INT] = "a whole number",
		[LAM_OPTION_PAIR] = "two whole numbers such as 3,3",
		[LAM_OPTION_REAL] = "a number",
		[LAM_OPTION_BOOL] = "true",
		[LAM_OPTION_SHAPE] = "a shape such as 1x28x28",
		[LAM_OPTION_COUNT] = "a number of values",
		[LAM_OPTION_ARRAY] = "the name of an entry",
	};
	if (option->type == LAM_OPTION_INTS || option->type == LAM_OPTION_REALS) {
		bool reals = option->type == LAM_OPTION_REALS;
		snprintf(text, 160, "%s%d %snumbers with commas between", reals ? "up to " : "",
			option->count, reals ? "" : "whole ");
	} else if (option->type == LAM_OPTION_CHOICE) {
		int at = snprintf(text, 160, "one of");
		for (const char *const *word = option->choices; *word && at < 120; word++)
			at += snprintf(text + at, 160 - (size_t)at, "%s %.30s",
				word == option->choices ? "" : ",", *word);
	} else {
		snprintf(text, 160, "%s", words[option->type]);
	}
}

static int reals_given(const lam_option *option, const lam_real *values)
{
	int count = option->count;
	while (count > 0 && values[count - 1] == 0)
		count--;
	return count;
}

void lam_repeat_single_reals(const lam_option *options, void *state)
{
	int longest = 0;
	for (const lam_option *option = options; option && option->name; option++) {
		if (option->type != LAM_OPTION_REALS)
			continue;
		const int given = reals_given(
			option, (const lam_real *)((const char *)state + option->offset));
		longest = given > longest ? given : longest;
	}
	for (const lam_option *option = options; option && option->name; option++) {
		lam_real *values = (lam_real *)((char *)state + option->offset);
		if (option->type == LAM_OPTION_REALS && reals_given(option, values) == 1)
			for (int i = 1; i < longest && i < option->count; i++)
				values[i] = values[0];
	}
}
