"use strict";
/* The graph of a target, drawn here instead of by the server: the same smoke, colours and
 * bands, to be moved and zoomed. What is seen is in the address. uPlot has the axes, the
 * scales and the cursor; all else is drawn in its hooks. */
(function () {
	var card = document.getElementById("plot");
	if (!card || !window.uPlot || !window.fetch || !window.URLSearchParams)
		return;
	var setup = JSON.parse(card.dataset.plot);
	var href = card.dataset.href, api = setup.base + "/api/v1/";
	var MIN_SPAN = Math.max(10, 4 * setup.step), MAX_SPAN = 5 * 366 * 86400;
	var TONE = { note: 0, gap: 1, loadtest: 1, congestion: 2 };

	/* --- what is seen, and what is known of it --- */
	var view = { start: setup.start, end: setup.end, live: setup.live };
	var data = null, marks = [], plot = null, theme, busy = 0;

	function now() { return Date.now() / 1000; }
	function span() { return view.end - view.start; }

	/* --- what all that draw have in common --- */
	var chart = window.smokeboxChart(setup.zone);
	var time = chart.time, percent = chart.percent, date = chart.date, clock = chart.clock;
	var length = chart.length, make = chart.make, css = chart.css;
	function when(at) { return chart.when(at, span()); }
	function short(s) {
		return s % 86400 === 0 && s > 86400 ? s / 86400 + "d" : s % 3600 === 0 ? s / 3600 + "h"
			: s % 60 === 0 ? s / 60 + "min" : s + "s";
	}

	/* --- the card --- */
	var title = make("h2"), presets = make("span", { class: "pills" }), box = make("div", {
		class: "plot-box", tabindex: "0", role: "application",
		"aria-label": "Graph. Left and right move, plus and minus zoom, 0 goes back to now; the table below has its values.",
	});
	var read = make("p", { class: "plot-read sub" }), legend = make("ul", { class: "legend" });
	var figures = make("dl", { class: "figures" }), links = make("p", { class: "links plot-links" });
	var table = make("details", { class: "plot-table" }, [make("summary", {}, ["The same as a table"])]);
	var moves = make("span", { class: "pills moves" });

	setup.presets.forEach(function (p) {
		var b = make("button", { type: "button", title: p.label }, [short(p.seconds)]);
		b.addEventListener("click", function () { go(now() - p.seconds, now(), true); });
		presets.append(b);
	});
	[["←", "Earlier", function () { pan(-0.5); }], ["−", "Zoom out", function () { zoom(2, 0.5); }],
		["+", "Zoom in", function () { zoom(0.5, 0.5); }], ["→", "Later", function () { pan(0.5); }]].forEach(function (m) {
		var b = make("button", { type: "button", title: m[1], "aria-label": m[1] }, [m[0]]);
		b.addEventListener("click", m[2]);
		moves.append(b);
	});
	card.append(make("div", { class: "bar" }, [title, presets, moves]), box, read, legend, figures, table, links);
	card.hidden = false;
	document.body.classList.add("plotted");
	/* What the server drew is the same again. */
	["ranges", "view"].forEach(function (id) {
		var e = document.getElementById(id);
		if (e)
			e.remove();
	});

	/* --- fetching: a little more than is seen, so that moving has something to show --- */
	function get(path, parameters) {
		return fetch(api + path + "?" + new URLSearchParams(parameters)).then(function (answer) {
			return answer.ok ? answer.json() : answer.json().then(function (p) { return Promise.reject(p.detail); });
		});
	}
	function load() {
		var mine = ++busy, margin = span() / 4;
		var start = Math.floor(view.start - margin), end = Math.ceil(Math.min(view.end + margin, now()));
		if (end <= start)
			return;
		var points = Math.min(1000, Math.max(200, Math.round(box.clientWidth)));
		get("rounds", { target: setup.target, start: Math.max(start, 315532801), end: end, points: points }).then(function (answer) {
			if (mine !== busy)
				return;
			data = answer;
			draw();
		}).catch(say);
		get("incidents", { concerning: setup.target, start: Math.max(start, 1), end: end, limit: 200 }).then(function (answer) {
			if (mine !== busy)
				return;
			marks = answer.incidents;
			if (plot)
				plot.redraw(false);
		}).catch(function () {});
		get("figures", { target: setup.target, start: Math.round(view.start), end: Math.round(Math.min(view.end, now())) }).then(function (answer) {
			if (mine === busy)
				showFigures(answer);
		}).catch(function () {});
	}
	function say(why) {
		read.textContent = "Not loaded: " + (why && why.message || why || "no answer");
	}
	var later = 0, moved = 0;
	/* One move is one step of the browser's history, however many turns of a wheel it is. */
	function soon() {
		if (Date.now() - moved > 1000)
			history.pushState(null, "", location.href);
		moved = Date.now();
		clearTimeout(later);
		later = setTimeout(function () {
			var q = view.live ? "start=now-" + Math.round(span()) + "s&end=now"
				: "start=" + Math.round(view.start) + "&end=" + Math.round(view.end);
			history.replaceState(null, "", href + "?" + q);
			load();
			showLinks();
		}, 200);
	}

	/* --- moving --- */
	function go(start, end, live) {
		var s = Math.min(MAX_SPAN, Math.max(MIN_SPAN, end - start)), mid = (start + end) / 2;
		if (live || mid + s / 2 >= now()) {
			end = now();
			live = true;
		} else {
			end = mid + s / 2;
		}
		view = { start: Math.max(315532801, end - s), end: end, live: live };
		showTitle();
		if (plot)
			plot.setScale("x", { min: view.start, max: view.end });
		soon();
	}
	function pan(share) {
		var by = span() * share;
		go(view.start + by, view.end + by, false);
	}
	/* AT: where the share of the window stays that is there now. */
	function zoom(factor, at) {
		var s = Math.min(MAX_SPAN, Math.max(MIN_SPAN, span() * factor)), fix = view.start + span() * at;
		if (view.live && at > 0.4)
			return go(view.end - s, view.end, true);
		go(fix - s * at, fix + s * (1 - at), false);
	}

	/* --- drawing --- */
	function rows(u, each) {
		var c = data.columns, i = Math.max(0, Math.floor((view.start - data.start) / data.step) - 1);
		for (; i < data.count; i++) {
			var from = data.start + i * data.step;
			if (from > view.end)
				break;
			each(i, u.valToPos(from, "x", true), u.valToPos(from + data.step, "x", true), c);
		}
	}
	function clip(u, draws) {
		u.ctx.save();
		u.ctx.beginPath();
		u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
		u.ctx.clip();
		draws(u.ctx, u.bbox.top, u.bbox.height);
		u.ctx.restore();
	}
	var hatch = null;
	function hatching(ctx) {
		if (hatch)
			return hatch;
		var tile = document.createElement("canvas"), size = 8;
		tile.width = tile.height = size;
		var t = tile.getContext("2d");
		t.fillStyle = theme.nodata;
		t.fillRect(0, 0, size, size);
		t.strokeStyle = theme.hatch;
		t.beginPath();
		t.moveTo(0, size);
		t.lineTo(size, 0);
		t.stroke();
		hatch = ctx.createPattern(tile, "repeat");
		return hatch;
	}
	// Those that the summary names, as drawmarks.c has them.
	var PLAIN = ["note", "gap", "alert", "loadtest", "loss"];
	function tone(m) { return m.kind in TONE ? TONE[m.kind] : 3; }
	function bands(u) {
		if (!data)
			return;
		clip(u, function (ctx, top, height) {
			ctx.fillStyle = hatching(ctx);
			/* Beyond what is known; the row that is on its way is no gap. */
			var until = now() - 2 * Math.max(data.step, setup.step);
			rows(u, function (i, x0, x1, c) {
				if (c.loss[i] === null && data.start + i * data.step < until)
					ctx.fillRect(x0, top, x1 - x0 + 0.5, height);
			});
			var before = u.valToPos(data.start, "x", true);
			if (before > u.bbox.left && data.count === 0)
				ctx.fillRect(u.bbox.left, top, before - u.bbox.left, height);
			marks.forEach(function (m) {
				if (m.kind === "note")
					return;
				var x0 = u.valToPos(m.begin, "x", true), x1 = u.valToPos(m.end || now(), "x", true);
				ctx.fillStyle = theme.marks[tone(m)];
				ctx.fillRect(x0, top, Math.max(x1 - x0, 2), height);
			});
		});
	}
	function smoke(u) {
		if (!data)
			return;
		clip(u, function (ctx, top, height) {
			var px = devicePixelRatio || 1, ping = data.columns.ping, n = ping.length;
			for (var k = 0; k < Math.floor(n / 2) && n >= 3; k++) {
				var low = ping[k], high = ping[n - 1 - k];
				ctx.fillStyle = theme.smoke[Math.min(k, theme.smoke.length - 1)];
				ctx.beginPath();
				rows(u, function (i, x0, x1) {
					if (low[i] === null || high[i] === null)
						return;
					var y1 = u.valToPos(low[i], "y", true), y0 = u.valToPos(high[i], "y", true);
					ctx.rect(x0, y0, x1 - x0 + 0.3, Math.max(y1 - y0, 0.5));
				});
				ctx.fill();
			}
			/* Every ping lost: a column, there is no median that could carry a colour. */
			ctx.fillStyle = theme.total;
			ctx.globalAlpha = theme.total_opacity;
			rows(u, function (i, x0, x1, c) {
				if (c.loss[i] !== null && c.loss[i] > data.pings - 1 + 0.001)
					ctx.fillRect(x0, top, Math.max(x1 - x0, px), height);
			});
			ctx.globalAlpha = 1;
			ctx.strokeStyle = theme.median;
			ctx.lineWidth = px;
			ctx.beginPath();
			var drawn = false;
			rows(u, function (i, x0, x1, c) {
				if (c.median[i] === null) {
					drawn = false;
					return;
				}
				var y = u.valToPos(c.median[i], "y", true);
				if (drawn)
					ctx.lineTo(x0, y);
				else
					ctx.moveTo(x0, y);
				ctx.lineTo(x1, y);
				drawn = true;
			});
			ctx.stroke();
			/* Loss is a colour, and a thicker line for who does not see it. */
			rows(u, function (i, x0, x1, c) {
				if (c.median[i] === null || c.loss[i] === null)
					return;
				var b = bucket(c.loss[i]), half = (b === 0 ? 1.25 : 1.75 + 0.25 * b) * px;
				ctx.fillStyle = theme.loss[b].color;
				ctx.fillRect(x0, u.valToPos(c.median[i], "y", true) - half, Math.max(x1 - x0, px), 2 * half);
			});
			words(u, ctx, top, height, px);
		});
	}
	function bucket(lost) {
		var i = 0;
		while (i < theme.loss.length - 1 && lost > theme.loss[i].upto + 1e-9)
			i++;
		return i;
	}
	/* What happened, in words where there is room: bands above, notes below them. */
	function words(u, ctx, top, height, px) {
		var taken = { note: -1e9, band: -1e9 }, most = u.bbox.width / px < 500 ? 24 : 36;
		ctx.font = 12 * px + "px system-ui, 'DejaVu Sans', sans-serif";
		ctx.fillStyle = css("--text");
		ctx.textAlign = "left";
		ctx.textBaseline = "alphabetic";
		marks.slice().reverse().forEach(function (m) {
			var x = Math.max(u.valToPos(m.begin, "x", true), u.bbox.left), note = m.kind === "note";
			if (x > u.bbox.left + u.bbox.width || (m.end && m.end < view.start))
				return;
			if (note) {
				ctx.strokeStyle = theme.marks[0];
				ctx.lineWidth = 1.5 * px;
				ctx.setLineDash([4 * px, 3 * px]);
				ctx.beginPath();
				ctx.moveTo(x, top);
				ctx.lineTo(x, top + height);
				ctx.stroke();
				ctx.setLineDash([]);
			}
			var text = PLAIN.indexOf(m.kind) >= 0 ? m.summary : m.kind + ": " + m.summary, lane = note ? "note" : "band";
			if (text.length > most)
				text = text.slice(0, most - 2) + "…";
			var width = ctx.measureText(text).width;
			if (x + width + 10 * px > u.bbox.left + u.bbox.width)
				x = u.bbox.left + u.bbox.width - width - 10 * px;
			if (x < taken[lane] || x < u.bbox.left)
				return;
			taken[lane] = x + width + 16 * px;
			ctx.strokeStyle = css("--card");
			ctx.lineWidth = 4 * px;
			ctx.lineJoin = "round";
			ctx.strokeText(text, x + 6 * px, top + (note ? 33 : 16) * px);
			ctx.fillText(text, x + 6 * px, top + (note ? 33 : 16) * px);
		});
	}
	/* The storm stays readable: the medians whole, of the smoke all but its tips. */
	function ceiling(u) {
		var most = 0, tips = [];
		if (data)
			rows(u, function (i, x0, x1, c) {
				most = Math.max(most, c.median[i] || 0);
				var high = c.ping.length ? c.ping[c.ping.length - 1 - Math.floor(c.ping.length / 20)] : c.median;
				if (high[i] !== null)
					tips.push(high[i]);
			});
		tips.sort(function (a, b) { return a - b; });
		return Math.max(most * 1.2, tips.length ? tips[Math.floor(tips.length * 0.98)] * 1.05 : 0) || 0.01;
	}
	function build() {
		theme = chart.dark() ? setup.dark : setup.light;
		hatch = null;
		if (plot)
			plot.destroy();
		plot = new uPlot({
			width: box.clientWidth, height: height(), padding: [10, 20, 0, 0],
			legend: { show: false },
			tzDate: chart.tzDate,
			cursor: {
				y: false, points: { show: false },
				drag: { x: true, y: false, setScale: false },
				bind: { dblclick: function () { return function () { zoom(2, 0.5); return null; }; } },
			},
			scales: {
				x: { time: true, range: function () { return [view.start, view.end]; } },
				y: { range: function (u) { return [0, ceiling(u)]; } },
			},
			axes: chart.axes(),
			series: [{}, { paths: function () { return null; }, points: { show: false } }],
			hooks: {
				drawClear: [bands],
				draw: [smoke],
				setCursor: [showRead],
				setSelect: [function (u) {
					var s = u.select;
					if (s.width < 5)
						return;
					var a = u.posToVal(s.left, "x"), b = u.posToVal(s.left + s.width, "x");
					u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
					go(a, b, false);
				}],
			},
		}, table_of(), box);
		touch(plot.over);
	}
	function table_of() {
		var xs = [], ys = [];
		if (!data || data.count === 0)
			return [[view.start, view.end], [null, null]];
		for (var i = 0; i < data.count; i++) {
			xs.push(data.start + (i + 0.5) * data.step);
			ys.push(data.columns.median[i]);
		}
		return [xs, ys];
	}
	function height() { return window.innerWidth <= 640 ? 260 : 380; }
	function draw() {
		if (!plot)
			build();
		else
			plot.setData(table_of());
		showTable();
		showLegend();
	}

	/* --- what is said beside it --- */
	function showTitle() {
		var day = date(view.start) === date(view.end);
		title.textContent = view.live ? "Last " + length(span()).replace(/^1 /, "") : length(span());
		title.append(" ", make("span", { class: "pale" }, [make("span", { class: "when" }, [when(view.start)]), " – ",
			make("span", { class: "when" }, [day ? clock(view.end, span() < 7200) : when(view.end)])]));
		presets.querySelectorAll("button").forEach(function (b, i) {
			var chosen = view.live && Math.abs(span() - setup.presets[i].seconds) < 1;
			if (chosen)
				b.setAttribute("aria-current", "true");
			else
				b.removeAttribute("aria-current");
		});
		["start", "end"].forEach(function (name) {
			var field = document.querySelector('.window input[name="' + name + '"]');
			if (field && field !== document.activeElement)
				field.value = view.live ? name === "end" ? "now" : "now-" + Math.round(span()) + "s"
					: date(view[name]) + " " + clock(view[name], true);
		});
	}
	function showLinks() {
		var q = "start=" + Math.round(view.start) + "&end=" + Math.round(view.end);
		links.replaceChildren();
		/* What is shared is what is seen: a view of now goes on being one. */
		var shared = view.live ? "start=now-" + Math.round(span()) + "s&end=now" : q;
		document.querySelectorAll("[data-share] a").forEach(function (a) {
			a.href = a.href.replace(/start=[^&]*&end=[^&]*/, shared);
		});
		if (setup.talked)
			links.append(make("a", { href: setup.base + "/traffic?" + q }, ["Who filled the line then"]));
	}
	function showRead(u) {
		var at = u.cursor.left >= 0 && data ? u.posToVal(u.cursor.left, "x") : null;
		var i = at === null ? -1 : Math.floor((at - data.start) / data.step);
		if (i < 0 || i >= data.count) {
			read.textContent = hint;
			return;
		}
		var c = data.columns, n = c.ping.length, known = [], end = data.start + (i + 1) * data.step, text;
		for (var k = 0; k < n; k++)
			if (c.ping[k][i] !== null)
				known.push(c.ping[k][i]);
		text = (data.step >= 86400 ? date(end) : date(end) + " " + clock(end, data.step < 60)) + "  ·  ";
		if (c.loss[i] === null)
			text += "not known";
		else if (c.median[i] === null)
			text += "no answer";
		else
			text += "median " + time(c.median[i]).join(" ") + (known.length > 1
				? " (" + time(known[0]).join(" ") + " to " + time(known[known.length - 1]).join(" ") + ")" : "");
		if (c.loss[i] !== null)
			text += "  ·  loss " + percent(c.loss_ratio[i]) + " %";
		if (data.step > setup.step)
			text += "  ·  mean of " + length(data.step);
		read.textContent = text;
	}
	var hint = window.matchMedia("(pointer: coarse)").matches ? "Drag to move, two fingers zoom."
		: "Drag to zoom · arrows and + − move · wheel with Ctrl, or once clicked · 0 is now";
	function showLegend() {
		legend.replaceChildren();
		legend.append(make("li", {}, ["lost of " + data.pings]));
		theme.loss.forEach(function (b) {
			var key = make("span", { class: "key" });
			key.style.background = b.color;
			legend.append(make("li", {}, [key, b.upto === 0 ? "none" : b.upto >= data.pings ? "all" : b.legend.replace("-", "–")]));
		});
		if (data.pings >= 3)
			legend.append(make("li", { class: "last" }, ["smoke: spread of the pings"]));
	}
	function showFigures(f) {
		var about = f.exact ? "" : "≈ ", dds = [
			["median", f.median, about], ["p95", f.p95, about], ["p99", f.p99, about],
			["jitter", f.jitter, f.jitter_exact ? "" : "≈ "]];
		figures.replaceChildren();
		function add(word, value, unit, wrong, why) {
			figures.append(make("div", wrong ? { class: "wrong" } : {}, [make("dt", why ? { title: why } : {}, [word]),
				make("dd", {}, value === null ? ["–"] : [value, make("span", { class: "unit" }, [unit])])]));
		}
		dds.forEach(function (d) {
			var t = d[1] === null ? [null, ""] : time(d[1]);
			add(d[0], t[0] === null ? null : d[2] + t[0], t[1], false, d[2] && (d[0] === "jitter"
				? "Estimated from how far the pings of a round lie apart: their order is not kept for so long or so much."
				: "Estimated from rows that are means of many rounds."));
		});
		add("loss", f.loss_ratio === null ? null : percent(f.loss_ratio), "%", f.loss_ratio > 0);
		var rows = Math.max(1, f.rows - (view.live ? 2 : 0));
		add("measured", percent(Math.min(1, f.known / rows)), "%");
	}
	/* At most some fifty lines, each of as many rows as it takes. */
	function showTable() {
		if (!table.open || !data)
			return;
		var c = data.columns, from = Math.max(0, Math.floor((view.start - data.start) / data.step));
		var to = Math.min(data.count, Math.ceil((view.end - data.start) / data.step)), fold = Math.max(1, Math.ceil((to - from) / 48));
		var body = make("tbody"), n = c.ping.length;
		for (var i = from; i < to; i += fold) {
			var lost = 0, known = 0, medians = [], low = Infinity, high = -Infinity;
			for (var k = i; k < Math.min(i + fold, to); k++) {
				if (c.loss_ratio[k] !== null) {
					lost += c.loss_ratio[k];
					known++;
				}
				if (c.median[k] !== null)
					medians.push(c.median[k]);
				for (var r = 0; r < n; r++)
					if (c.ping[r][k] !== null) {
						low = Math.min(low, c.ping[r][k]);
						high = Math.max(high, c.ping[r][k]);
					}
			}
			medians.sort(function (a, b) { return a - b; });
			var cells = [medians.length ? medians[medians.length >> 1] : null, isFinite(low) ? low : null, isFinite(high) ? high : null];
			var tr = make("tr", {}, [make("th", { scope: "row" }, [when(data.start + i * data.step)])]);
			cells.forEach(function (v) { tr.append(make("td", { class: "num" }, [v === null ? "–" : time(v).join(" ")])); });
			tr.append(make("td", { class: "num" }, [known ? percent(lost / known) + " %" : "not known"]));
			body.append(tr);
		}
		var head = make("tr");
		["from", "median", "lowest", "highest", "loss"].forEach(function (w, i) {
			head.append(make("th", i ? { scope: "col", class: "num" } : { scope: "col" }, [w]));
		});
		table.querySelectorAll("div").forEach(function (old) { old.remove(); });
		table.append(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Values of the graph" }, [make("table", { class: "plain" }, [
			make("caption", { class: "hide" }, [title.textContent]), make("thead", {}, [head]), body])]));
	}
	table.addEventListener("toggle", showTable);

	/* --- hands --- */
	box.addEventListener("wheel", function (e) {
		var sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey;
		if (!sideways && !e.ctrlKey && !e.metaKey && document.activeElement !== box)
			return;
		e.preventDefault();
		if (sideways)
			return pan((e.deltaX || e.deltaY) / 1000);
		var frame = plot.over.getBoundingClientRect();
		zoom(Math.pow(1.0018, e.deltaY), Math.min(1, Math.max(0, (e.clientX - frame.left) / frame.width)));
	}, { passive: false });
	box.addEventListener("mousedown", function () { box.focus({ preventScroll: true }); });
	function touch(over) {
		var fingers = {}, was = null;
		function gather() {
			var xs = Object.keys(fingers).map(function (id) { return fingers[id]; });
			was = { view: view, mid: xs.reduce(function (a, b) { return a + b; }, 0) / xs.length,
				apart: xs.length > 1 ? Math.abs(xs[0] - xs[1]) : 0, count: xs.length };
		}
		over.addEventListener("pointerdown", function (e) {
			if (e.pointerType !== "touch")
				return;
			fingers[e.pointerId] = e.clientX;
			gather();
		});
		over.addEventListener("pointermove", function (e) {
			if (!(e.pointerId in fingers))
				return;
			fingers[e.pointerId] = e.clientX;
			var xs = Object.keys(fingers).map(function (id) { return fingers[id]; });
			if (xs.length !== was.count)
				return gather();
			var frame = over.getBoundingClientRect(), s = was.view.end - was.view.start;
			var mid = xs.reduce(function (a, b) { return a + b; }, 0) / xs.length;
			var scale = was.apart > 20 ? was.apart / Math.max(20, Math.abs(xs[0] - xs[1])) : 1;
			var fix = was.view.start + s * (was.mid - frame.left) / frame.width, share = (mid - frame.left) / frame.width;
			if (xs.length === 1 && Math.abs(mid - was.mid) < 8)
				return;
			go(fix - s * scale * share, fix + s * scale * (1 - share), false);
		});
		["pointerup", "pointercancel"].forEach(function (name) {
			over.addEventListener(name, function (e) {
				delete fingers[e.pointerId];
				if (Object.keys(fingers).length)
					gather();
			});
		});
	}
	window.addEventListener("keydown", function (e) {
		if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input, textarea, select"))
			return;
		var does = { ArrowLeft: function () { pan(-0.25); }, ArrowRight: function () { pan(0.25); },
			"+": function () { zoom(0.5, 0.5); }, "-": function () { zoom(2, 0.5); },
			0: function () { go(now() - setup.presets[0].seconds, now(), true); } }[e.key];
		if (!does)
			return;
		e.preventDefault();
		e.stopPropagation();
		does();
	}, true);

	/* Back and on: what the address says is seen again. */
	window.addEventListener("popstate", function () {
		var q = new URLSearchParams(location.search), start = q.get("start"), end = q.get("end");
		var last = /^now-([0-9]+)s$/.exec(start), s = last ? Number(last[1]) : setup.end - setup.start;
		if (last || !start)
			view = start || setup.live ? { start: now() - s, end: now(), live: true }
				: { start: setup.start, end: setup.end, live: false };
		else if (/^[0-9]+$/.test(start) && /^[0-9]+$/.test(end))
			view = { start: Number(start), end: Number(end), live: false };
		else
			return location.reload();
		clearTimeout(later);
		showTitle();
		if (plot)
			plot.setScale("x", { min: view.start, max: view.end });
		load();
		showLinks();
	});

	/* --- time goes on --- */
	function renew() {
		if (!view.live || document.hidden)
			return;
		var s = span();
		view = { start: now() - s, end: now(), live: true };
		showTitle();
		load();
	}
	document.addEventListener("round", renew);
	setInterval(function () {
		if (!document.body.classList.contains("live"))
			renew();
	}, Math.max(5, setup.step) * 1000);
	document.addEventListener("visibilitychange", renew);
	chart.onTheme(function () { build(); draw(); });
	window.addEventListener("resize", function () {
		if (plot && box.clientWidth !== plot.width)
			plot.setSize({ width: box.clientWidth, height: height() });
	});
	read.textContent = hint;
	if (view.live)
		view = { start: now() - span(), end: now(), live: true };
	showTitle();
	showLinks();
	load();
})();
