// readability_pass.cjs: for each line that comes in, extract all FILES once and print the CPU that it took
// in microseconds. Says READY first, or dies when there are no @mozilla/readability and jsdom where node finds
// them ($NODE_PATH).
const fs = require('fs'), zlib = require('zlib'), readline = require('readline');
const { Readability } = require('@mozilla/readability');
const { JSDOM, VirtualConsole } = require('jsdom');

const pages = process.argv.slice(2).map(path => zlib.gunzipSync(fs.readFileSync(path)).toString('utf8'));
console.log('READY', require('@mozilla/readability/package.json').version);
readline.createInterface({ input: process.stdin }).on('line', () => {
	const before = process.cpuUsage();
	for (const page of pages) {
		const dom = new JSDOM(page, { url: 'https://n.example/a', virtualConsole: new VirtualConsole() });
		new Readability(dom.window.document).parse();
		dom.window.close();
	}
	const used = process.cpuUsage(before);
	console.log(used.user + used.system);
});
