/* SPDX-License-Identifier: MIT */
/* Converts values of .npy files, of any type and byte order, to lam_real, double and int64_t. */
#include "framework/files/npy.h"

#include "framework/base/number.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { OURS_IS_BIG = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };

/* The bits of one value, its least significant byte in the lowest bits. */
static uint64_t load(const lam_npy *npy, const unsigned char *at)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < npy->item; i++)
		bits |= (uint64_t)at[i] << 8 * (npy->big_endian ? npy->item - 1 - i : i);
	return bits;
}

/* IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits. */
static double real_of_16(uint64_t bits)
{
	int exponent = bits >> 10 & 31;
	double fraction = (double)(bits & 1023);
	double size = exponent == 0 ? ldexp(fraction, -24)
		: exponent < 31     ? ldexp(fraction + 1024, exponent - 25)
		: fraction != 0     ? (double)NAN
				    : (double)INFINITY;
	return bits >> 15 ? -size : size;
}

static double real_of_32(uint64_t bits)
{
	uint32_t half = (uint32_t)bits;
	float value;
	memcpy(&value, &half, sizeof value);
	return value;
}

static double real_of_64(uint64_t bits)
{
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

/* Signed integers: the top bit of the value's own width is the sign. */
static int64_t integer_of_8(uint64_t bits)
{
	return (int8_t)bits;
}

static int64_t integer_of_16(uint64_t bits)
{
	return (int16_t)bits;
}

static int64_t integer_of_32(uint64_t bits)
{
	return (int32_t)bits;
}

static int64_t integer_of_64(uint64_t bits)
{
	return (int64_t)bits;
}

/* As in numpy, every byte but 0 is true. */
static int64_t integer_of_bool(uint64_t bits)
{
	return bits != 0;
}

/* How each type is read. Unsigned types have neither function: their bits are their value. */
static const struct reading {
	lam_npy_kind kind;
	size_t item;
	double (*real)(uint64_t bits);
	int64_t (*integer)(uint64_t bits);
} readings[] = {
	{LAM_NPY_REAL, 2, real_of_16, NULL},
	{LAM_NPY_REAL, 4, real_of_32, NULL},
	{LAM_NPY_REAL, 8, real_of_64, NULL},
	{LAM_NPY_INT, 1, NULL, integer_of_8},
	{LAM_NPY_INT, 2, NULL, integer_of_16},
	{LAM_NPY_INT, 4, NULL, integer_of_32},
	{LAM_NPY_INT, 8, NULL, integer_of_64},
	{LAM_NPY_UINT, 1, NULL, NULL},
	{LAM_NPY_UINT, 2, NULL, NULL},
	{LAM_NPY_UINT, 4, NULL, NULL},
	{LAM_NPY_UINT, 8, NULL, NULL},
	{LAM_NPY_BOOL, 1, NULL, integer_of_bool},
};

static const struct reading *find_reading(const lam_npy *npy)
{
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++)
		if (readings[i].kind == npy->kind && readings[i].item == npy->item)
			return &readings[i];
	return NULL;
}

/* Whether the values are reals of `size` bytes in this machine's byte order. */
static bool is_ours(const lam_npy *npy, size_t size)
{
	return npy->kind == LAM_NPY_REAL && npy->item == size && npy->big_endian == OURS_IS_BIG;
}

static lam_status no_numbers(const lam_npy *npy, const char *what, const char *expected)
{
	return lam_fail(
		LAM_ERR_FORMAT, "%s: is %s, expected %s", what, lam_npy_text(npy).text, expected);
}

static double to_double(const struct reading *reading, uint64_t bits)
{
	return reading->real       ? reading->real(bits)
		: reading->integer ? (double)reading->integer(bits)
				   : (double)bits;
}

lam_status lam_npy_to_double(
	const lam_npy *npy, const void *values, int64_t count, const char *what, double *out)
{
	const struct reading *reading = find_reading(npy);
	const unsigned char *at = values;
	if (!reading)
		return no_numbers(npy, what, "numbers");
	if (is_ours(npy, sizeof *out)) {
		memcpy(out, values, (size_t)count * sizeof *out);
		return LAM_OK;
	}
	for (int64_t i = 0; i < count; i++, at += npy->item)
		out[i] = to_double(reading, load(npy, at));
	return LAM_OK;
}

lam_status lam_npy_to_real(
	const lam_npy *npy, const void *values, int64_t count, const char *what, lam_real *out)
{
	const struct reading *reading = find_reading(npy);
	const unsigned char *at = values;
	if (!reading)
		return no_numbers(npy, what, "numbers");
	if (is_ours(npy, sizeof *out)) {
		memcpy(out, values, (size_t)count * sizeof *out);
		return LAM_OK;
	}
	for (int64_t i = 0; i < count; i++, at += npy->item) {
		double value = to_double(reading, load(npy, at));
		out[i] = (lam_real)value;
		if (isinf((double)out[i]) && !isinf(value))
			return lam_fail(LAM_ERR_FORMAT,
				"%s: holds %s, too large for this build's reals of %zu bytes", what,
				lam_double_text(value).text, sizeof *out);
	}
	return LAM_OK;
}

lam_status lam_npy_to_int64(
	const lam_npy *npy, const void *values, int64_t count, const char *what, int64_t *out)
{
	const struct reading *reading = find_reading(npy);
	const unsigned char *at = values;
	if (!reading || reading->real)
		return no_numbers(npy, what, "integers");
	for (int64_t i = 0; i < count; i++, at += npy->item) {
		uint64_t bits = load(npy, at);
		if (!reading->integer && bits > INT64_MAX)
			return lam_fail(LAM_ERR_FORMAT,
				"%s: holds %" PRIu64 ", expected at most %" PRId64, what, bits,
				INT64_MAX);
		out[i] = reading->integer ? reading->integer(bits) : (int64_t)bits;
	}
	return LAM_OK;
}

int64_t lam_npy_place(const lam_npy *npy, int64_t at)
{
	if (!npy->fortran)
		return at;
	/* In Fortran order the first dimension is the lowest digit of `at`: split off the indices
	 * from dimension 0 on. In row-major order the weight of index i is the product of the
	 * dimensions behind i. */
	int64_t place = 0, behind = npy->count;
	for (int i = 0; i < npy->rank; i++) {
		behind /= npy->dim[i];
		place += at % npy->dim[i] * behind;
		at /= npy->dim[i];
	}
	return place;
}
