/* SPDX-License-Identifier: MIT */
/* Refuses targets that do not fit the loss, before they are read as another type. */
#include "framework/net/targets.h"

#include "framework/net/query.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

lam_target_range lam_target_range_of(const lam_target_info *info)
{
	lam_target_range range = {.least = info->least, .most = info->most};
	if (info->least < info->most) {
		snprintf(range.text, sizeof range.text, "%s to %s", lam_real_text(range.least).text,
			lam_real_text(range.most).text);
		return range;
	}
	range.any = !info->finite;
	range.most = sizeof range.most == sizeof(float) ? (lam_real)FLT_MAX : (lam_real)DBL_MAX;
	range.least = -range.most;
	strcpy(range.text, "finite numbers");
	return range;
}

int64_t lam_first_outside(const lam_real *values, int64_t count, lam_real least, lam_real most)
{
	int outside = 0;
#ifdef _OPENMP
#pragma omp simd reduction(| : outside)
#endif
	for (int64_t i = 0; i < count; i++)
		outside |= !(values[i] >= least && values[i] <= most);
	for (int64_t i = 0; outside && i < count; i++)
		if (!(values[i] >= least && values[i] <= most))
			return i;
	return -1;
}

int64_t lam_first_label(const void *targets, int64_t words)
{
	int64_t first = -1;
	for (int64_t i = 0; i < words; i++) {
		uint32_t word;
		memcpy(&word, (const unsigned char *)targets + (size_t)i * sizeof word,
			sizeof word);
		if (word >= LAM_MOST_GUESSED_CLASSES)
			return -1;
		first = first < 0 && word ? i : first;
	}
	return first;
}

/* In double the 32 bits are the upper half, with sign and exponent. */
bool lam_class_is_real(int32_t label, double *real)
{
	if (sizeof(lam_real) == sizeof(float)) {
		float value;
		memcpy(&value, &label, sizeof value);
		*real = (double)value;
	} else {
		const uint64_t bits = (uint64_t)(uint32_t)label << 32;
		memcpy(real, &bits, sizeof bits);
	}
	return fabs(*real) > 1e-30 && fabs(*real) < 1e30;
}

static lam_status wrong_type(const lam_net *net, int index, const lam_target_info *info)
{
	const lam_call_name loss = lam_net_loss_title(net, index);
	if (info->type == LAM_CLASSES)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the targets are lam_real values; the loss %s expected an int32_t class "
			"per sample",
			loss.text);
	return lam_fail(LAM_ERR_ARGUMENT,
		"the targets are int32_t classes; the loss %s expected lam_real values of shape %s",
		loss.text, lam_shape_text(info->shape).text);
}

static lam_status check_classes(const int32_t *classes, int64_t n, int64_t most)
{
	for (int64_t i = 0; i < n; i++) {
		double real;
		if (classes[i] >= 0 && classes[i] < most)
			continue;
		if (lam_class_is_real(classes[i], &real))
			return lam_fail(LAM_ERR_ARGUMENT,
				"the target of sample %" PRId64 " is class %" PRId32
				", the bits of the real number %g; expected int32_t classes, 0 to "
				"%" PRId64,
				i, classes[i], real, most - 1);
		return lam_fail(LAM_ERR_ARGUMENT,
			"the target of sample %" PRId64 " is class %" PRId32
			"; expected 0 to %" PRId64,
			i, classes[i], most - 1);
	}
	return LAM_OK;
}

static lam_status check_values(const lam_net *net, int index, const void *targets, int64_t n,
	const lam_target_info *info, lam_targets_given given)
{
	const lam_call_name loss = lam_net_loss_title(net, index);
	const int64_t label = given == LAM_GIVEN_UNTYPED ? lam_first_label(targets, n) : -1;
	if (label >= 0) {
		int32_t found;
		memcpy(&found, (const int32_t *)targets + label, sizeof found);
		return lam_fail(LAM_ERR_ARGUMENT,
			"the targets read as int32_t classes (sample %" PRId64 ": %" PRId32
			"); the loss %s expected lam_real values of shape %s",
			label, found, loss.text, lam_shape_text(info->shape).text);
	}
	const lam_target_range range = lam_target_range_of(info);
	if (range.any)
		return LAM_OK;
	const int64_t features = lam_shape_count(&info->shape),
		      at = lam_first_outside(targets, n * features, range.least, range.most);
	if (at < 0)
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT,
		"the target of sample %" PRId64 " is %s (value %" PRId64
		"); the loss %s expected %s",
		at / features, lam_real_text(((const lam_real *)targets)[at]).text, at % features,
		loss.text, range.text);
}

lam_status lam_targets_check(
	const lam_net *net, int loss, const void *targets, int64_t n, lam_targets_given given)
{
	const lam_target_info info = lam_net_target_info(net, loss);
	const bool classes = info.type == LAM_CLASSES;
	if (given == (classes ? LAM_GIVEN_VALUES : LAM_GIVEN_CLASSES))
		return wrong_type(net, loss, &info);
	if (classes)
		return check_classes(targets, n, info.classes);
	return given == LAM_GIVEN_LOADED ? LAM_OK
					 : check_values(net, loss, targets, n, &info, given);
}
