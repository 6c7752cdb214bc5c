/* SPDX-License-Identifier: MIT */
/* Fills in the options that the caller left at 0, and checks the ranges of the others. */
#include "framework/layer/inside.h"

#include "framework/base/number.h"
#include "framework/memory.h"

#include <math.h>
#include <string.h>

static int int_count(const lam_option *option)
{
	switch (option->type) {
	case LAM_OPTION_INT:
	case LAM_OPTION_CHOICE:
		return 1;
	case LAM_OPTION_PAIR:
		return 2;
	case LAM_OPTION_INTS:
		return option->count;
	default:
		return 0;
	}
}

static int real_count(const lam_option *option)
{
	switch (option->type) {
	case LAM_OPTION_REAL:
		return 1;
	case LAM_OPTION_REALS:
		return option->count;
	default:
		return 0;
	}
}

/* The numbers have all their digits: the next number above 1 is not shown as 1. */
static lam_status out_of_range(const lam_option *option, double given)
{
	const bool real = real_count(option) > 0 || option->type == LAM_OPTION_ARRAY;
	const lam_number_string is = real ? lam_real_text((lam_real)given) : lam_double_text(given),
				least = lam_real_text((lam_real)option->least),
				most = lam_real_text((lam_real)option->most);
	const char *from = option->above ? "above" : "at least";
	if (option->most >= INT_MAX)
		return lam_fail(LAM_ERR_ARGUMENT, "option %s is %s; expected %s %s", option->name,
			is.text, from, least.text);
	if (option->above || option->below)
		return lam_fail(LAM_ERR_ARGUMENT, "option %s is %s; expected %s %s and %s %s",
			option->name, is.text, from, least.text,
			option->below ? "below" : "at most", most.text);
	return lam_fail(LAM_ERR_ARGUMENT, "option %s is %s; expected %s to %s", option->name,
		is.text, least.text, most.text);
}

/* Checks that a real is in the option's range, whose ends are rounded as the real was. */
static lam_status check_real(const lam_option *option, lam_real value)
{
	if (!isfinite(value))
		return lam_fail(LAM_ERR_ARGUMENT, "option %s is %s; expected a finite number",
			option->name,
			isnan(value)        ? "nan"
				: value < 0 ? "-inf"
					    : "inf");
	const lam_real least = (lam_real)option->least, most = (lam_real)option->most;
	const bool low = option->above ? value <= least : value < least,
		   high = option->most < INT_MAX && (option->below ? value >= most : value > most);
	return low || high ? out_of_range(option, (double)value) : LAM_OK;
}

static lam_status check_int(const lam_option *option, int value)
{
	return value < option->least || value > option->most ? out_of_range(option, value) : LAM_OK;
}

static lam_status check_choice(const lam_option *option, int value)
{
	int choices = 0;
	while (option->choices[choices])
		choices++;
	return value >= 0 && value < choices
		? LAM_OK
		: lam_fail(LAM_ERR_ARGUMENT, "option %s is %d; expected 0 to %d", option->name,
			value, choices - 1);
}

/* Fills in the numbers left out: the second of a pair from the first, others from the fallback.
 * LAM_ZERO must be in the range, whatever the fallback is. */
static lam_status resolve_ints(const lam_option *option, int *value, int count)
{
	if (option->required && value[0] == 0)
		return lam_fail(LAM_ERR_ARGUMENT, "option %s is required", option->name);
	if (option->type == LAM_OPTION_PAIR && value[0] != 0 && value[1] == 0)
		value[1] = value[0];
	for (int i = 0; i < count; i++) {
		const int given = value[i], fallback = (int)option->fallback;
		value[i] = given == 0 ? fallback : given == LAM_ZERO ? 0 : given;
		lam_status status = LAM_OK;
		if (option->type == LAM_OPTION_CHOICE)
			status = check_choice(option, value[i]);
		else if (option->required || given == LAM_ZERO || value[i] != fallback)
			status = check_int(option, value[i]);
		if (status)
			return status;
	}
	return LAM_OK;
}

