/* SPDX-License-Identifier: MIT */
/** \file
 * Pictures of data and nets: PNG for pixels, SVG for charts. No other library is needed.
 *
 *     lam_picture_images("digits.png", x, 40, LAM_SHAPE(1, 28, 28), .labels = names);
 *     lam_picture_confusion("confusion.svg", score.confusion, score.classes, NULL);
 *     lam_picture_history("curves.svg", "run.csv");
 *
 * A file appears whole or not at all: after an error the old file, or none, is at `path`. Charts
 * are light or dark as the reader's system is. Text may be any UTF-8: it is escaped in SVG; PNG
 * shows ASCII, and a box for each other character. Numbers have a point in every locale. Errors:
 * LAM_ERR_ARGUMENT and LAM_ERR_SHAPE say what was expected, LAM_ERR_IO that the file cannot be
 * written. Different threads may draw at once, to different paths. */
#ifndef LAM_PICTURES_H
#define LAM_PICTURES_H

#include "../../framework/named.h"
#include "../../framework/param.h"
#include "../../framework/real.h"
#include "../../framework/shape.h"
#include "../../framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The colour of a label: black, green, red. */
typedef enum lam_verdict {
	LAM_VERDICT_NONE = 0, /**< black */
	LAM_VERDICT_RIGHT,    /**< green */
	LAM_VERDICT_WRONG,    /**< red */
} lam_verdict;

/** How lam_picture_images() is called. */
typedef struct lam_picture_images_options {
	size_t size;
	const char *path; /**< of the PNG file, which is replaced completely */
	/** [count][shape], row-major. NaN is drawn in magenta */
	const lam_real *x;
	int64_t count;   /**< at least 0 */
	lam_shape shape; /**< [H, W], [1, H, W] or, red, green, blue, [3, H, W] */
	LAM_NAMED;
	const char *const *labels;   /**< [count], each may be NULL; drawn below the images */
	const lam_verdict *verdicts; /**< [count]: colours of labels and frames; NULL: none */
	/** [count][shape]: drawn below the images of `x`, as reconstructions below originals */
	const lam_real *below;
	/** [count][heat_shape]: a map over each image, such as a class activation map. Yellow is
	 * its largest value in this image, no colour its least one; equal values have no colour */
	const lam_real *heat;
	lam_shape heat_shape; /**< [h, w] or [1, h, w]; maps are stretched to the image */
	int columns;          /**< images in a row; default: about as wide as high */
	int scale;            /**< pixels of a pixel; default: images are some 64 pixels high */
	/** the values of black and white, of which black may be the larger one; if both are 0, the
	 * least and the largest value of all
	 * images, those of `.below` as well */
	lam_real black, white;
	/** no space between and around the images, and so neither labels nor verdicts: with one
	 * image and `.scale = 1` the file is that image, pixel for pixel */
	bool bare;
} lam_picture_images_options;

/** lam_picture_images("digits.png", x, count, shape, .labels = …) draws a grid of images. */
LAM_MUST_CHECK lam_status lam_picture_images_with(const lam_picture_images_options *options);

/** Draws the filters of a convolution, its weight [out, in/groups, kh, kw] or [out, in/groups, k],
 * as PNG: a row for each output if there are several inputs. Blue is positive, red negative, white
 * 0; the strongest colour is the largest absolute value of all, and the strength goes by its square
 * root, so that small weights can be seen. Filters of three inputs are drawn
 * in colour, one square each. Of outputs and inputs at most the first 64 are drawn. LAM_ERR_SHAPE:
 * the parameter has another rank. */
LAM_MUST_CHECK lam_status lam_picture_filters(const char *path, const lam_param *weight);

/** Draws a confusion matrix [classes][classes], such as lam_score.confusion, as SVG: a row for each
 * class, a column for each prediction, with numbers and with the fraction of each class that is
 * right. Above 40 classes colours alone. The strength of a colour is the fraction of its row.
 * `names`: [classes], or NULL for numbers. 1 to LAM_MAX_CONFUSION classes. */
LAM_MUST_CHECK lam_status lam_picture_confusion(
	const char *path, const int64_t *confusion, int64_t classes, const char *const *names);

