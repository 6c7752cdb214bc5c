/* SPDX-License-Identifier: MIT */
/* The names of a net's classes, as other rooms see them. Private to the framework. */
#ifndef LAM_NET_CLASS_NAMES_H
#define LAM_NET_CLASS_NAMES_H

#include "framework/base/names.h"
#include "framework/net.h"

#pragma GCC visibility push(hidden)

/* NULL: the classes have no names. A replica has its source's. */
const lam_names *lam_net_class_names(const lam_net *net);

/* Gives the net a copy of `names`, which may be NULL: then it has none. */
lam_status lam_net_copy_class_names(lam_net *net, const lam_names *names);

#pragma GCC visibility pop
#endif