const lam_option *lam_option_without_range(const lam_option *options)
{
	for (; options->name; options++)
		if (options->type != LAM_OPTION_CHOICE
			&& int_count(options) + real_count(options) > 0
			&& options->least >= options->most)
			return options;
	return NULL;
}

static lam_status resolve_real(const lam_option *option, lam_real *value)
{
	if (*value == 0) {
		*value = option->fallback;
		return option->required
			? lam_fail(LAM_ERR_ARGUMENT, "option %s is required", option->name)
			: LAM_OK;
	}
	if (*value == LAM_ZERO)
		*value = 0;
	return check_real(option, *value);
}

static lam_status resolve_reals(const lam_option *option, lam_real *value)
{
	int given = option->count;
	while (given > 0 && value[given - 1] == 0)
		given--;
	if (option->required && given == 0)
		return lam_fail(LAM_ERR_ARGUMENT, "option %s is required", option->name);
	for (int i = 0; i < given; i++) {
		const bool left_out = value[i] == 0;
		const lam_real said = value[i] == LAM_ZERO ? 0 : value[i];
		lam_status status = left_out ? LAM_OK : check_real(option, said);
		if (status)
			return status;
		if (i < given - 1) /* a last LAM_ZERO stays: a 0 would not belong to the list */
			value[i] = said;
	}
	return LAM_OK;
}

const lam_real *lam_option_array(const lam_option *option, const void *state, int64_t *count)
{
	const lam_real *values;
	memcpy(&values, (const char *)state + option->offset, sizeof values);
	memcpy(count, (const char *)state + option->length, sizeof *count);
	return values;
}

static void set_array(const lam_option *option, void *state, const lam_real *values)
{
	memcpy((char *)state + option->offset, &values, sizeof values);
}

/* In arrays, too, LAM_ZERO is 0; a plain 0 is one as well. */
static lam_status copy_array(
	const lam_option *option, void *state, const lam_real *values, int64_t count)
{
	if (count < 1 || count > LAM_MAX_COUNT)
		return lam_fail(LAM_ERR_ARGUMENT, "option %s has %lld values; expected 1 to %lld",
			option->name, (long long)count, (long long)LAM_MAX_COUNT);
	lam_real *copy = lam_alloc((size_t)count, sizeof *copy);
	if (!copy)
		return LAM_ERR_MEMORY;
	set_array(option, state, copy);
	for (int64_t i = 0; i < count; i++) {
		copy[i] = values[i] == LAM_ZERO ? 0 : values[i];
		lam_status status = check_real(option, copy[i]);
		if (status)
			return lam_fail(status, "%s (value %lld)", lam_error(), (long long)i);
	}
	return LAM_OK;
}

lam_status lam_options_keep_arrays(const lam_option *options, void *state)
{
	lam_status status = LAM_OK;
	for (const lam_option *option = options; option && option->name; option++) {
		if (option->type != LAM_OPTION_ARRAY)
			continue;
		int64_t count;
		const lam_real *given = lam_option_array(option, state, &count);
		set_array(option, state, NULL);
		if (!status && given)
			status = copy_array(option, state, given, count);
	}
	return status;
}

void lam_options_free_arrays(const lam_option *options, void *state)
{
	for (const lam_option *option = options; option && option->name; option++)
		if (option->type == LAM_OPTION_ARRAY) {
			int64_t count;
			lam_free((void *)lam_option_array(option, state, &count));
		}
}

static lam_status resolve_shape(const lam_option *option, const lam_shape *shape)
{
	if (shape->rank == 0)
		return option->required
			? lam_fail(LAM_ERR_ARGUMENT, "option %s is required", option->name)
			: LAM_OK;
	bool positive = shape->rank > 0 && shape->rank <= LAM_MAX_RANK;
	for (int i = 0; positive && i < shape->rank; i++)
		positive = shape->dim[i] > 0;
	if (positive && !lam_shape_valid(shape))
		return lam_fail(LAM_ERR_ARGUMENT,
			"option %s is %s; the product of its dimensions is too large", option->name,
			lam_shape_text(*shape).text);
	if (!positive)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option %s is %s; expected 1 to %d dimensions of at least 1", option->name,
			lam_shape_text(*shape).text, LAM_MAX_RANK);
	return LAM_OK;
}

