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
		outside |= !(values[i] >= least) | !(values[i] <= most);
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

int64_t lam_first_flag(const void *targets, int64_t bytes)
{
	const unsigned char *byte = targets;
	/* One or two first bytes of a real may well be 0 and 1; three hardly ever. */
	const int64_t part = bytes % (int64_t)sizeof(lam_real),
		      whole = part < 3 ? bytes - part : bytes;
	int64_t first = -1;
	for (int64_t i = 0; i < whole; i++) {
		if (byte[i] > 1)
			return -1;
		first = first < 0 && byte[i] ? i : first;
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

int64_t lam_target_values(const lam_target_info *info)
{
	return info->type == LAM_CLASSES && info->shape.rank == 0 ? 1
								  : lam_shape_count(&info->shape);
}

int64_t lam_target_ignored(const lam_target_info *info)
{
	return info->ignore == 0 ? INT64_MIN : info->ignore == LAM_ZERO ? 0 : info->ignore;
}

int64_t lam_first_bad_class(const int32_t *found, int64_t count, int64_t classes, int64_t ignored)
{
	/* As unsigned numbers, negative classes are the largest. */
	const uint32_t most = classes <= INT32_MAX ? (uint32_t)classes : 1u << 31,
		       allowed = ignored == INT64_MIN ? 0 : (uint32_t)(int32_t)ignored;
	const uint32_t exempt = ignored == INT64_MIN ? 0 : 1;
	uint32_t bad = 0;
#ifdef _OPENMP
#pragma omp simd reduction(| : bad)
#endif
	for (int64_t i = 0; i < count; i++)
		bad |= (uint32_t)((uint32_t)found[i] >= most)
			& ~(exempt & (uint32_t)((uint32_t)found[i] == allowed));
	for (int64_t i = 0; bad && i < count; i++)
		if ((uint32_t)found[i] >= most && found[i] != ignored)
			return i;
	return -1;
}

/* Weights are added in sixteen sums, which are then added in order. */
static double sum_weights(const lam_target_info *info, const int32_t *classes, int64_t count)
{
	const int64_t ignored = lam_target_ignored(info);
	double sums[LAM_LANES] = {0}, total = 0;
	for (int64_t i = 0; i < count; i++)
		if (classes[i] != ignored)
			sums[i % LAM_LANES] += (double)info->weights[classes[i]];
	for (int k = 0; k < LAM_LANES; k++)
		total += sums[k];
	return total;
}

/* The count of n samples, all of weight 1. */
static double count_targets(const lam_target_info *info, const void *targets, int64_t n)
{
	if (info->type != LAM_CLASSES)
		return (double)n;
	const int64_t count = n * lam_target_values(info), ignored = lam_target_ignored(info);
	if (info->weights)
		return sum_weights(info, targets, count);
	if (ignored == INT64_MIN)
		return (double)count;
	const int32_t *classes = targets, none = (int32_t)ignored;
	int64_t left_out = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : left_out)
#endif
	for (int64_t i = 0; i < count; i++)
		left_out += classes[i] == none;
	return (double)(count - left_out);
}

double lam_mixed_count(const lam_target_info *info, const int32_t *classes, const int32_t *second,
	const lam_real *share, int64_t n)
{
	const int64_t places = lam_target_values(info), ignored = lam_target_ignored(info);
	if (!info->weights && ignored == INT64_MIN)
		return (double)(n * places);
	double total = 0;
	for (int64_t i = 0; i < n * places; i++)
		for (int k = 0; k < 2; k++) {
			const int32_t y = k ? second[i] : classes[i];
			const lam_real s = share[i / places], part = k ? 1 - s : s;
			if (y != ignored)
				total += (double)part
					* (info->weights ? (double)info->weights[y] : 1);
		}
	return total;
}

double lam_target_count(
	const lam_target_info *info, const void *targets, const lam_real *weights, int64_t n)
{
	if (!weights)
		return count_targets(info, targets, n);
	const int32_t *classes = info->type == LAM_CLASSES ? targets : NULL;
	const int64_t each = lam_target_values(info);
	double sums[LAM_LANES] = {0}, total = 0;
	for (int64_t i = 0; i < n; i++)
		if (weights[i] != 0)
			sums[i % LAM_LANES] += (double)weights[i]
				* count_targets(info, classes ? classes + i * each : NULL, 1);
	for (int k = 0; k < LAM_LANES; k++)
		total += sums[k];
	return total;
}

int64_t lam_first_bad_weight(const lam_real *weights, int64_t n)
{
	return lam_first_outside(weights, n, 0, (lam_real)FLT_MAX);
}

lam_status lam_weights_check(const lam_net *net, int loss, const lam_real *weights, int64_t n)
{
	if (!lam_net_loss_weighs(net, loss))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"weights of samples for the loss %s, whose class lacks "
			"LAM_WEIGHS_SAMPLES; expected none",
			lam_net_loss_title(net, loss).text);
	const int64_t bad = lam_first_bad_weight(weights, n);
	if (bad < 0)
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT,
		"the weight of sample %" PRId64 " is %s; the loss %s expected 0 to %s", bad,
		lam_real_text(weights[bad]).text, lam_net_loss_title(net, loss).text,
		lam_real_text((lam_real)FLT_MAX).text);
}

