"use strict";
/* Medians over each other, where scripts run: each in its colour, what was before dashed,
 * loss as bars in lanes at the bottom. Dragging leads to the range that was chosen. */
(function () {
	var card = document.getElementById("overlay");
	if (!card || !window.uPlot || !window.fetch || !window.URLSearchParams)
		return;
	var setup = JSON.parse(card.dataset.compare), chart = window.smokeboxChart(setup.zone), make = chart.make;
	var sides = setup.sides, view = { start: setup.start, end: setup.end }, plot = null, busy = 0;
	var box = make("div", { class: "plot-box", role: "img", "aria-label": "Medians of all over each other; the table below has their figures." });
	var read = make("p", { class: "plot-read sub" }), legend = make("ul", { class: "legend" });
	var hint = "Drag to zoom. Bars below are loss, a lane for each.";
	var LANE = 7;

	card.append(make("h3", {}, ["Medians"]), box, read, legend);
	card.hidden = false;
	sides.forEach(function (s) {
		var svg = document.querySelector(".stroke .l-k" + s.color + (s.dashed ? ".dashed" : ":not(.dashed)"));
		legend.append(make("li", {}, (svg ? [svg.parentNode.cloneNode(true)] : []).concat(s.name)));
	});

	function load() {
		var mine = ++busy, points = Math.min(600, Math.max(150, Math.round(box.clientWidth / 2)));
		Promise.all(sides.map(function (s) {
			return fetch(setup.base + "/api/v1/rounds?" + new URLSearchParams({ target: s.target,
				start: view.start - s.shift, end: view.end - s.shift, points: points, ranks: "no" })).then(function (answer) {
				return answer.ok ? answer.json() : answer.json().then(function (p) { return Promise.reject(p.detail); });
			});
		})).then(function (answers) {
			if (mine !== busy)
				return;
			answers.forEach(function (a, i) {
				sides[i].rows = a.columns;
				sides[i].step = a.step;
				sides[i].first = a.start + sides[i].shift;
			});
			draw();
		}).catch(function (why) {
			read.textContent = "Not loaded: " + (why && why.message || why || "no answer");
		});
	}

	/* Each side has rows of its own; uPlot wants one x for all. A row ends where the next one
	 * begins, so that a gap is one. */
	function table() {
		return uPlot.join(sides.map(function (s) {
			var xs = [], ys = [];
			s.rows.median.forEach(function (v, i) {
				xs.push(s.first + i * s.step);
				ys.push(v);
			});
			xs.push(s.first + xs.length * s.step);
			ys.push(null);
			return [xs, ys];
		}));
	}
	function loss(u) {
		var px = devicePixelRatio || 1, ctx = u.ctx, bottom = u.bbox.top + u.bbox.height;
		ctx.save();
		ctx.beginPath();
		ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
		ctx.clip();
		sides.forEach(function (s, k) {
			ctx.fillStyle = chart.css("--k" + s.color);
			s.rows.loss_ratio.forEach(function (v, i) {
				if (!v)
					return;
				var x = u.valToPos(s.first + i * s.step, "x", true), w = u.valToPos(s.first + (i + 1) * s.step, "x", true) - x;
				var h = Math.max(2, v * (LANE - 1)) * px;
				ctx.fillRect(x, bottom - (sides.length - 1 - k) * LANE * px - h, Math.max(w, px), h);
			});
		});
		ctx.restore();
	}
	function ceiling() {
		var most = 0;
		sides.forEach(function (s) { s.rows.median.forEach(function (v) { most = Math.max(most, v || 0); }); });
		return most * 1.15 || 0.01;
	}
	function height() { return window.innerWidth <= 640 ? 240 : 320; }
	function build() {
		if (plot)
			plot.destroy();
		plot = new uPlot({
			width: box.clientWidth, height: height(), padding: [10, 20, 0, 0], legend: { show: false }, tzDate: chart.tzDate,
			cursor: { y: false, drag: { x: true, y: false, setScale: false } },
			scales: {
				x: { time: true, range: function () { return [view.start, view.end]; } },
				/* Below zero there is room for the lanes. */
				y: { range: function (u) { var top = ceiling(); return [-top * sides.length * LANE / Math.max(100, height() - 60), top]; } },
			},
			axes: chart.axes().map(function (a, i) {
				if (i === 1)
					a.filter = function (u, splits) { return splits.map(function (v) { return v < 0 ? null : v; }); };
				if (i === 1) {
					var values = a.values;
					a.values = function (u, splits) {
						var shown = splits.filter(function (v) { return v !== null; }), text = values(u, shown), at = 0;
						return splits.map(function (v) { return v === null ? null : text[at++]; });
					};
				}
				return a;
			}),
			series: [{}].concat(sides.map(function (s) {
				return { stroke: chart.css("--k" + s.color), width: s.dashed ? 1.5 : 2, dash: s.dashed ? [5, 4] : undefined,
					paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } };
			})),
			hooks: {
				draw: [loss],
				setCursor: [show],
				setSelect: [function (u) {
					if (u.select.width < 5)
						return;
					location.href = card.dataset.view + "start=" + Math.round(u.posToVal(u.select.left, "x")) +
						"&end=" + Math.round(u.posToVal(u.select.left + u.select.width, "x"));
				}],
			},
		}, table(), box);
	}
	function draw() {
		if (!plot)
			build();
		else
			plot.setData(table());
		show(plot);
	}
	/* What is under the pointer, of each. */
	function show(u) {
		if (u.cursor.left === undefined || u.cursor.left < 0) {
			read.textContent = hint;
			return;
		}
		var at = u.posToVal(u.cursor.left, "x");
		read.replaceChildren(chart.when(at, view.end - view.start));
		sides.forEach(function (s) {
			var i = Math.floor((at - s.first) / s.step), v = s.rows.median[i], lost = s.rows.loss_ratio[i];
			read.append(" · " + s.name + " ", make("b", {}, [v === null || v === undefined ? lost >= 1 ? "no answer" : "–" : chart.time(v).join(" ")]),
				lost ? " (" + chart.percent(lost) + " % lost)" : "");
		});
	}

	function renew() {
		if (!setup.live || document.hidden)
			return;
		var s = view.end - view.start, now = Math.ceil(Date.now() / 1000);
		view = { start: now - s, end: now };
		load();
	}
	var later = 0;
	document.addEventListener("round", function () {
		if (!later)
			later = setTimeout(function () { later = 0; renew(); }, 5000);
	});
	document.addEventListener("visibilitychange", renew);
	chart.onTheme(function () { if (plot) build(); });
	window.addEventListener("resize", function () {
		if (plot && box.clientWidth !== plot.width)
			plot.setSize({ width: box.clientWidth, height: height() });
	});
	read.textContent = hint;
	load();
})();
