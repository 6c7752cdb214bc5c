/* SPDX-License-Identifier: MIT */
/* What lamina train shows of a run beside its progress: the page of --report, and a line of bars.
 */
#ifndef LAM_TOOL_REPORT_H
#define LAM_TOOL_REPORT_H

#include "tools/train.h"

/* The losses of the epochs so far: of validation, or without it of training. */
struct losses {
	double *values;
	int64_t count, room;
};

/* Notes the loss of an epoch; for `.epoch_end` of lam_fit(), with a struct losses as data. */
bool note_loss(const lam_progress *progress, void *losses);

/* Prints the losses as a line of bars, if the terminal's characters have such. */
void show_losses(const struct losses *losses);

/* Sets .history beside the page, if --report is there and --history is not. False: no memory. */
bool choose_history(struct settings *s);

/* Writes the page. `report` NULL: the run begins; it is found now if the file cannot be written. */
int write_report(const struct settings *s, lam_net *net, const lam_dataset *validation,
	const lam_report *report);

#endif
