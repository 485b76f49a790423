/* look.js OUTDIR BASE PASSWORD-FILE PATH... : logs in, follows the links from the start and
 * looks at a page of every kind, and at PATHs, in Chromium as people do:
 *
 *   desk    wide, with scripts, light and dark, by mouse and by keyboard alone
 *   phone   narrow, with scripts, dark and light, all unfolded
 *   bare    loaded with scripts switched off: narrow, light, all unfolded; and wide, dark
 *
 * One JSON object a line, for each page and way: url, way; loaded (HTTP status), title, text
 * (characters in the main part), pictures (paths), wide (pixels beyond the window, of either theme), missing
 * (pictures that did not come), torn (short words that are broken), errors (console), failed, foreign (requests), violations
 * (axe-core's, of either theme), and from desk cut (what reaches out of paper) and keys (what the keyboard does not reach or
 * show). Screenshots go to OUTDIR. Two pages are of one kind if they have the same words in
 * the address but for names of targets, and ask for the same first. */
'use strict';
const fs = require('fs');
const { chromium } = require('playwright-core');

const [outdir, base, secret, ...paths] = process.argv.slice(2);
const axe_text = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const every_picture = process.env.EVERY_PICTURE === '1';
const limit = 55; /* pages; more kinds of them than that are a mistake here */
const patience = 180000; /* ms, of a machine with much else to do */

/* What is done on a page, with scripts or without. Each gives what answered. */
const press = async (page, button) => (await Promise.all([page.waitForNavigation(), page.click(button)]))[0];
const write = async (page, text) => page.fill('textarea', await page.inputValue('textarea') + text);
const doings = {
	async fine(page) {
		await write(page, '# nothing more\n');
		return press(page, 'button[value=check]');
	},
	async broken(page) {
		await write(page, `++ broken\nmenu = Broken\nhots = ${'a.very.long.name.'.repeat(9)}\n`);
		return press(page, 'button[value=check]');
	},
	/* As if somebody else had saved another text meanwhile. */
	async overtaken(page) {
		await doings.fine(page);
		await page.evaluate(() => { document.querySelector('[name=generation]').value -= 1; });
		return press(page, 'button[value=save]');
	},
};

/* --- in the page ------------------------------------------------------------------------ */

/* Lazy pictures come, and what is folded opens if UNFOLD; gives those that do not come. */
async function settle(page, unfold) {
	await page.evaluate(unfold => {
		if (unfold)
			document.querySelectorAll('details').forEach(d => { d.open = true; });
		for (const i of document.images)
			i.loading = 'eager';
	}, unfold);
	const missing = () => page.evaluate(() => [...document.images]
		.filter(i => !i.complete || !i.naturalWidth).map(i => i.currentSrc || i.src));
	const end = Date.now() + 60000;
	let some = await missing();
	for (let i = 1; some.length > 0 && Date.now() < end; i++) {
		await page.waitForTimeout(50);
		/* One that was "503, not drawn in time" is asked for again. */
		if (i % 40 === 0)
			await page.evaluate(() => [...document.images].filter(i => i.complete && !i.naturalWidth)
				.forEach(i => { i.src = i.getAttribute('src'); }));
		some = await missing();
	}
	return some;
}

/* WIDE: how far something reaches out of the window, or out of a box that can be pushed
 * sideways and does not show it by a shadow. Lines of a file are as long as they are. */
const measure = () => ({
	title: document.title,
	pictures: [...document.images].map(i => new URL(i.currentSrc || i.src, location).pathname),
	text: (document.getElementById('main') || { innerText: '' }).innerText.trim().length,
	wide: Math.max(document.documentElement.scrollWidth - innerWidth,
		...[...document.images].map(i => Math.floor(i.getBoundingClientRect().right) - innerWidth),
		...[...document.querySelectorAll('main *:not(textarea, pre, .source)')].filter(e => {
			const s = getComputedStyle(e);
			return /auto|scroll/.test(s.overflowX) && s.backgroundImage === 'none' && e.clientWidth > 0;
		}).map(e => e.scrollWidth - e.clientWidth - 1)),
	/* A word is broken where it is longer than its line, and no other. */
	torn: [...document.querySelectorAll('a, b, button, th, .num')].flatMap(e =>
		[...e.childNodes].filter(n => n.nodeType === Node.TEXT_NODE).flatMap(n =>
			[...n.data.matchAll(/\S+/g)].filter(found => {
				const word = document.createRange();
				word.setStart(n, found.index);
				word.setEnd(n, found.index + found[0].length);
				return found[0].length < 10 && word.getClientRects().length > 1;
			}).map(found => found[0]))),
});

