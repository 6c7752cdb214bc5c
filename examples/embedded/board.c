/* SPDX-License-Identifier: MIT */
/* What a program needs on the bare board MPS2-AN386, a Cortex-M4 that QEMU has too: vectors,
 * memory, the floating-point unit, text to the debugger, a timer. */
#include "board.h"

#include <stdint.h>
#include <string.h>

extern uint32_t image_data[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

int main(void);
void reset(void);
void stop(void);

/* Semihosting: the debugger, or QEMU, serves operation `op`. */
static void serve(uint32_t op, const void *what)
{
	register uint32_t r0 __asm__("r0") = op;
	register const void *r1 __asm__("r1") = what;
	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void board_say(const char *text)
{
	serve(4, text); /* SYS_WRITE0 */
}

void board_exit(int failed)
{
	/* SYS_EXIT: ADP_Stopped_ApplicationExit, or an internal error */
	serve(0x18, (const void *)(uintptr_t)(failed ? 0x20024 : 0x20026));
	for (;;)
		;
}

void stop(void)
{
	board_say("the processor stopped at a fault\n");
	board_exit(1);
}

/* Timer 0 counts down, 25 million times a second. */
#define TIMER_CONTROL (*(volatile uint32_t *)0x40000000)
#define TIMER_VALUE (*(volatile uint32_t *)0x40000004)
#define TIMER_RELOAD (*(volatile uint32_t *)0x40000008)

uint32_t board_ticks(void)
{
	return 0xffffffff - TIMER_VALUE;
}

void reset(void)
{
	*(volatile uint32_t *)0xe000ed88 |= 0xfu << 20; /* CPACR: the floating-point unit */
	__asm__ volatile("dsb\n\tisb");
	memcpy(data_start, image_data, (size_t)(data_end - data_start) * sizeof *data_start);
	memset(bss_start, 0, (size_t)(bss_end - bss_start) * sizeof *bss_start);
	TIMER_RELOAD = 0xffffffff;
	TIMER_VALUE = 0xffffffff;
	TIMER_CONTROL = 1;
	board_exit(main());
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {stack_top,
	(const void *)reset, (const void *)stop, (const void *)stop, (const void *)stop,
	(const void *)stop, (const void *)stop};
