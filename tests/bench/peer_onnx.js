// SPDX-License-Identifier: MIT
// Predictions per second of an ONNX model in onnxruntime: node peer_onnx.js MODEL BATCH THREADS
// SECONDS ROUNDS DIM ...
//
// DIM ... is the shape of one sample. Prints the median of the rounds; a first round is thrown
// away. Finds the package onnxruntime-node in the folder $ONNXRUNTIME_NODE (where it was installed,
// or the package itself), else as node finds packages.
'use strict';
const path = require('path');

function load() {
	const folder = process.env.ONNXRUNTIME_NODE;
	if (!folder) return require('onnxruntime-node');
	try {
		return require(path.resolve(folder, 'node_modules', 'onnxruntime-node'));
	} catch (missing) {
		return require(path.resolve(folder));
	}
}

async function main() {
	const runtime = load();
	if (process.argv.length < 8) return; // only asked whether it is there
	const model = process.argv[2];
	const [batch, threads, seconds, rounds, ...shape] = process.argv.slice(3).map(Number);
	const session = await runtime.InferenceSession.create(model,
		{intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all'});
	const count = shape.reduce((a, b) => a * b, batch);
	const values = Float32Array.from({length: count}, (_, i) => (i * 7919 % 1000) / 1000);
	const x = new runtime.Tensor('float32', values, [batch, ...shape]);
	const feeds = {x};
	const rates = [];
	for (let round = -1; round < rounds; round++) {
		const start = process.hrtime.bigint();
		let runs = 0, spent;
		do {
			await session.run(feeds);
			runs++;
			spent = Number(process.hrtime.bigint() - start) * 1e-9;
		} while (spent < seconds);
		if (round >= 0) rates.push(runs * batch / spent);
	}
	rates.sort((a, b) => a - b);
	console.log(rates[rates.length >> 1].toFixed(0));
}

main().catch((error) => { console.error(error.message); process.exit(1); });
