/* Evaluated on a page with a graph that scripts draw (browser.pl --run): moves it as people
 * do, and promises what was seen at each step. */
(async () => {
	const pause = ms => new Promise(done => setTimeout(done, ms));
	const until = async good => {
		for (let i = 0; i < 600 && !good(); i++)
			await pause(50);
		return !!good();
	};
	const card = document.getElementById('plot');
	const range = () => {
		const q = new URLSearchParams(location.search);
		return [q.get('start'), q.get('end')];
	};
	const fixed = () => range().map(Number);
	const title = () => card.querySelector('h2').textContent;
	const figure = word => [...card.querySelectorAll('.figures div')]
		.filter(d => d.querySelector('dt').textContent === word)
		.map(d => d.querySelector('dd').textContent)[0];
	const seen = { address: range() };
	if (!await until(() => card.querySelector('canvas') && figure('median') && card.querySelector('.legend li')))
		return { ...seen, late: true };
	await pause(300);
	/* Which colours the picture has, of those that are looked for. */
	const colors = () => {
		const canvas = card.querySelector('canvas');
		const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
		const n = {};
		for (let i = 0; i < d.length; i += 4) {
			const c = [d[i], d[i + 1], d[i + 2]].map(v => v.toString(16).padStart(2, '0')).join('');
			n[c] = (n[c] || 0) + 1;
		}
		return n;
	};
	const look = JSON.parse(card.dataset.plot)[
		matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'];
	const has = colors();
	seen.smoke = look.smoke.filter(c => has[c.slice(1)] > 20).length;
	seen.fine = has[look.loss[0].color.slice(1)] || 0;
	seen.lossy = look.loss.slice(1, -1).filter(b => has[b.color.slice(1)] > 5).length;
	seen.first = { title: title(), median: figure('median'), p95: figure('p95'), jitter: figure('jitter'),
		loss: figure('loss'), measured: figure('measured') };
	seen.pictures = document.querySelectorAll('picture').length;

	const over = card.querySelector('.u-over'), box = card.querySelector('.plot-box');
	const frame = over.getBoundingClientRect();
	const at = share => ({ clientX: frame.left + frame.width * share, clientY: frame.top + 50,
		bubbles: true, cancelable: true, button: 0, movementX: 9, movementY: 1 });
	const moved = async act => {
		const before = location.search;
		await act();
		await until(() => location.search !== before);
		return fixed();
	};
	const drag = async (from, to) => {
		over.dispatchEvent(new MouseEvent('mousemove', at(from)));
		over.dispatchEvent(new MouseEvent('mousedown', at(from)));
		await pause(50);
		document.dispatchEvent(new MouseEvent('mousemove', at(to)));
		over.dispatchEvent(new MouseEvent('mousemove', at(to)));
		await pause(50);
		document.dispatchEvent(new MouseEvent('mouseup', at(to)));
		over.dispatchEvent(new MouseEvent('mouseup', at(to)));
	};
	const key = k => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: k, bubbles: true, cancelable: true }));
	const end = Date.now() / 1000, begin = end - 10800;
	seen.dragged = (await moved(() => drag(0.25, 0.5))).map(v => (v - begin) / 10800);
	const [a, b] = fixed();
	seen.left = (await moved(() => key('ArrowLeft'))).map(v => (v - a) / (b - a));
	seen.in = (await moved(() => key('+'))).map(v => (v - a) / (b - a));
	seen.wheeled = (await moved(() => over.dispatchEvent(new WheelEvent('wheel',
		{ ...at(0.5), deltaY: 300, ctrlKey: true })))).map(v => (v - a) / (b - a));
	const [c, d] = fixed();
	const finger = (name, id, share) => over.dispatchEvent(new PointerEvent(name,
		{ ...at(share), pointerId: id, pointerType: 'touch' }));
	seen.pinched = (await moved(() => {
		finger('pointerdown', 1, 0.4);
		finger('pointerdown', 2, 0.6);
		finger('pointermove', 1, 0.3);
		finger('pointermove', 2, 0.7);
		finger('pointerup', 1, 0.3);
		finger('pointerup', 2, 0.7);
	})).map(v => (v - c) / (d - c));
	await pause(1100);
	await moved(() => key('ArrowLeft'));
	seen.returned = (await moved(() => history.back())).map(v => (v - c) / (d - c));
	await until(() => figure('median'));
	seen.last = { title: title(), address: range() };
	card.querySelector('.plot-table').open = true;
	await until(() => card.querySelectorAll('tbody tr').length > 0);
	seen.lines = card.querySelectorAll('tbody tr').length;
	seen.line = card.querySelector('tbody tr').textContent;
	await moved(() => card.querySelectorAll('.pills button')[1].click());
	seen.preset = range();
	await moved(() => key('0'));
	seen.back = range();
	return seen;
})()
