// SPDX-License-Identifier: MIT
// Runs all cases of a folder that onnx_save_test has made by onnxruntime, and compares. Finds the
// package onnxruntime-node in the folder $ONNXRUNTIME_NODE (where it was installed), else as node
// finds packages.
'use strict';
const fs = require('fs');
const path = require('path');

const folder = process.argv[2];
let runtime;
try {
	const home = process.env.ONNXRUNTIME_NODE;
	runtime = require(home ? path.resolve(home, 'node_modules', 'onnxruntime-node')
		: 'onnxruntime-node');
} catch (missing) {
	console.log('no onnxruntime-node here (ONNXRUNTIME_NODE=folder)');
	process.exit(77);
}

const lines = fs.readFileSync(`${folder}/all.txt`, 'utf8').trimEnd().split('\n');
const bytes = fs.readFileSync(`${folder}/all.data`);
const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset,
	bytes.byteOffset + bytes.length));
let at = 0, line = 0;

// The next value: its name, its shape with the batch, its numbers.
function end()
{
	const [name, shape] = lines[line++].split('\t');
	const dims = shape.split(',').map(Number);
	const count = dims.reduce((a, b) => a * b, 1);
	at += count;
	return { name, dims, values: data.subarray(at - count, at) };
}

// The same number. The maximum of a window that lies in the padding is -Infinity here, and the
// least float in onnxruntime.
function equal(value, got)
{
	return value === got || (value === -Infinity && got === -(2 - 2 ** -23) * 2 ** 127);
}

function compare(title, file, tolerance, expected, got)
{
	const place = `${title} (${file}), ${expected.name}`;
	if (!got || got.dims.join() !== expected.dims.join())
		return console.log(`FAIL ${place}: ${got?.dims} instead of ${expected.dims}`);
	let most = 0, worst = 0;
	expected.values.forEach((value, k) => {
		const d = equal(value, got.data[k]) ? 0 : Math.abs(value - got.data[k]);
		most = Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0);
		worst = Math.max(worst, Number.isNaN(d) ? Number.isNaN(value) ? 0 : Infinity : d);
	});
	if (worst > tolerance * most)
		console.log(`FAIL ${place}: off by ${worst} of ${most}`);
	return null;
}

async function main()
{
	while (line < lines.length) {
		const [title, file, tolerance, ins, outs] = lines[line++].split('\t');
		const inputs = Array.from({ length: Number(ins) }, end);
		const outputs = Array.from({ length: Number(outs) }, end);
		try {
			const session = await runtime.InferenceSession.create(file, {
				intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 });
			const feeds = Object.fromEntries(inputs.map(({ name, dims, values }) =>
				[name, new runtime.Tensor('float32', values.slice(), dims)]));
			const got = await session.run(feeds);
			for (const output of outputs)
				compare(title, file, Number(tolerance), output, got[output.name]);
			await session.release();
		} catch (error) {
			console.log(`FAIL ${title} (${file}): ${error.message}`);
		}
	}
}

main();