/** A line of a chart. */
typedef struct lam_series {
	const char *name; /**< stands in the legend */
	const double *y;  /**< [count]; the line has a gap where it is not finite */
	int64_t count;    /**< at least 0 */
	const double *x;  /**< [count]; NULL: 1, 2, … */
} lam_series;

/** Draws up to 64 curves into one chart, as SVG. `x_name` and `y_name` may be NULL. */
LAM_MUST_CHECK lam_status lam_picture_curves(const char *path, const lam_series *curves,
	int64_t count, const char *title, const char *x_name, const char *y_name);

/** Draws the learning curves of a run from its history (lam_fit(.history)), as SVG: losses,
 * accuracies and the learning rate over the epochs. LAM_ERR_FORMAT: it is no history. */
LAM_MUST_CHECK lam_status lam_picture_history(const char *path, const char *history);

/** How lam_picture_signals() is called. */
typedef struct lam_picture_signals_options {
	size_t size;
	const char *path;  /**< of the SVG file, which is replaced completely */
	const lam_real *x; /**< [count][shape], row-major */
	int64_t count;     /**< 0 to 4096 */
	lam_shape shape;   /**< [C, L] or [L] */
	LAM_NAMED;
	const char *const *labels;   /**< [count], each may be NULL */
	const lam_verdict *verdicts; /**< [count]: colours of labels; NULL: none */
	int columns;                 /**< signals in a row; default: at most 3 */
	/** [count][below_shape]: drawn below the signals, each channel as a row of colours, such as
	 * what a convolution makes of them. Blue is
	 * positive, red negative; the strongest colour is the largest absolute value of all, and
	 * the strength goes by its square root */
	const lam_real *below;
	lam_shape below_shape; /**< [C, L] or [L]; stretched to the width of the signal */
} lam_picture_signals_options;

/** lam_picture_signals("beats.svg", x, count, shape, .labels = …) draws signals as SVG: up to six
 * channels over each other, more than that below each other. All have one scale. A signal has a
 * gap where it is not finite. */
LAM_MUST_CHECK lam_status lam_picture_signals_with(const lam_picture_signals_options *options);

/** The colours of a terminal. */
typedef enum lam_colours {
	/** plain if the stream is no terminal, with NO_COLOR (not empty), TERM=dumb, or a locale
	 * without UTF-8 (LC_ALL, LC_CTYPE, LANG); with COLORTERM=truecolor or 24bit LAM_COLOURS_24;
	 * otherwise LAM_COLOURS_8 */
	LAM_COLOURS_GUESS = 0,
	LAM_COLOURS_PLAIN, /**< characters of ASCII, from ' ' for black to '@' for white */
	LAM_COLOURS_8,     /**< 256 colours, two pixels in a character */
	LAM_COLOURS_24,    /**< 24 bits, two pixels in a character */
} lam_colours;

/** Writes an image [H, W], [1, H, W] or [3, H, W] to a terminal, at most `columns` characters wide
 * (0: 80; 1 to 1000), made smaller if need be by averaging, but not larger. The least value is
 * black, the largest white; what is not finite is magenta, or "?". LAM_ERR_IO: the stream refused
 * it. */
LAM_MUST_CHECK lam_status lam_terminal_image(
	FILE *out, const lam_real *x, lam_shape shape, int columns, lam_colours colours);

/** Bytes for a sparkline of so many characters. */
#define LAM_SPARKLINE_BYTES(width) (3 * (size_t)(width) + 1)

/** Writes a line of bars of eight heights, "▇▅▃▂▁", from the least to the largest value, to
 * `text`. It has at most `width` characters, each the mean of some neighbours; a space is what is
 * not finite. Needs LAM_SPARKLINE_BYTES(width) bytes. Returns `text`. */
char *lam_sparkline(char *text, int width, const double *values, int64_t count);

#ifndef __cplusplus
#define lam_picture_images(...) \
	lam_picture_images_with(&(lam_picture_images_options){ \
		.size = sizeof(lam_picture_images_options), .path = __VA_ARGS__})
#define lam_picture_signals(...) \
	lam_picture_signals_with(&(lam_picture_signals_options){ \
		.size = sizeof(lam_picture_signals_options), .path = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
