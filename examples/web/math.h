/* SPDX-License-Identifier: MIT */
/* What digits.c needs of <math.h>: WebAssembly without a run-time has none. */
#ifndef MATH_H
#define MATH_H

/* e^x = 2^n e^r with r from -ln(2)/2 to ln(2)/2, where the series has an error of 1e-7. */
static inline float expf(float x)
{
	if (!(x > -87.0f))
		return x == x ? 0.0f : x;
	if (x > 88.0f)
		return __builtin_inff();
	const float n = __builtin_rintf(x * 1.44269504f);
	const float r = x - n * 0.693359375f + n * 2.12194440e-4f;
	const float last = 1 / 24.0f + r * (1 / 120.0f + r / 720.0f);
	const float series = 1 + r * (1 + r * (1 / 2.0f + r * (1 / 6.0f + r * last)));
	union {
		int bits;
		float value;
	} power = {((int)n + 127) << 23};
	return series * power.value;
}

static inline float tanhf(float x)
{
	const float size = __builtin_fabsf(x);
	const float t = size < 0.1f ? size * (1 - x * x * (1 / 3.0f - x * x * (2 / 15.0f)))
				    : 1 - 2 / (expf(2 * size) + 1);
	return __builtin_copysignf(t, x);
}

#endif
