/* SPDX-License-Identifier: MIT */
/* Checks the arrays that a caller gives as samples and targets. */
#include "datasets/arrays.h"

#include "framework/memory.h"
#include "framework/net/targets.h"

#include <inttypes.h>
#include <string.h>

static lam_status wrong_class(
	const lam_array_of *of, const lam_target_info *targets, int32_t found, int64_t at)
{
	const int64_t each = lam_target_values(targets),
		      most = targets->classes > 0 ? targets->classes : LAM_MOST_GUESSED_CLASSES;
	const lam_class_words words = lam_class_describe(targets, at % each);
	double real;
	const bool options = of->option && targets->classes == 0;
	if (of->option && lam_class_is_real(found, &real))
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: sample %" PRId64 "%s has class %" PRId32
			", the bits of the real number %g; expected int32_t classes, 0 to "
			"%" PRId64 "%s (%s = LAM_%sVALUES takes reals)",
			of->what, at / each, words.place, found, real, most - 1, words.ignored,
			of->option, of->prefix);
	return lam_fail(LAM_ERR_ARGUMENT,
		"%s: sample %" PRId64 "%s has class %" PRId32 ", expected 0 to %" PRId64 "%s%s",
		of->what, at / each, words.place, found, most - 1, words.ignored,
		options ? " (.classes allows more)" : "");
}

lam_status lam_arrays_check_classes(
	const lam_array_of *of, const int32_t *found, int64_t count, lam_target_info *targets)
{
	const int64_t ignored = lam_target_ignored(targets),
		      most = targets->classes > 0 ? targets->classes : LAM_MOST_GUESSED_CLASSES,
		      all = count * lam_target_values(targets),
		      bad = lam_first_bad_class(found, all, most, ignored);
	if (bad >= 0)
		return wrong_class(of, targets, found[bad], bad);
	int64_t largest = 0;
	for (int64_t i = 0; i < all; i++)
		largest = found[i] > largest && found[i] != ignored ? found[i] : largest;
	if (targets->classes == 0)
		targets->classes = largest + 1;
	return LAM_OK;
}

lam_status lam_arrays_check_values(
	const lam_array_of *of, const void *values, int64_t count, int64_t features)
{
	const int64_t label = lam_first_label(values, count);
	if (label < 0 && lam_first_flag(values, count * features) >= 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: the targets read as bytes of 0 and 1, as of uint8_t "
			"or bool; expected lam_real values",
			of->what);
	if (label < 0)
		return LAM_OK;
	int32_t found;
	memcpy(&found, (const int32_t *)values + label, sizeof found);
	return lam_fail(LAM_ERR_ARGUMENT,
		"%s: the targets read as int32_t classes (sample %" PRId64 ": %" PRId32
		"); expected lam_real values, or %s = LAM_%sCLASSES",
		of->what, label, found, of->option, of->prefix);
}

lam_status lam_arrays_check_weights(const lam_array_of *of, const lam_real *weights, int64_t count)
{
	const int64_t bad = count > 0 ? lam_first_bad_weight(weights, count) : -1;
	return bad < 0 ? LAM_OK
		       : lam_fail(LAM_ERR_ARGUMENT,
			       "%s: the weight of sample %" PRId64
			       " is %s; expected a finite number, at least 0",
			       of->what, bad, lam_real_text(weights[bad]).text);
}

bool lam_arrays_fit(int64_t count, const lam_shape *shape)
{
	int64_t features = lam_shape_count(shape), total;
	return features < 0
		|| (!__builtin_mul_overflow(features, count, &total) && total <= LAM_MAX_COUNT);
}
