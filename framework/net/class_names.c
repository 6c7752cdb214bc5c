/* SPDX-License-Identifier: MIT */
#include "framework/net/class_names.h"

#include "framework/net/inside.h"
#include "framework/net/use.h"

const lam_names *lam_net_class_names(const lam_net *net)
{
	while (!net->class_names && net->source)
		net = net->source;
	return net->class_names;
}

const char *lam_net_class_name(const lam_net *net, int64_t class_index)
{
	return net ? lam_names_at(lam_net_class_names(net), class_index) : NULL;
}

int64_t lam_net_class_name_count(const lam_net *net)
{
	return net ? lam_names_count(lam_net_class_names(net)) : 0;
}

lam_status lam_net_copy_class_names(lam_net *net, const lam_names *names)
{
	return lam_names_assign(&net->class_names, names);
}

lam_status lam_net_set_class_names(lam_net *net, const char *const *names, int64_t count)
{
	static const char what[] = "lam_net_set_class_names";
	if (!net)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: the net is NULL", what);
	lam_status status = lam_net_expect_free(net, what);
	return status ? status : lam_names_set(&net->class_names, what, names, count);
}