/* Words of tables that reach out of the paper. */
const cut = () => [...document.querySelectorAll('main th, main td')].filter(e => {
	const words = document.createRange();
	words.selectNodeContents(e);
	return words.getBoundingClientRect().right > innerWidth + 1;
}).map(e => e.textContent.trim().slice(0, 40));

/* What the keyboard can go to, each under a name by which it is known again after the page
 * has renewed itself; what a mouse can use but no keyboard; what Tab came to, and whether
 * that was to be seen. */
function watch() {
	/* Addresses that tell the time change. */
	const name = e => [e.tagName, e.id, (e.getAttribute('href') || '').replace(/[0-9]{9,}/g, '*'),
		e.getAttribute('name'), (e.textContent || e.getAttribute('aria-label') || '').trim()
			.replace(/[0-9.]+/g, '*').slice(0, 40)].filter(Boolean).join(' ');
	const seen = e => e.checkVisibility({ checkVisibilityCSS: true, checkOpacity: false }) &&
		e.getClientRects().length > 0;
	const can = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
	window.looked = {
		reached: [],
		dim: [],
		wanted: () => [...document.querySelectorAll(can)].filter(e => seen(e) && !e.disabled &&
			e.tabIndex >= 0 && (e.type !== 'radio' || e.checked)).map(name),
		mouse: () => [...document.querySelectorAll('main *, header *, footer *')].filter(e => seen(e) &&
			getComputedStyle(e).cursor === 'pointer' && !e.closest(can + ', label, option')).map(name),
	};
	/* After a key: where it led to, and whether that is marked, and in the window. */
	window.looked.at = () => {
		const e = document.activeElement, s = getComputedStyle(e);
		if (e === document.body)
			return;
		window.looked.reached.push(name(e));
		const ring = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1 || s.boxShadow !== 'none';
		const there = [...e.getClientRects()].some(box => box.bottom > 0 && box.right > 0 &&
			box.top < innerHeight && box.left < innerWidth);
		if (!ring || !there)
			window.looked.dim.push(name(e));
	};
	window.looked.keys = 0;
	addEventListener('keyup', e => {
		if (e.key === 'Tab') {
			window.looked.keys++;
			window.looked.at();
		}
	}, true);
}

/* --- from outside ----------------------------------------------------------------------- */

/* By keyboard alone: the first thing is the link to the content, each thing is come to and
 * is to be seen then. */
async function keyboard(page, cdp) {
	const keys = { first: '', skips: false, unreached: [], dim: [], mouse: [] };
	await page.evaluate(watch);
	await page.keyboard.press('Tab');
	/* A page that is a question begins with its answer. */
	keys.first = await page.evaluate(() => document.querySelector('[autofocus]') ? '#main' :
		document.activeElement.getAttribute('href'));
	const many = 10 + await page.evaluate(() => window.looked.wanted().length);
	/* One after the other, but without waiting for each to be answered. */
	const tab = { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 };
	for (let i = 0; i < many; i++) {
		cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...tab });
		cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...tab });
	}
	await page.waitForFunction(many => window.looked.keys > many, many);
	Object.assign(keys, await page.evaluate(() => ({
		unreached: window.looked.wanted().filter(n => !window.looked.reached.includes(n)),
		dim: [...new Set(window.looked.dim)],
		mouse: window.looked.mouse(),
	})));
	await page.evaluate(() => document.querySelector('a[href="#main"]').focus());
	await page.keyboard.press('Enter');
	await page.keyboard.press('Tab');
	keys.skips = await page.evaluate(() => {
		const main = document.getElementById('main'), at = document.activeElement;
		return main.contains(at) || !main.querySelector('a[href], button, input, select, summary') ||
			!!(main.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING);
	});
	return keys;
}