lam_status lam_options_resolve(const lam_option *options, void *state)
{
	for (const lam_option *option = options; option && option->name; option++) {
		char *at = (char *)state + option->offset;
		lam_status status = LAM_OK;
		if (int_count(option))
			status = resolve_ints(option, (int *)at, int_count(option));
		else if (option->type == LAM_OPTION_REAL)
			status = resolve_real(option, (lam_real *)at);
		else if (option->type == LAM_OPTION_REALS)
			status = resolve_reals(option, (lam_real *)at);
		else if (option->type == LAM_OPTION_SHAPE)
			status = resolve_shape(option, (const lam_shape *)at);
		if (status)
			return status;
	}
	return LAM_OK;
}

bool lam_option_is_default(const lam_option *option, const void *state)
{
	const char *at = (const char *)state + option->offset;
	for (int i = 0; i < int_count(option); i++)
		if (((const int *)at)[i] != (int)option->fallback)
			return false;
	if (option->type == LAM_OPTION_REAL)
		return *(const lam_real *)at == option->fallback;
	for (int i = 0; i < real_count(option); i++)
		if (((const lam_real *)at)[i] != 0)
			return false;
	if (option->type == LAM_OPTION_COUNT)
		return *(const int64_t *)at == 0;
	if (option->type == LAM_OPTION_ARRAY)
		return !*(const lam_real *const *)at;
	if (option->type == LAM_OPTION_BOOL)
		return !*(const bool *)at;
	return option->type != LAM_OPTION_SHAPE || ((const lam_shape *)at)->rank == 0;
}

static size_t member_size(const lam_option *option)
{
	switch (option->type) {
	case LAM_OPTION_BOOL:
		return sizeof(bool);
	case LAM_OPTION_SHAPE:
		return sizeof(lam_shape);
	case LAM_OPTION_COUNT:
		return sizeof(int64_t);
	case LAM_OPTION_ARRAY:
		return sizeof(const lam_real *);
	default:
		return (size_t)int_count(option) * sizeof(int)
			+ (size_t)real_count(option) * sizeof(lam_real);
	}
}

void lam_options_copy(const lam_option *options, void *to, const void *from)
{
	for (const lam_option *option = options; option && option->name; option++)
		memcpy((char *)to + option->offset, (const char *)from + option->offset,
			member_size(option));
}

lam_status lam_value_construct(const lam_value_constructor *constructor, void *options, void *value)
{
	lam_status status = lam_options_resolve(constructor->options, options);
	if (status)
		return lam_fail(status, "%s: %s", constructor->name, lam_error());
	const lam_option *option = constructor->options;
	for (int row = 0; option[row].name; row++)
		memcpy((char *)value + constructor->places[row],
			(const char *)options + option[row].offset, member_size(&option[row]));
	return LAM_OK;
}

static lam_status check_edited(const lam_option *option, const char *at)
{
	if (option->type == LAM_OPTION_REAL)
		return check_real(option, *(const lam_real *)at);
	return option->type == LAM_OPTION_INT ? check_int(option, *(const int *)at) : LAM_OK;
}

lam_status lam_options_check(const lam_option *options, const void *state)
{
	lam_status status = LAM_OK;
	for (; options && options->name && !status; options++)
		status = check_edited(options, (const char *)state + options->offset);
	return status;
}

lam_status lam_value_check(const lam_value_constructor *constructor, const void *value)
{
	const lam_option *option = constructor->options;
	for (int row = 0; option && option[row].name; row++) {
		lam_status status = check_edited(
			&option[row], (const char *)value + constructor->places[row]);
		if (status)
			return lam_fail(status, "%s: %s", constructor->name, lam_error());
	}
	return LAM_OK;
}
