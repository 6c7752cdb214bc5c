/* SPDX-License-Identifier: MIT */
/* Mixup: draws what a sample is mixed with, and mixes inputs and targets. */
#include "framework/data/loader_fields.h"

#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/net/query.h"
#include "framework/random.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

/* Make the keys differ from those of other augmentation. */
#define OTHER UINT64_C(0x6d69786f74686572)
#define SHARE UINT64_C(0x6d69787368617265)

static double unit(uint32_t word)
{
	return ((double)word + 0.5) / 4294967296;
}

/* The logarithm of a number of the distribution Gamma(alpha): of Gamma(alpha + 1) by Marsaglia and
 * Tsang ("A simple method for generating gamma variables", 2000), times u^(1 / alpha). For a small
 * alpha the number itself would be 0. */
static double log_gamma_number(uint64_t key, uint64_t index, uint64_t *counter, double alpha)
{
	const double d = alpha + 1 - 1.0 / 3, c = 1 / sqrt(9 * d), turn = 6.283185307179586;
	for (;;) {
		const lam_random_words words = lam_random(key, index, (*counter)++);
		const double u = unit(words.word[2]);
		/* Box and Muller's normal number */
		const double n = sqrt(-2 * log(unit(words.word[0])))
			* cos(turn * unit(words.word[1]));
		const double root = 1 + c * n, v = root * root * root;
		if (root > 0 && log(u) < n * n / 2 + d - d * v + d * log(v))
			return fmax(log(d * v) + log(unit(words.word[3])) / alpha, -DBL_MAX);
	}
}

lam_mixture lam_mixup_draw(double alpha, const lam_drawn *sample, int64_t samples)
{
	const uint64_t epoch = (uint64_t)sample->epoch, index = (uint64_t)sample->index,
		       key = lam_random_key(sample->seed, epoch, SHARE);
	uint64_t counter = 0;
	const double a = log_gamma_number(key, index, &counter, alpha),
		     b = log_gamma_number(key, index, &counter, alpha);
	return (lam_mixture){
		.other = (int64_t)lam_random_below(
			lam_random_key(sample->seed, epoch, OTHER), index, (uint64_t)samples),
		.share = (lam_real)(1 / (1 + exp(b - a))),
	};
}

static void mix_values(lam_real *x, const lam_real *other, int64_t values, lam_real share)
{
	for (int64_t i = 0; i < values; i++)
		x[i] = share * x[i] + (1 - share) * other[i];
}

/* soft [classes][values] of a sample */
static void soften(lam_real *soft, const int32_t *first, const int32_t *second, int64_t classes,
	int64_t values, lam_real share)
{
	for (int64_t i = 0; i < classes * values; i++)
		soft[i] = 0;
	for (int64_t i = 0; i < values; i++) {
		soft[first[i] * values + i] += share;
		soft[second[i] * values + i] += 1 - share;
	}
}

void lam_loaded_mix(const lam_loaded *loaded, int slot, int64_t row, lam_real share)
{
	loaded->share[slot][row] = share;
	for (int i = 0; i < loaded->count; i++) {
		const lam_loaded_field *f = &loaded->fields[i];
		if (f->field->same >= 0)
			continue;
		void *values = f->rows[slot] + (size_t)row * f->bytes;
		const void *other = f->other + (size_t)(row / LAM_LANES) * f->bytes;
		if (f->info.type != LAM_CLASSES) {
			mix_values(values, other, f->values, share);
			continue;
		}
		int32_t *second = f->second[slot] + row * f->values;
		for (int64_t k = 0; k < f->values; k++)
			second[k] = ((const int32_t *)other)[k];
		if (f->soft[slot])
			soften(f->soft[slot] + row * f->info.classes * f->values, values, second,
				f->info.classes, f->values, share);
	}
}

/* The loss that reads a field of targets, and whether it mixes classes. */
static lam_status check_loss(const lam_loaded *loaded, int i, const lam_net *net)
{
	for (int loss = 0; loss < lam_net_loss_count(net); loss++)
		if (lam_dataset_field_for(loaded->dataset, lam_net_loss_name(net, loss), true) == i
			&& !lam_net_loss_mixes(net, loss))
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"augment: .mixup, but the loss %s takes one class per sample; "
				"expected a loss with LAM_MIXES, or targets that are values",
				lam_net_loss_title(net, loss).text);
	return LAM_OK;
}

lam_status lam_mixup_check(const lam_loaded *loaded, const lam_net *net)
{
	const double alpha = loaded->augment->mixup;
	if (!(alpha >= 0) || isinf(alpha))
		return lam_fail(LAM_ERR_ARGUMENT,
			"augment: .mixup is %g; expected a parameter of the Beta distribution "
			"above 0, or 0 for none",
			alpha);
	lam_status status = LAM_OK;
	for (int i = 0; i < loaded->count && alpha > 0 && !status; i++) {
		const lam_target_info *info = &loaded->fields[i].info;
		if (loaded->fields[i].field->weighs)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"augment: .mixup, but the samples have weights (\"%.100s\"); "
				"expected one of the two",
				loaded->fields[i].field->name);
		if (info->type != LAM_CLASSES)
			continue;
		if (net)
			status = check_loss(loaded, i, net);
		else if (info->classes < 1 || info->ignore != 0)
			status = lam_fail(LAM_ERR_ARGUMENT,
				"augment: .mixup makes soft targets of the classes of %s, %s",
				lam_field_describe(loaded->dataset, i).text,
				info->ignore != 0 ? "of which it ignores one; expected no .ignore"
						  : "whose number is not known; expected .classes");
	}
	return status;
}

/* [rows][columns] of this size. */
static void *table(int64_t rows, int64_t columns, size_t size)
{
	size_t all;
	if (lam_size_multiply((size_t)rows, (size_t)columns, &all))
		return lam_alloc(all, size);
	lam_fail(LAM_ERR_MEMORY, "out of memory: %" PRId64 " x %" PRId64 " values of mixed samples",
		rows, columns);
	return NULL;
}

bool lam_mixup_allocate(lam_loaded *loaded, int64_t batch, bool net)
{
	if (!(loaded->augment->mixup > 0))
		return true;
	for (int slot = 0; slot < 2; slot++) {
		if (!(loaded->share[slot] = table(batch, 1, sizeof(lam_real))))
			return false;
		for (int i = 0; i < loaded->count; i++) {
			lam_loaded_field *f = &loaded->fields[i];
			if (f->info.type != LAM_CLASSES)
				continue;
			f->second[slot] = table(batch, f->values, sizeof(int32_t));
			if (!f->second[slot])
				return false;
			if (!net
				&& !(f->soft[slot] = table(
					     batch * f->info.classes, f->values, sizeof(lam_real))))
				return false;
		}
	}
	for (int i = 0; i < loaded->count; i++) {
		lam_loaded_field *f = &loaded->fields[i];
		if (f->field->same < 0
			&& !(f->other = table(lane_blocks(batch), (int64_t)f->bytes, 1)))
			return false;
	}
	return true;
}

void lam_mixup_free(lam_loaded *loaded)
{
	for (int slot = 0; slot < 2; slot++) {
		lam_free(loaded->share[slot]);
		for (int i = 0; loaded->fields && i < loaded->count; i++) {
			lam_free(loaded->fields[i].second[slot]);
			lam_free(loaded->fields[i].soft[slot]);
		}
	}
	for (int i = 0; loaded->fields && i < loaded->count; i++)
		lam_free(loaded->fields[i].other);
}
