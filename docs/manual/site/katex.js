// SPDX-License-Identifier: MIT
// Formulas from TeX to HTML: katex.js KATEX, where KATEX is the folder of katex.min.js. A line of
// standard input is {"tex": "…", "display": true} as JSON, the line that answers it
// {"html": "…"} or {"error": "…"}.

const katex = require(process.argv[2] + "/katex.min.js");
const lines = require("readline").createInterface({ input: process.stdin });

lines.on("line", (line) => {
	const formula = JSON.parse(line);
	let answer;
	try {
		answer = {
			html: katex.renderToString(formula.tex, {
				displayMode: formula.display,
				// Korean in \text{} is no mistake.
				strict: (code) =>
					code === "unicodeTextInMathMode" ? "ignore" : "error",
			}),
		};
	} catch (error) {
		answer = { error: error.message };
	}
	process.stdout.write(JSON.stringify(answer) + "\n");
});