async function axe(page, theme, rules) {
	if (await page.evaluate(() => !window.axe))
		await page.evaluate(axe_text);
	const found = await page.evaluate(only => window.axe.run(document, {
		resultTypes: ['violations'],
		runOnly: only || undefined,
	}), rules);
	return found.violations.flatMap(v => v.nodes.slice(0, 5).map(n =>
		`${theme}: ${v.id}: ${n.target.join(' ')}: ${n.html.slice(0, 200)}: ${(n.failureSummary || '').split('\n')[1]}`));
}

/* What axe-core is asked for the second time on a page: what another look can change. */
const looks = ['color-contrast', 'scrollable-region-focusable', 'target-size'];
const wide = 1280, narrow = 390;
/* The ways to look: one after the other on a page that was loaded as the first of them,
 * with what axe-core is asked for then (nothing, or all by null), and whether a picture of
 * it is kept. Of pages in turn, axe-core looks at one dark where it is wide and light where
 * it is narrow, and at the next one the other way round: rules of style are the same. */
const ways = {
	desk: odd => [{ theme: odd ? 'dark' : 'light', width: wide, rules: null, kept: true },
		{ theme: odd ? 'light' : 'dark', width: wide, rules: [] }],
	phone: odd => [{ theme: odd ? 'light' : 'dark', width: narrow, rules: looks, kept: true },
		{ theme: odd ? 'dark' : 'light', width: narrow, rules: [] }],
	bare: odd => [{ theme: odd ? 'dark' : 'light', width: narrow, rules: null },
		{ theme: odd ? 'light' : 'dark', width: wide, rules: [] }],
};

/* A window that looks one way; what it sees goes into its "seen". */
async function window_of(browser, way, cookies) {
	const [{ width }] = ways[way](false), phone = width === narrow;
	const context = await browser.newContext({ viewport: { width, height: 844 }, isMobile: phone,
		hasTouch: phone, javaScriptEnabled: way !== 'bare' });
	context.setDefaultTimeout(patience);
	await context.addCookies(cookies);
	const page = await context.newPage();
	const at = { way, page, cdp: await context.newCDPSession(page), seen: null };
	page.on('console', m => {
		/* Of a request that failed there is more in "failed". */
		if (m.type() === 'error' && !/^Failed to load resource/.test(m.text()))
			at.seen.errors.push(m.text());
	});
	page.on('pageerror', e => at.seen.errors.push(String(e)));
	page.on('request', r => {
		if (!/^(data|blob):/.test(r.url()) && new URL(r.url()).origin !== base)
			at.seen.foreign.push(r.url());
	});
	page.on('requestfailed', r => {
		if (r.failure().errorText !== 'net::ERR_ABORTED')
			at.seen.failed.push(`${r.failure().errorText} ${r.url()}`);
	});
	page.on('response', r => {
		/* A graph that is "503, not drawn in time" is asked for again. */
		if (r.status() >= 400 && !r.request().isNavigationRequest() && !(r.status() === 503 && /\/graph\//.test(r.url())))
			at.seen.failed.push(`${r.status()} ${r.url()}`);
	});
	return at;
}

async function look(at, path, odd) {
	const { way, page } = at, steps = ways[way](odd), [doing] = path.split('#').slice(1);
	const seen = at.seen = { url: base + path, way, errors: [], failed: [], foreign: [], violations: [], wide: 0 };
	const bare = way === 'bare', [first] = steps, unfold = first.width === narrow;
	await page.setViewportSize({ width: first.width, height: 844 });
	await page.emulateMedia({ colorScheme: first.theme });
	if (bare)
		await at.cdp.send('Emulation.setScriptExecutionDisabled', { value: true });
	let answer = await page.goto(base + path, { waitUntil: 'load' });
	if (doing)
		answer = await doings[doing](page);
	seen.loaded = answer.status();
	/* No script of the page has run, nor will: axe-core may. */
	if (bare)
		await at.cdp.send('Emulation.setScriptExecutionDisabled', { value: false });
	/* As if in the background from now on: a page does not renew itself there, under the eyes
	 * of who looks at it. (That it does is looked at by page.sh.t.) */
	await page.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true }));
	seen.missing = await settle(page, unfold);
	Object.assign(seen, await page.evaluate(measure));
	if (way === 'desk')
		seen.keys = await keyboard(page, at.cdp);
	const name = path.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'start';
	for (const [i, { theme, width, rules, kept }] of steps.entries()) {
		if (i > 0) {
			await page.setViewportSize({ width, height: 844 });
			await page.emulateMedia({ colorScheme: theme });
			seen.missing.push(...await settle(page, unfold));
		}
		if (rules === null || rules.length > 0)
			seen.violations.push(...await axe(page, theme, rules));
		const now = await page.evaluate(measure);
		seen.wide = Math.max(seen.wide, now.wide);
		seen.torn = [...new Set([...seen.torn, ...now.torn])];
		if (kept || every_picture)
			await page.screenshot({ path: `${outdir}/${name}-${way}-${theme}.jpg`, fullPage: true, type: 'jpeg', quality: 85 });
	}
	/* On a tablet; and on A4, less its margins. */
	if (way === 'desk') {
		await page.setViewportSize({ width: 768, height: 1024 });
		/* A graph that scripts draw follows the window in its own time. */
		let now = await page.evaluate(measure);
		for (let i = 0; now.wide > 0 && i < 50; i++) {
			await page.waitForTimeout(100);
			now = await page.evaluate(measure);
		}
		seen.wide = Math.max(seen.wide, now.wide);
		seen.torn.push(...now.torn);
		await page.emulateMedia({ media: 'print' });
		await page.setViewportSize({ width: 688, height: 971 });
		seen.cut = await page.evaluate(cut);
		seen.torn.push(...(await page.evaluate(measure)).torn);
		await page.emulateMedia({ media: null });
	}
	console.log(JSON.stringify(seen));
}

