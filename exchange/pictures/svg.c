/* SPDX-License-Identifier: MIT */
#include "exchange/pictures/svg.h"

/* Without variables of CSS, which some viewers do not know. The colours have a contrast of at least
 * 3 to 1 with the paper, those of text 4.5 to 1, and lines differ in lightness, too. */
const char lam_svg_style[] =
	"svg.lam{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif}"
	".lam-paper{fill:#fff}.lam-ink{fill:#1f2328}.lam-soft{fill:#59636e}"
	".lam-on{fill:#fff}"
	".lam-good{fill:#1a7f37}.lam-bad{fill:#cf222e}"
	".lam-fgood{fill:#0969da}.lam-fbad{fill:#cf222e}"
	".lam-line{stroke:#d1d9e0;stroke-width:1}"
	".lam-s{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
	".lam-thin{stroke-width:1.2}"
	".lam-s0{stroke:#0969da}.lam-s1{stroke:#d4580b}.lam-s2{stroke:#1a7f37}"
	".lam-s3{stroke:#8250df}.lam-s4{stroke:#bf3989}.lam-s5{stroke:#59636e}"
	".lam-f0{fill:#0969da}.lam-f1{fill:#d4580b}.lam-f2{fill:#1a7f37}"
	".lam-f3{fill:#8250df}.lam-f4{fill:#bf3989}.lam-f5{fill:#59636e}"
	"@media (prefers-color-scheme:dark){"
	".lam-paper{fill:#0d1117}.lam-ink{fill:#e6edf3}.lam-soft{fill:#9198a1}"
	".lam-good{fill:#3fb950}.lam-bad{fill:#ff7b72}"
	".lam-fgood{fill:#1f6feb}.lam-fbad{fill:#e5534b}"
	".lam-line{stroke:#3d444d}"
	".lam-s0{stroke:#58a6ff}.lam-s1{stroke:#f0883e}.lam-s2{stroke:#3fb950}"
	".lam-s3{stroke:#ab7df8}.lam-s4{stroke:#db61a2}.lam-s5{stroke:#9198a1}"
	".lam-f0{fill:#58a6ff}.lam-f1{fill:#f0883e}.lam-f2{fill:#3fb950}"
	".lam-f3{fill:#ab7df8}.lam-f4{fill:#db61a2}.lam-f5{fill:#9198a1}}";

static void attribute(lam_text *svg, const char *name, double value)
{
	lam_text_format(svg, " %s=\"", name);
	lam_text_place(svg, value);
	lam_text_add(svg, "\"");
}

void lam_svg_begin(lam_text *svg, double width, double height, bool alone, const char *label)
{
	if (alone)
		lam_text_add(svg, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	lam_text_add(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lam\" role=\"img\"");
	attribute(svg, "width", width);
	attribute(svg, "height", height);
	lam_text_add(svg, " viewBox=\"0 0 ");
	lam_text_place(svg, width);
	lam_text_add(svg, " ");
	lam_text_place(svg, height);
	lam_text_add(svg, "\" aria-label=\"");
	lam_text_escaped(svg, label, 200);
	lam_text_add(svg, "\">\n");
	if (!alone)
		return;
	lam_text_add(svg, "<style>");
	lam_text_add(svg, lam_svg_style);
	lam_text_add(svg, "</style>\n");
	lam_svg_box(svg, "lam-paper", 1, 0, 0, width, height);
}

void lam_svg_end(lam_text *svg)
{
	lam_text_add(svg, "</svg>\n");
}

void lam_svg_line(lam_text *svg, const char *kind, double x1, double y1, double x2, double y2)
{
	lam_text_format(svg, "<line class=\"%s\"", kind);
	attribute(svg, "x1", x1);
	attribute(svg, "y1", y1);
	attribute(svg, "x2", x2);
	attribute(svg, "y2", y2);
	lam_text_add(svg, "/>\n");
}

void lam_svg_box(lam_text *svg, const char *kind, double opacity, double x, double y, double width,
	double height)
{
	lam_text_format(svg, "<rect class=\"%s\"", kind);
	if (opacity < 1)
		attribute(svg, "fill-opacity", opacity);
	attribute(svg, "x", x);
	attribute(svg, "y", y);
	attribute(svg, "width", width);
	attribute(svg, "height", height);
	lam_text_add(svg, "/>\n");
}

void lam_svg_pixels(lam_text *svg, lam_text *png, double x, double y, double width, double height)
{
	lam_text_add(
		svg, "<image style=\"image-rendering:pixelated\" preserveAspectRatio=\"none\"");
	attribute(svg, "x", x);
	attribute(svg, "y", y);
	attribute(svg, "width", width);
	attribute(svg, "height", height);
	lam_text_add(svg, " href=\"");
	lam_text_png(svg, png);
	lam_text_add(svg, "\"/>\n");
}

void lam_svg_text(lam_text *svg, const lam_svg_words *words)
{
	const size_t most = words->most ? words->most : 1000;
	lam_text_format(svg, "<text class=\"%s\" text-anchor=\"%s\"", words->kind, words->anchor);
	attribute(svg, "font-size", words->size);
	if (words->turned == 0) {
		attribute(svg, "x", words->x);
		attribute(svg, "y", words->y);
	} else {
		lam_text_add(svg, " transform=\"translate(");
		lam_text_place(svg, words->x);
		lam_text_add(svg, " ");
		lam_text_place(svg, words->y);
		lam_text_add(svg, ") rotate(");
		lam_text_place(svg, words->turned);
		lam_text_add(svg, ")\"");
	}
	lam_text_add(svg, ">");
	if (lam_text_length(words->text) > most) {
		lam_text_add(svg, "<title>");
		lam_text_escaped(svg, words->text, 1000);
		lam_text_add(svg, "</title>");
	}
	lam_text_escaped(svg, words->text, most);
	lam_text_add(svg, "</text>\n");
}

double lam_svg_width(size_t characters, double size)
{
	return 0.58 * size * (double)characters;
}
