/* SPDX-License-Identifier: MIT */
/* Options: from what the caller left at zero to what the layer reads. */
#include "framework/layer/inside.h"

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

/* What stands for the zeros of `value`: a pair repeats its first, everything else has the fallback.
 */
static void fill_ints(const lam_option *option, int *value, int count)
{
	if (option->type == LAM_OPTION_PAIR && value[0] != 0 && value[1] == 0)
		value[1] = value[0];
	for (int i = 0; i < count; i++) {
		if (value[i] == 0)
			value[i] = (int)option->fallback;
		else if (value[i] == LAM_ZERO)
			value[i] = 0;
	}
}

static lam_status out_of_range(const lam_option *option, double given)
{
	const char *from = option->above ? "above" : "at least";
	if (given == LAM_ZERO)
		given = 0;
	if (option->most >= INT_MAX)
		return lam_fail(LAM_ERR_ARGUMENT, "option %s is %g; expected %s %g", option->name,
			given, from, option->least);
	if (option->above)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option %s is %g; expected above %g and at most %g", option->name, given,
			option->least, option->most);
	return lam_fail(LAM_ERR_ARGUMENT, "option %s is %g; expected %g to %g", option->name, given,
		option->least, option->most);
}

static lam_status resolve_ints(const lam_option *option, int *value, int count)
{
	if (option->required && value[0] == 0)
		return lam_fail(LAM_ERR_ARGUMENT, "option %s is required", option->name);
	fill_ints(option, value, count);
	for (int i = 0; i < count; i++) {
		if (option->type == LAM_OPTION_CHOICE) {
			int choices = 0;
			while (option->choices[choices])
				choices++;
			if (value[i] < 0 || value[i] >= choices)
				return lam_fail(LAM_ERR_ARGUMENT,
					"option %s is %d; expected 0 to %d", option->name, value[i],
					choices - 1);
		} else if ((option->required || value[i] != (int)option->fallback)
			&& (value[i] < option->least || value[i] > option->most)) {
			return out_of_range(option, value[i]);
		}
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

static lam_status resolve_reals(const lam_option *option, lam_real *value, int count)
{
	if (option->required && value[0] == 0)
		return lam_fail(LAM_ERR_ARGUMENT, "option %s is required", option->name);
	if (option->type == LAM_OPTION_REAL && value[0] == 0)
		value[0] = option->fallback;
	else if (option->type == LAM_OPTION_REAL && value[0] == LAM_ZERO)
		value[0] = 0;
	int given = count;
	while (given > 0 && value[given - 1] == 0)
		given--;
	for (int i = 0; i < count; i++) {
		if (!isfinite(value[i]))
			return lam_fail(LAM_ERR_ARGUMENT, "option %s is not finite", option->name);
		bool left_out = option->type == LAM_OPTION_REALS && value[i] == 0;
		const lam_real said = value[i] == LAM_ZERO ? 0 : value[i];
		if (said < option->least || said > option->most
			|| (option->above && said == (lam_real)option->least && !left_out))
			return out_of_range(option, said);
		if (i < given - 1) /* the last one says how many there are */
			value[i] = said;
	}
	return LAM_OK;
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
		else if (real_count(option))
			status = resolve_reals(option, (lam_real *)at, real_count(option));
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
	if (option->type == LAM_OPTION_BOOL)
		return !*(const bool *)at;
	return option->type != LAM_OPTION_SHAPE || ((const lam_shape *)at)->rank == 0;
}
