/* SPDX-License-Identifier: MIT */
/** \file
 * A member of options structs, with which values that are given without an option's name are
 * noticed. */
#ifndef LAM_NAMED_H
#define LAM_NAMED_H

#ifdef __cplusplus
extern "C" {
#endif

/** This struct is never defined, so a pointer to it can only be NULL. */
struct lam_options_are_named;

/** A member of every options struct, before the options that must be named; always NULL. In
 * lam_affine(3) it receives the 3, so the compiler warns, and the constructor refuses it. */
#define LAM_NAMED const struct lam_options_are_named *named

#ifdef __cplusplus
}
#endif
#endif
