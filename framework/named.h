/* SPDX-License-Identifier: MIT */
/** \file
 * Options are named. */
#ifndef LAM_NAMED_H
#define LAM_NAMED_H

#ifdef __cplusplus
extern "C" {
#endif

/** No such struct exists, so that a pointer to one can be nothing but NULL. */
struct lam_options_are_named;

/** A member of every options struct, in front of the options that must be named. In lam_affine(3)
 * it gets the 3: the compiler complains, and the constructor refuses. Always NULL. */
#define LAM_NAMED const struct lam_options_are_named *named

#ifdef __cplusplus
}
#endif
#endif
