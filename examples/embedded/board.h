/* SPDX-License-Identifier: MIT */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

void board_say(const char *text);
void board_exit(int failed);

/* 25 million ticks a second. With QEMU's -icount shift=0 an instruction takes 1 ns, so that a tick
 * is 40 instructions. */
uint32_t board_ticks(void);

#endif
