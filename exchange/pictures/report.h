/* SPDX-License-Identifier: MIT */
/** \file
 * A run on one page: an HTML file with all in it, which needs no network and no script. */
#ifndef LAM_PICTURE_REPORT_H
#define LAM_PICTURE_REPORT_H

#include "../../framework/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A line of a page's settings: text from anywhere, which is escaped. */
typedef struct lam_setting {
	const char *name;  /**< stands on the left; NULL ends a list of settings */
	const char *value; /**< stands beside it */
} lam_setting;

typedef struct lam_report_html_options {
	size_t size;
	const char *path; /**< of the page, which is replaced completely */
	lam_net *net;     /**< must end with a loss if there is a `.dataset` */
	LAM_NAMED;
	const lam_report *report; /**< of lam_fit(): epochs, time, speed; NULL: none */
	/** what the net is scored on, with lam_evaluate(): held-out samples. If they are larger
	 * than the net's input, their centres are. Of a classifier the confusion matrix and the
	 * worst mistakes are shown, of an autoencoder the first images above what it makes of them;
	 * NULL: none */
	const lam_dataset *dataset;
	const char *history;         /**< the run's history (lam_fit(.history)); NULL: no curves */
	const lam_setting *settings; /**< ends with a NULL name; NULL: none */
	const char *title;           /**< default: "Training run" */
	int mistakes;                /**< how many to show, at most 1000; default 24 */
} lam_report_html_options;

/** lam_report_html("run.html", net, .report = &report, .dataset = test, .history = "run.csv")
 * writes the page: scores, learning curves, confusion matrix, the mistakes with the least
 * probability of the true class, layers, memory, settings, seed and versions. It is light or dark
 * as the reader's system is. The file appears whole or not at all. Errors are those of
 * lam_evaluate() and of lam_picture_history(); a score that is not finite is shown, and no error.
 * The net's LAM_EVALUATED scores are of `.dataset` afterwards. */
LAM_MUST_CHECK lam_status lam_report_html_with(const lam_report_html_options *options);

#ifndef __cplusplus
#define lam_report_html(path, ...) \
	lam_report_html_with(&(lam_report_html_options){ \
		sizeof(lam_report_html_options), path, .net = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
