/* SPDX-License-Identifier: MIT */
/* The entry with the names of a net's classes. Private to the framework. */
#ifndef LAM_MODEL_CLASS_NAMES_H
#define LAM_MODEL_CLASS_NAMES_H

#include "framework/files/npz.h"
#include "framework/net.h"

#pragma GCC visibility push(hidden)

/* Adds the entry if the net's classes have names. */
lam_status lam_save_class_names(lam_npz_writer *npz, const lam_net *net);

/* Gives the net the names of the file; none if it has no such entry. */
lam_status lam_load_class_names(lam_net *net, const lam_npz *npz, const char *path);

#pragma GCC visibility pop
#endif
