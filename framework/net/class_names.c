/* SPDX-License-Identifier: MIT */
#include "framework/net/class_names.h"

#include "framework/io.h"
#include "framework/net/inside.h"
#include "framework/net/targets.h"
#include "framework/net/use.h"

#include <inttypes.h>

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

/* A class that is ignored may have a name behind the others. */
static lam_status check_count(const lam_net *net, const char *what, int64_t count)
{
	int64_t most = 0;
	for (int i = 0; i < lam_net_loss_count(net); i++) {
		lam_target_info info;
		if (lam_net_targets_of(net, lam_net_loss_name(net, i), &info)
			|| info.type != LAM_CLASSES)
			continue;
		const int64_t all = info.classes + (lam_target_ignored(&info) == info.classes);
		most = all > most ? all : most;
	}
	return most == 0 || count <= most
		? LAM_OK
		: lam_fail(LAM_ERR_ARGUMENT,
			"%s: %" PRId64 " names of classes; the net expected at most %" PRId64, what,
			count, most);
}

lam_status lam_net_copy_class_names(lam_net *net, const lam_names *names)
{
	lam_status status = check_count(net, "names", lam_names_count(names));
	return status ? status : lam_names_assign(&net->class_names, names);
}

lam_status lam_net_set_class_names(lam_net *net, const char *const *names, int64_t count)
{
	static const char what[] = "lam_net_set_class_names";
	if (!net)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: the net is NULL", what);
	lam_status status = lam_net_expect_free(net, what);
	if (!status)
		status = check_count(net, what, count);
	return status ? status : lam_names_set(&net->class_names, what, names, count);
}
