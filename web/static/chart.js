"use strict";
/* What the scripts that draw graphs have in common: times and figures in the words of the
 * pages, elements, axes. ZONE: since when which difference to UTC is in force. */
window.smokeboxChart = function (zone) {
	/* --- words --- */
	/* Seconds as the pages have them: three digits, in the unit that fits. */
	function time(seconds) {
		var ms = seconds * 1e3;
		if (ms >= 9999.5)
			return [seconds.toFixed(1), "s"];
		return [ms.toFixed(ms < 0.0995 ? 3 : ms < 9.95 ? 2 : ms < 99.5 ? 1 : 0), "ms"];
	}
	function percent(ratio) {
		var p = ratio * 100;
		return p > 0 && p < 0.05 ? "<0.1" : p < 100 && p >= 99.95 ? ">99.9"
			: p.toFixed(p === 0 || p >= 9.95 ? 0 : 1);
	}
	function offset(at) {
		var off = zone.length ? zone[0][1] : 0;
		zone.forEach(function (z) { if (z[0] <= at) off = z[1]; });
		return off;
	}
	function two(n) { return (n < 10 ? "0" : "") + n; }
	function date(at) {
		var d = new Date((at + offset(at)) * 1e3);
		return d.getUTCFullYear() + "-" + two(d.getUTCMonth() + 1) + "-" + two(d.getUTCDate());
	}
	function clock(at, seconds) {
		var d = new Date((at + offset(at)) * 1e3);
		return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + (seconds ? ":" + two(d.getUTCSeconds()) : "");
	}
	/* With seconds where the span seen is short. */
	function when(at, span) { return date(at) + " " + clock(at, span < 7200); }
	function length(s) {
		var years = Math.round(s / 31557600);
		if (years > 1 && Math.abs(s - years * 31557600) < 2 * 86400)
			return years + " years";
		var unit = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]], i = 0;
		s = Math.round(s);
		while (i < 3 && (s < unit[i][0] || (s % unit[i][0] && s < unit[i][0] * 10)))
			i++;
		var n = Math.round(s / unit[i][0]);
		return n + " " + unit[i][1] + (n === 1 ? "" : "s");
	}

	/* --- elements and axes --- */
	function make(tag, attributes, children) {
		var e = document.createElement(tag);
		Object.keys(attributes || {}).forEach(function (name) { e.setAttribute(name, attributes[name]); });
		(children || []).forEach(function (c) { e.append(c); });
		return e;
	}
	function css(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
	function axis(size) {
		return {
			stroke: css("--pale"), font: "12px system-ui, 'DejaVu Sans', sans-serif", size: size, gap: 6,
			grid: { stroke: css("--line"), width: 1 }, ticks: { show: false },
		};
	}
	function timeLabels(u, splits) {
		var last = "", s = u.scales.x.max - u.scales.x.min,
			seconds = splits.length > 1 && (splits[1] - splits[0]) % 60 !== 0;
		return splits.map(function (at) {
			var day = date(at), text = clock(at, seconds);
			if (s > 4 * 86400)
				return s > 300 * 86400 ? day.slice(0, 7) : day.slice(5);
			if (day !== last)
				text += "\n" + day.slice(5);
			last = day;
			return text;
		});
	}
	/* Local time below, milliseconds beside. */
	function axes() {
		var x = axis(38), y = axis(56);
		x.values = timeLabels;
		x.space = 70;
		y.values = function (u, splits) {
			return splits.map(function (v) { return v === 0 ? "0" : parseFloat((v * 1e3).toPrecision(6)) + (splits[splits.length - 1] === v ? " ms" : ""); });
		};
		return [x, y];
	}
	function tzDate(at) { return uPlot.tzDate(new Date((at + offset(at)) * 1e3), "Etc/UTC"); }

	/* --- the theme: the system's, unless the reader chose; paper is never dark --- */
	var system = window.matchMedia("(prefers-color-scheme: dark)"), chosen = document.documentElement.dataset.theme;
	var paper = window.matchMedia("print");
	function dark() { return !paper.matches && (chosen ? chosen === "dark" : system.matches); }
	function onTheme(changed) {
		system.addEventListener("change", changed);
		paper.addEventListener("change", changed);
	}

	return { time: time, percent: percent, date: date, clock: clock, when: when, length: length,
		make: make, css: css, axes: axes, tzDate: tzDate, dark: dark, onTheme: onTheme };
};
