/* SPDX-License-Identifier: MIT */
/* The parts of a run's page. */
#ifndef LAM_PICTURE_PAGE_H
#define LAM_PICTURE_PAGE_H

#include "exchange/pictures/report.h"
#include "exchange/pictures/text.h"

#pragma GCC visibility push(hidden)

/* A mistake of a classifier. */
typedef struct lam_mistake {
	int64_t index;                /* of the sample */
	int32_t truth, said;          /* classes; said -1: none, as an output is NaN */
	double truth_part, said_part; /* probabilities */
} lam_mistake;

/* Whether a net says one class for each sample of a data set. */
bool lam_page_classifies(const lam_net *net, const lam_dataset *dataset);

/* Appends the section of the worst mistakes, at most `most`. */
lam_status lam_page_mistakes(lam_text *page, lam_net *net, const lam_dataset *dataset, int most);

/* Appends the section of an autoencoder's first images, if it is one. */
lam_status lam_page_reconstructions(lam_text *page, lam_net *net, const lam_dataset *dataset);

/* Appends the sections of layers and memory, and of the settings. */
void lam_page_layers(lam_text *page, const lam_net *net);
void lam_page_settings(lam_text *page, const lam_report_html_options *o);

/* A row of a table: <tr><th>name</th><td>value</td></tr>, both from outside. */
void lam_page_row(lam_text *page, const char *name, const char *value);

/* A number with its thousands apart: "1 234 567", by a thin space. */
typedef struct lam_grouped {
	char text[64];
} lam_grouped;
lam_grouped lam_grouped_of(int64_t number);

/* A class's name: the net's, the data set's or its number. */
typedef struct lam_class_label {
	char number[24];
	const char *text;
} lam_class_label;
void lam_class_label_of(
	const lam_net *net, const lam_dataset *dataset, int64_t i, lam_class_label *label);

#pragma GCC visibility pop
#endif