/* Links of this server on a page, without what follows "#". */
function links(html) {
	return [...html.matchAll(/<a\s[^>]*href="([^"]*)"/g)].map(m => m[1].replace(/&amp;/g, '&'))
		.filter(h => !/^(mailto|https?):/.test(h) && !h.startsWith('#')).map(h => h.replace(/#.*/, ''));
}

/* Of the words of an address those count that name a page, and what it is asked first (of
 * the configuration, all: a file, and one of its versions). */
function kind(path) {
	const u = new URL(path, base), words = u.pathname.split('/').filter(Boolean);
	if (words[0] === 'h')
		words.length = 2;
	if (words[0] === 'config')
		return [...words, '?', ...u.searchParams.keys()].join(' ');
	return [...words.map((word, i) => i > 0 ? '*' : word), '?', ...[...u.searchParams.keys()].slice(0, 1)].join(' ');
}

/* One path of every kind that links lead to from the start. */
async function crawl(request) {
	const known = new Map(), todo = ['/'];
	while (todo.length > 0) {
		const path = todo.shift();
		if (known.has(kind(path)))
			continue;
		known.set(kind(path), path);
		const answer = await request.get(base + path);
		if (!/^text\/html/.test(answer.headers()['content-type'] || ''))
			known.set(kind(path), null);
		else
			todo.push(...links(await answer.text()).map(h => new URL(h, base + path))
				.map(u => u.pathname + u.search));
	}
	return [...known.values()].filter(Boolean);
}

(async () => {
	const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox',
		'--disable-gpu', '--disable-dev-shm-usage', '--no-proxy-server', '--disable-component-update'] });
	/* In by the form, by keyboard, as people come in. */
	const first = await browser.newContext();
	first.setDefaultTimeout(patience);
	const door = await first.newPage();
	await door.goto(`${base}/login`);
	await door.focus('input[type=password]');
	await door.keyboard.type(fs.readFileSync(secret, 'utf8').trim());
	await Promise.all([door.waitForNavigation(), door.keyboard.press('Enter')]);
	const cookies = await first.cookies();
	if (cookies.length === 0)
		throw new Error('not logged in');
	const found = await crawl(first.request);
	const all = [...new Set([...found, ...paths])];
	if (all.length > limit)
		throw new Error(`${all.length} kinds of pages, expected at most ${limit}: ${all.join(' ')}`);
	await first.close();
	/* Each way at its own pace. */
	await Promise.all(Object.keys(ways).map(async way => {
		const at = await window_of(browser, way, cookies);
		for (const [i, path] of all.entries())
			await look(at, path, i % 2 === 1);
	}));
	await browser.close();
})().catch(e => {
	console.error(e);
	process.exit(1);
});
