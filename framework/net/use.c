/* SPDX-License-Identifier: MIT */
#include "framework/net/use.h"

#include "framework/net/inside.h"

/* The net that owns the parameters. */
static lam_net *owner(lam_net *net)
{
	return net->source ? net->source : net;
}

void lam_net_set_fitting(lam_net *net, bool fitting)
{
	net->fitting = fitting;
	atomic_store(&owner(net)->fitter, fitting ? net : NULL);
}

void lam_net_set_running(lam_net *net, bool running)
{
	net->running = running ? LAM_RUNS : LAM_IDLE;
}

void lam_net_set_paused(lam_net *net, bool paused)
{
	net->running = paused ? LAM_PAUSES : LAM_IDLE;
}

const char *lam_running_text(lam_running running)
{
	return running == LAM_PAUSES ? "within a step (.before_update)" : "while the net runs";
}

lam_status lam_net_expect_idle(const lam_net *net, const char *what)
{
	return net->running ? lam_fail(LAM_ERR_STATE, "%s %s; expected it before or after", what,
		       lam_running_text(net->running))
			    : LAM_OK;
}

lam_status lam_net_expect_free(const lam_net *net, const char *what)
{
	lam_status status = lam_net_expect_idle(net, what);
	if (status || !net->fitting)
		return status;
	return lam_fail(LAM_ERR_STATE,
		"%s while lam_fit() trains the net; expected it before or after", what);
}

lam_status lam_net_expect_alone(lam_net *net, const char *what)
{
	const lam_net *fitter = atomic_load(&owner(net)->fitter);
	if (!fitter || fitter == net)
		return LAM_OK;
	return lam_fail(LAM_ERR_STATE,
		"%s while lam_fit() trains another net on the same parameters; expected it before "
		"or after",
		what);
}

lam_status lam_net_begin_change(lam_net *net)
{
	if (!atomic_exchange(&owner(net)->stepping, true))
		return LAM_OK;
	return lam_fail(LAM_ERR_STATE,
		"a training run while another net trains on the same parameters; expected one "
		"after the other");
}

void lam_net_end_change(lam_net *net)
{
	atomic_store(&owner(net)->stepping, false);
}
