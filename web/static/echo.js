"use strict";
/* This browser <-> box: while the front page is seen, a small answer of the box is timed
 * every two seconds over a connection that is open already. From request to first byte,
 * as the browser's own resource timing has it: what waited inside the browser, and the
 * opening of a connection, are not in it. */
(function () {
	var segment = document.getElementById("to-box");
	if (!segment || !window.fetch || !window.performance || !window.AbortController)
		return;
	var PAUSE = 2000, PATIENCE = 5000, KEPT = 60, SPAN = 120000, ENOUGH = 3;
	var address = segment.dataset.echo, record = segment.hasAttribute("data-record");
	var samples = [], number = 0, timer = 0, under_way = null, minute = null;

	function quantile(sorted, share) {
		return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
	}

	/* The samples of the last MS milliseconds: how many, how many lost, and how long. */
	function summary(ms) {
		var since = performance.now() - ms, lost = 0, rtt = [];
		samples.forEach(function (s) {
			if (s.at < since)
				return;
			if (s.ms === null)
				lost++;
			else
				rtt.push(s.ms);
		});
		rtt.sort(function (a, b) { return a - b; });
		return { count: rtt.length, lost: lost, median: quantile(rtt, 0.5), p95: quantile(rtt, 0.95) };
	}

	function text(ms) {
		return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
	}

	function show() {
		var s = summary(SPAN);
		if (s.count + s.lost < ENOUGH)
			return;
		segment.querySelector(".median").textContent = s.count > 0 ? text(s.median) + " ms" : "no answer";
		segment.querySelector(".more").textContent =
			(s.count > 0 ? "95 % within " + text(s.p95) + " ms" : "") + (s.lost > 0 && s.count > 0 ? ", " : "") +
			(s.lost > 0 ? s.lost + " of " + (s.count + s.lost) + " not answered" : "");
		segment.classList.toggle("wrong", s.lost > 0);
		segment.dataset.count = s.count;
		segment.hidden = false;
		segment.parentNode.hidden = false;
	}

	/* Once for each minute of the clock that was seen to its end. */
	function tell() {
		var now = Math.floor(Date.now() / 60000), s;
		if (!record || now === minute)
			return;
		s = summary(60000);
		if (minute !== null && s.count + s.lost >= ENOUGH)
			fetch(address, { method: "POST", body: new URLSearchParams({ count: s.count, lost: s.lost,
				median: s.count > 0 ? s.median.toFixed(3) : "", p95: s.count > 0 ? s.p95.toFixed(3) : "" }) }).catch(function () {});
		minute = now;
	}

	/* What the browser itself measured of URL; null: a connection had to be made, or
	 * nothing is known. */
	function timed(url) {
		var entry = performance.getEntriesByName(new URL(url, location.href).href).pop();
		performance.clearResourceTimings();
		if (!entry || !(entry.responseStart > 0) || entry.connectEnd > entry.connectStart)
			return null;
		return entry.responseStart - entry.requestStart;
	}

	function keep(ms) {
		samples.push({ at: performance.now(), ms: ms });
		if (samples.length > KEPT)
			samples.shift();
		show();
	}

	function next() {
		clearTimeout(timer);
		timer = setTimeout(ask, PAUSE);
	}

	function ask() {
		var url = address + "?n=" + ++number, control = new AbortController(), begun = performance.now();
		var late = setTimeout(function () { control.abort(); }, PATIENCE);
		var mine = under_way = { control: control };
		fetch(url, { cache: "no-store", signal: control.signal }).then(function (answer) {
			return answer.text().then(function () { return answer.ok; });
		}).catch(function () { return false; }).then(function (ok) {
			clearTimeout(late);
			/* The page was hidden meanwhile, or the machine slept: whose time was that? */
			if (under_way !== mine || performance.now() - begun > 2 * PATIENCE)
				return under_way === mine && next();
			under_way = null;
			/* The entry is made when the answer has been read, which may be just now. */
			setTimeout(function () {
				var ms = timed(url);
				if (!ok)
					keep(null);
				else if (ms !== null)
					keep(ms);
				tell();
				if (!document.hidden)
					next();
			}, 0);
		});
	}

	/* Nobody looks, or somebody does again: then what was before does not count. */
	function look() {
		clearTimeout(timer);
		if (under_way)
			under_way.control.abort();
		under_way = minute = null;
		if (document.hidden)
			return;
		samples = [];
		ask();
	}
	document.addEventListener("visibilitychange", look);
	look();
})();
