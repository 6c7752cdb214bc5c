/* SPDX-License-Identifier: MIT */
/* Recognises a drawn digit, in WebAssembly. The net is digits.c, which `lamina export` has written.
 * The page writes the ink of each point to drawing(), calls recognise(), and reads scores(). */
#include <digits.h>

enum { SIDE = 280, BOX = 20, PIXELS = 28 };

static unsigned char ink[SIDE][SIDE]; /* 0 to 255 */
static float x[PIXELS][PIXELS], y[DIGITS_Y];

/* The net has this size of input. */
typedef char expected[DIGITS_X == PIXELS * PIXELS ? 1 : -1];

__attribute__((export_name("drawing"))) void *drawing(void)
{
	return ink;
}

__attribute__((export_name("scores"))) void *scores(void)
{
	return y;
}

/* The first and the last row and column with ink; false: there is none. */
static int bounds(int first[2], int last[2])
{
	first[0] = first[1] = SIDE;
	last[0] = last[1] = -1;
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++)
			if (ink[i][j]) {
				first[0] = i < first[0] ? i : first[0];
				first[1] = j < first[1] ? j : first[1];
				last[0] = i;
				last[1] = j > last[1] ? j : last[1];
			}
	return last[0] >= 0;
}

/* The mean ink of a part of the drawing. */
static float mean(int top, int left, int bottom, int right)
{
	int sum = 0;
	for (int i = top; i < bottom; i++)
		for (int j = left; j < right; j++)
			sum += i < SIDE && j < SIDE ? ink[i][j] : 0;
	return (float)sum / (float)(255 * (bottom - top) * (right - left));
}

/* As the images of MNIST were made: the digit in a box of 20 x 20, whose centre of mass is put in
 * the middle of 28 x 28. */
static int place(void)
{
	int first[2], last[2];
	if (!bounds(first, last))
		return 0;
	const int high = last[0] - first[0] + 1, wide = last[1] - first[1] + 1;
	const int side = high > wide ? high : wide;
	float box[BOX][BOX], mass = 0, at[2] = {0, 0};
	for (int i = 0; i < BOX; i++)
		for (int j = 0; j < BOX; j++) {
			const int top = first[0] + i * side / BOX, left = first[1] + j * side / BOX;
			const int down = first[0] + (i + 1) * side / BOX,
				  right = first[1] + (j + 1) * side / BOX;
			box[i][j] = mean(top, left, down > top ? down : top + 1,
				right > left ? right : left + 1);
			mass += box[i][j];
			at[0] += box[i][j] * ((float)i + 0.5f);
			at[1] += box[i][j] * ((float)j + 0.5f);
		}
	const int down = PIXELS / 2 - (int)(at[0] / mass + 0.5f),
		  right = PIXELS / 2 - (int)(at[1] / mass + 0.5f);
	for (int i = 0; i < PIXELS; i++)
		for (int j = 0; j < PIXELS; j++) {
			const int row = i - down, column = j - right;
			const int inside = row >= 0 && row < BOX && column >= 0 && column < BOX;
			x[i][j] = inside ? box[row][column] : 0;
		}
	return 1;
}

/* The digit that the drawing shows, with a score from 0 to 1 for each; -1: nothing is drawn. */
__attribute__((export_name("recognise"))) int recognise(void)
{
	if (!place())
		return -1;
	digits(&x[0][0], y);
	int best = 0;
	for (int k = 1; k < DIGITS_Y; k++)
		best = y[k] > y[best] ? k : best;
	return best;
}
