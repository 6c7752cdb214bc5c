/* SPDX-License-Identifier: MIT */
/* Who is using a net. Code of the caller's runs while the library is at work on a net: layers and
 * data sets within a run, callbacks between the runs of lam_fit(). It may call back. Each function
 * that could then change what the work relies on asks here first. Private to the framework. */
#ifndef LAM_USE_H
#define LAM_USE_H

#include "framework/net.h"
#include "framework/plan/param.h"

#pragma GCC visibility push(hidden)

/* Marks the net as trained by lam_fit(), whose own runs say lam_run.of_fit. */
void lam_net_set_fitting(lam_net *net, bool fitting);

/* Marks the net as running. lam_net_run() does so; a data set's samples that are read before a
 * loader's first run need it, too. */
void lam_net_set_running(lam_net *net, bool running);

/* Marks the net as within a step of lam_fit(), between backward and update. Then nothing but
 * gradients may be changed, and results may be read. */
void lam_net_set_paused(lam_net *net, bool paused);

/* "while the net runs", for error sentences. */
const char *lam_running_text(lam_running running);

/* LAM_ERR_STATE and a sentence that begins with `what` while the net runs, and within a step. */
lam_status lam_net_expect_idle(const lam_net *net, const char *what);

/* The same, and also between the runs of lam_fit(). */
lam_status lam_net_expect_free(const lam_net *net, const char *what);

/* LAM_ERR_STATE and a sentence that begins with `what` while lam_fit() trains another net on the
 * same parameters: the owner, or a replica. */
lam_status lam_net_expect_alone(lam_net *net, const char *what);

/* Begins a run that changes parameters or states. LAM_ERR_STATE while another net on the same
 * parameters does. */
lam_status lam_net_begin_change(lam_net *net);
void lam_net_end_change(lam_net *net);

#pragma GCC visibility pop
#endif
