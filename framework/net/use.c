/* SPDX-License-Identifier: MIT */
#include "framework/net/use.h"

#include "framework/net/inside.h"

void lam_net_set_fitting(lam_net *net, bool fitting)
{
	net->fitting = fitting;
}

void lam_net_set_running(lam_net *net, bool running)
{
	net->running = running;
}

lam_status lam_net_expect_idle(const lam_net *net, const char *what)
{
	return net->running ? lam_fail(
		       LAM_ERR_STATE, "%s while the net runs; expected it before or after", what)
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
