/* SPDX-License-Identifier: MIT */
/* The optimizers' rules. They update a contiguous range of parameters in place, of any count and
 * alignment. The bits of a parameter do not depend on where the range begins and ends. The formulas
 * and their order of operations are PyTorch's (torch.optim).
 *
 * w is the parameter. g = gradient_scale * gradient; a scale below 1 clips the norm of the
 * gradients, and 1 leaves them. The gradient itself is only read. Moments are arrays of the same
 * count, all zero before the first step. */
#ifndef LAM_UPDATE_H
#define LAM_UPDATE_H

#include "framework/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/*     g += weight_decay w
 *     m  = first ? g : momentum m + g
 *     w -= lr (nesterov ? g + momentum m : m)
 *
 * With momentum 0, w -= lr g: m is neither read nor written and may be NULL. */
struct lam_sgd_rule {
	double lr, momentum, weight_decay, gradient_scale;
	bool nesterov;
	bool first; /* the first step of these parameters: m begins as g */
};

/* Adam. In AdamW (decoupled) the first line is w -= lr weight_decay w:
 *
 *     g += weight_decay w
 *     m  = beta1 m + (1 - beta1) g
 *     v  = beta2 v + (1 - beta2) g^2
 *     w -= lr / (1 - beta1^step) m / (sqrt(v) / sqrt(1 - beta2^step) + eps) */
struct lam_adam_rule {
	double lr, beta1, beta2, eps, weight_decay, gradient_scale;
	bool decoupled;
	int64_t step; /* 1 at the first step */
};

/*     g += weight_decay w
 *     v  = alpha v + (1 - alpha) g^2
 *     a  = alpha a + (1 - alpha) g          if centered
 *     d  = sqrt(v - a^2) + eps              if centered, otherwise sqrt(v) + eps
 *     m  = momentum m + g / d
 *     w -= lr m                             without momentum lr g / d
 *
 * `m` may be NULL without momentum, `a` unless centered. */
struct lam_rmsprop_rule {
	double lr, alpha, eps, weight_decay, momentum, gradient_scale;
	bool centered;
};

struct lam_update_kernels {
	void (*sgd)(lam_real *w, const lam_real *gradient, lam_real *m, size_t count,
		const struct lam_sgd_rule *);
	void (*adam)(lam_real *w, const lam_real *gradient, lam_real *m, lam_real *v, size_t count,
		const struct lam_adam_rule *);
	void (*rmsprop)(lam_real *w, const lam_real *gradient, lam_real *v, lam_real *m,
		lam_real *a, size_t count, const struct lam_rmsprop_rule *);
};

#pragma GCC visibility pop
#endif
