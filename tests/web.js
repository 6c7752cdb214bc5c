// SPDX-License-Identifier: MIT
// Draws digits on examples/web's page with the mouse of a headless Chromium, and reads the answers.
//
//     node web.js CHROMIUM PAGE
//
// Chromium is told what to do by its protocol for developers: messages of JSON through two pipes,
// with a byte 0 behind each.
'use strict';
const { spawn } = require('child_process');
const { mkdtempSync, rmSync } = require('fs');
const { tmpdir } = require('os');
const { join, resolve } = require('path');
const { pathToFileURL } = require('url');

const SECONDS = 60;
const [program, page] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), 'lamina-web-'));
const browser = spawn(program, ['--headless', '--no-sandbox', '--disable-gpu',
	'--disable-dev-shm-usage', '--remote-debugging-pipe', `--user-data-dir=${home}`,
	'about:blank'], { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
const waiting = new Map();
let said = '', rest = '', next = 1, session, result = 1;

browser.stderr.on('data', (text) => { said = (said + text).slice(-2000); });
browser.on('error', (error) => finish(`${program}: ${error.message}`));
browser.on('exit', () => finish(`the browser ended: ${said}`));
browser.stdio[4].on('data', (text) => {
	const messages = (rest + text).split('\0');
	rest = messages.pop();
	for (const message of messages.map((each) => JSON.parse(each))) {
		const { good, bad } = waiting.get(message.id) || {};
		waiting.delete(message.id);
		if (message.error)
			bad?.(new Error(JSON.stringify(message.error)));
		else
			good?.(message.result);
	}
});
setTimeout(() => finish(`no answer within ${SECONDS} s: ${said}`), SECONDS * 1000).unref();

function finish(complaint)
{
	if (complaint)
		console.log(`FAIL  web: ${complaint}`);
	browser.removeAllListeners('exit');
	browser.on('exit', () => {
		rmSync(home, { recursive: true, force: true, maxRetries: 5 });
		process.exit(complaint ? 1 : result);
	});
	browser.kill('SIGKILL');
}

function tell(method, params = {})
{
	const id = next++;
	browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId: session }) + '\0');
	return new Promise((good, bad) => waiting.set(id, { good, bad }));
}

async function value(expression)
{
	const { result: got, exceptionDetails: wrong } =
		await tell('Runtime.evaluate', { expression, returnByValue: true });
	if (wrong)
		throw new Error(wrong.exception?.description || wrong.text);
	return got.value;
}

const answer = () => value('document.getElementById("answer").textContent');

function mouse(type, [x, y], box, pressed)
{
	const button = pressed || type === 'mouseReleased' ? 'left' : 'none';
	return tell('Input.dispatchMouseEvent', { type, x: box.x + x, y: box.y + y, button,
		buttons: pressed ? 1 : 0, clickCount: 1 });
}

// Points on an ellipse, from one angle to another, in degrees, 0 to the right, 90 below.
function arc(x, y, wide, high, from, to)
{
	return Array.from({ length: 13 }, (_, k) => {
		const angle = (from + (to - from) * k / 12) * Math.PI / 180;
		return [x + wide * Math.cos(angle), y + high * Math.sin(angle)];
	});
}

// Each digit's strokes.
const digits = [
	[arc(140, 140, 55, 85, -90, 270)],
	[[[145, 50], [140, 140], [135, 230]]],
	[[...arc(140, 100, 50, 45, -170, 40), [90, 220], [200, 220]]],
	[[...arc(135, 95, 50, 42, -150, 90), ...arc(135, 182, 55, 45, -90, 150)]],
	[[[100, 50], [85, 145], [195, 145]], [[175, 60], [170, 230]]],
	[[[190, 55], [105, 55], [98, 130], ...arc(130, 175, 55, 50, -110, 140)]],
	[[[165, 45], [115, 120], ...arc(140, 180, 45, 48, -170, 200)]],
	[[[80, 60], [195, 60], [130, 230]]],
	[[...arc(140, 97, 40, 42, 90, 450), ...arc(140, 185, 47, 45, -90, 270)]],
	[[...arc(140, 105, 42, 45, 0, -360), [180, 110], [165, 230]]],
];

async function draw(strokes, box)
{
	let early = '';
	for (const stroke of strokes) {
		await mouse('mouseMoved', stroke[0], box);
		await mouse('mousePressed', stroke[0], box, true);
		for (const [k, point] of stroke.entries()) {
			await mouse('mouseMoved', point, box, true);
			if (k === 1)
				early = await answer();
		}
		await mouse('mouseReleased', stroke.at(-1), box);
	}
	return early;
}

async function main()
{
	const { targetInfos } = await tell('Target.getTargets');
	const { targetId } = targetInfos.find((target) => target.type === 'page');
	({ sessionId: session } = await tell('Target.attachToTarget', { targetId, flatten: true }));
	await tell('Page.enable');
	await tell('Page.navigate', { url: pathToFileURL(resolve(page)).href });
	while (!await value('document.body?.dataset.ready'))
		await new Promise((done) => setTimeout(done, 50));
	const box = await value(`(({ x, y }) => ({ x, y }))(
		document.getElementById('canvas').getBoundingClientRect())`);
	let failed = false;
	const verdict = (name, good) => {
		console.log(`${good ? 'ok   ' : 'FAIL '} web: ${name}`);
		failed ||= !good;
	};
	verdict('no answer before the first stroke', await answer() === '');
	for (const [digit, strokes] of digits.entries()) {
		const early = await draw(strokes, box);
		const got = await answer();
		verdict(`a ${digit} is recognised${got === `${digit}` ? '' : `: ${got}`}`,
			got === `${digit}`);
		if (digit === 0)
			verdict('an answer while the digit is drawn', early !== '');
		await value('document.getElementById("clear").click()');
	}
	verdict('no answer once the page is cleared', await answer() === '');
	result = failed ? 1 : 0;
	finish();
}

main().catch((error) => finish(error.stack));
