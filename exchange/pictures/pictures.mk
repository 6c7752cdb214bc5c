# SPDX-License-Identifier: MIT
# Pictures and pages of runs, of zlib alone. One name per line, sorted.

pictures_public_headers = \
	exchange/pictures/pictures.h \
	exchange/pictures/report.h

pictures_private_headers = \
	exchange/pictures/canvas.h \
	exchange/pictures/image.h \
	exchange/pictures/page.h \
	exchange/pictures/svg.h \
	exchange/pictures/text.h

pictures_sources = \
	exchange/pictures/canvas.c \
	exchange/pictures/chart.c \
	exchange/pictures/confusion.c \
	exchange/pictures/filters.c \
	exchange/pictures/font.c \
	exchange/pictures/history.c \
	exchange/pictures/image.c \
	exchange/pictures/images.c \
	exchange/pictures/page_mistakes.c \
	exchange/pictures/page_tables.c \
	exchange/pictures/png.c \
	exchange/pictures/report.c \
	exchange/pictures/signals.c \
	exchange/pictures/svg.c \
	exchange/pictures/terminal.c \
	exchange/pictures/text.c