lam_class_words lam_class_describe(const lam_target_info *info, int64_t index)
{
	lam_class_words words = {{0}, {0}};
	const int64_t ignored = lam_target_ignored(info);
	int64_t below = lam_target_values(info);
	for (int i = 0, at = 0; i < info->shape.rank && at < (int)sizeof words.place; i++) {
		below /= info->shape.dim[i];
		at += snprintf(words.place + at, sizeof words.place - (size_t)at,
			i ? ",%" PRId64 : " at place %" PRId64, index / below % info->shape.dim[i]);
	}
	if (ignored != INT64_MIN)
		snprintf(words.ignored, sizeof words.ignored, " or %" PRId64 " (ignored)", ignored);
	return words;
}

static lam_status wrong_type(const lam_net *net, int index, const lam_target_info *info)
{
	const lam_call_name loss = lam_net_loss_title(net, index);
	if (info->type == LAM_CLASSES)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the targets are lam_real values; the loss %s expected an int32_t class "
			"per %s",
			loss.text, info->shape.rank ? "place" : "sample");
	return lam_fail(LAM_ERR_ARGUMENT,
		"the targets are int32_t classes; the loss %s expected lam_real values of shape %s",
		loss.text, lam_shape_text(info->shape).text);
}

static lam_status check_classes(const int32_t *classes, int64_t n, const lam_target_info *info)
{
	const int64_t each = lam_target_values(info),
		      bad = lam_first_bad_class(
			      classes, n * each, info->classes, lam_target_ignored(info));
	if (bad < 0)
		return LAM_OK;
	const lam_class_words words = lam_class_describe(info, bad % each);
	double real;
	if (lam_class_is_real(classes[bad], &real))
		return lam_fail(LAM_ERR_ARGUMENT,
			"the target of sample %" PRId64 "%s is class %" PRId32
			", the bits of the real number %g; expected int32_t classes, 0 to %" PRId64
			"%s",
			bad / each, words.place, classes[bad], real, info->classes - 1,
			words.ignored);
	return lam_fail(LAM_ERR_ARGUMENT,
		"the target of sample %" PRId64 "%s is class %" PRId32 "; expected 0 to %" PRId64
		"%s",
		bad / each, words.place, classes[bad], info->classes - 1, words.ignored);
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
	const int64_t features = lam_shape_count(&info->shape);
	if (given == LAM_GIVEN_UNTYPED && lam_first_flag(targets, n * features) >= 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the targets read as bytes of 0 and 1, as of uint8_t or bool; the loss %s "
			"expected lam_real values of shape %s",
			loss.text, lam_shape_text(info->shape).text);
	const lam_target_range range = lam_target_range_of(info);
	if (range.any)
		return LAM_OK;
	const int64_t at = lam_first_outside(targets, n * features, range.least, range.most);
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
		return check_classes(targets, n, &info);
	return given == LAM_GIVEN_LOADED ? LAM_OK
					 : check_values(net, loss, targets, n, &info, given);
}
