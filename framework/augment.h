/* SPDX-License-Identifier: MIT */
/** \file
 * Augmentation: random changes of the samples that a net is trained on.
 *
 * What happens to a sample is a function of (seed, epoch, sample). So it depends neither on the
 * order of the samples nor on threads, and a resumed run sees the same samples. In evaluation
 * nothing is changed; of `.crop` the centre is taken.
 *
 * A sample is shifted, cropped, flipped and cut out, in this order; then `.function` is called, and
 * at last it is mixed. In a data set of several fields every input that is an image [C, H, W] or a
 * signal [C, L] is changed, all of them alike, if it is not .still; they must have planes of one
 * size. Other inputs stay unchanged.
 *
 * A target that lies on the sample's plane is shifted, cropped and flipped with it: with LAM_INPUT,
 * which is the changed sample; a map of classes, [H, W] or [1, H, W] for images, [L] or [1, L] for
 * signals; values [K, H, W] or [K, L]. Other targets stay unchanged. A change of samples whose map
 * of classes has another plane is refused. */
#ifndef LAM_AUGMENT_H
#define LAM_AUGMENT_H

#include "dataset.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A sample as `.function` of lam_augment gets it, after the changes that are built in. All of it
 * is valid during the call alone. */
typedef struct lam_augmented {
	size_t size;
	uint64_t seed; /**< of the loader, or of the run */
	int64_t epoch; /**< from 0 */
	int64_t index; /**< of the sample in the data set */
	/** for lam_random(): a function of these three, unlike the keys of other uses */
	uint64_t key;
	lam_real *x;     /**< [shape], row-major: the first input, which may be changed in place */
	lam_shape shape; /**< of `.crop`, if there is one */
	/** the first targets: int32_t classes or lam_real values, which may be changed in place,
	 * too; LAM_INPUT: x; NULL: there are none. What the loss does not know is refused after the
	 * call */
	void *targets;
	/** every field in the data set's order, without its data: name, role, and shape after the
	 * crop; and where its values are. LAM_ROLE_SAME: those of the input */
	int field_count;
	const lam_field *fields; /**< [field_count] */
	void *const *rows;       /**< [field_count], each [shape of the field], row-major */
} lam_augmented;

/** What is changed: the option `.augment` of lam_fit() and of lam_loader_new(). A member that is 0
 * is off. */
typedef struct lam_augment {
	/** move images and signals by up to so many pixels in either direction, independently
	 * along each axis. The gap is 0 in values and, in maps of classes, the class that the data
	 * set or the loss ignores; without one the shift is refused */
	int shift;
	bool flip; /**< mirror a random half of the samples left to right */
	/** the gap of `.shift` holds the pixels beside it, mirrored at the border, which is not
	 * repeated (numpy.pad's mode "reflect") */
	bool reflect;
	/** `.flip` mirrors each sample in every second epoch: a random half in the first one, the
	 * other half in the next (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024)
	 */
	bool alternate;
	/** {height, width} of a random part of the sample, which the net gets instead of it; one
	 * number stands for both. Of a signal it is one number, the length. 0: all */
	int crop[2];
	/** side of a square of zeros around a random pixel, cut off at the border, in all channels;
	 * of a signal its length (DeVries and Taylor 2017). Targets with values of their own stay
	 * as they are */
	int cutout;
	/** a change of one's own; NULL: none. It is called by any thread, for several samples at
	 * once, and also by a thread of a step, as a data set's `.read` is: what that may do to a
	 * net, lam_fit() says. It must depend on nothing but its arguments, so that a run can be
	 * resumed; that a run has one is part of the run, but not which one. A failure ends the
	 * step, with the sentence that it has set by lam_fail() */
	lam_status (*function)(const lam_augmented *sample, void *data);
	void *function_data; /**< borrowed; handed to `.function` */
	/** > 0: each sample is mixed with another (Zhang, Cisse, Dauphin and Lopez-Paz, "mixup",
	 * 2018):
	 *
	 *     x = a x_1 + (1 - a) x_2,    loss = a loss(y_1) + (1 - a) loss(y_2)
	 *
	 * a, of the distribution Beta(.mixup, .mixup), and the other sample, one of the whole data
	 * set (of a stream: of its epoch), are functions of (seed, epoch, sample). Both samples are
	 * first changed as above, and each is read, so a batch takes twice as long to read.
	 *
	 * All inputs are mixed, .still ones too. Targets that are values are mixed as x is, so that
	 * the loss is of a t_1 + (1 - a) t_2; for cross-entropies that is the mixed loss. Of
	 * classes lam_fit() mixes the loss, with the classes' weights, smoothing and ignored
	 * classes as they are: the mean is over both classes of each sample, with shares a and
	 * 1 - a, and a right answer counts as the share of its class. That needs a loss with
	 * LAM_MIXES, as lam_softmax_cross_entropy() is. A loader, which knows no loss, makes soft
	 * targets of classes: lam_real [classes][target shape] per sample, for a loss with .soft;
	 * the data set must know the number of classes, and ignore none. Refused if samples have
	 * weights */
	double mixup;
} lam_augment;

#ifdef __cplusplus
}
#endif
#endif
