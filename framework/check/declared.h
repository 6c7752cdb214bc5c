/* SPDX-License-Identifier: MIT */
/* Whether a layer keeps to what it has declared. Private to the framework. */
#ifndef LAM_DECLARED_H
#define LAM_DECLARED_H

#include "framework/check/alone.h"

#pragma GCC visibility push(hidden)

/* Runs the functions of a call's class on guarded arrays, whose undeclared contents it changes. The
 * inputs and the output gradient are set. LAM_ERR_ARGUMENT, with a sentence that names layer,
 * function and array, if the class reads or writes what it has not declared. Afterwards the arrays
 * hold the results of a forward. */
lam_status lam_declared_check(lam_alone *a);

/* The same for .update. */
lam_status lam_declared_update(const lam_alone *a);

#pragma GCC visibility pop
#endif
