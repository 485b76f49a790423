"use strict";
/* What scripts add to pages that are complete without: figures and graphs renew
 * themselves with every round, and a range is chosen by dragging over a graph. */
(function () {
	var main = document.querySelector("[data-step]");
	if (!main || !window.fetch)
		return;

	/* --- renewing: the page is fetched again, its live parts are exchanged --- */
	var step = Math.max(2, Number(main.dataset.step) || 60);
	var timer = 0, dragging = false;

	/* By the clock, while nobody tells: a little after the end of a step, when its round
	 * is stored; not all at once. */
	function wait() {
		if (told)
			return;
		var now = Date.now() / 1000, pause = Math.max(step, 5);
		var left = pause - (now % pause) + 1.2 + Math.random();
		clearTimeout(timer);
		timer = setTimeout(renew, left * 1000);
	}

	/* By the box itself, which tells of every round. A page of many targets waits for
	 * more of them; what concerns everybody is shown at once. One that is not looked at
	 * holds no line: browsers have few for each box. */
	var stream = null, told = false, last = 0, timerAt = 0;
	function soon(pause) {
		var at = Math.max(last + pause * 1000, Date.now() + 200 + 600 * Math.random());
		if (timer && timerAt <= at)
			return;
		clearTimeout(timer);
		timerAt = at;
		timer = setTimeout(renew, at - Date.now());
	}

	function tell(now) {
		told = now;
		document.body.classList.toggle("live", now);
		clearTimeout(timer);
		timer = 0;
	}

	function hush() {
		if (stream)
			stream.close();
		stream = null;
		tell(false);
	}

	function listen() {
		var address = main.dataset.stream;
		if (!window.EventSource || !address || stream || document.hidden)
			return;
		stream = new EventSource(address);
		stream.addEventListener("hello", function (e) {
			tell(true);
			if (JSON.parse(e.data).resumed === false)
				soon(0);
		});
		stream.addEventListener("round", function (e) {
			soon(address.indexOf("?") > 0 ? 1 : Math.max(5, Math.min(step, 15)));
			document.dispatchEvent(new CustomEvent("round", { detail: JSON.parse(e.data) }));
		});
		stream.addEventListener("flight", function (e) { fly(JSON.parse(e.data)); });
		stream.addEventListener("verdict", function () { soon(2); });
		stream.addEventListener("incident", function () { soon(2); });
		/* Broken lines are mended by the browser; refused ones are not. */
		stream.onerror = function () {
			var refused = stream && stream.readyState === EventSource.CLOSED;
			tell(false);
			if (refused) {
				hush();
				setTimeout(listen, 60000 * (1 + Math.random()));
			}
			wait();
		};
	}

	/* Pings of a round that is under way: a dot each, where they are not too many. */
	function fly(f) {
		var words = f.sent + " of " + f.pings + " pings sent, " + f.answered + " answered";
		var last = f.ping.filter(function (rtt) { return rtt !== null; }).pop();
		document.querySelectorAll('[data-flight="' + CSS.escape(f.target) + '"]').forEach(function (dots) {
			var kinds = [];
			for (var i = 0; f.pings <= 30 && i < f.pings; i++)
				kinds.push(i >= f.sent ? "to-come" : f.ping[i] !== null ? "answered"
					: f.lost.indexOf(i) >= 0 ? "lost" : f.open.indexOf(i) >= 0 ? "open" : "unknown");
			while (dots.childNodes.length > kinds.length)
				dots.lastChild.remove();
			kinds.forEach(function (kind, i) {
				var dot = dots.childNodes[i] || dots.appendChild(document.createElement("i"));
				if (dot.className !== kind)
					dot.className = kind;
			});
			dots.setAttribute("role", "img");
			dots.setAttribute("aria-label", "Round under way: " + words);
			dots.title = "Round under way: " + words;
		});
		document.querySelectorAll('[data-flight-words="' + CSS.escape(f.target) + '"]').forEach(function (text) {
			text.textContent = "Round under way: " + words + (last !== undefined
				? ", the last in " + (last * 1e3).toPrecision(3) + " ms" : "");
		});
	}

	/* A graph that did not change stays; a new one is shown when it has come. */
	function keepPictures(from, to) {
		var old = from.querySelectorAll("picture"), next = to.querySelectorAll("picture");
		if (old.length !== next.length)
			return;
		next.forEach(function (picture, i) {
			var a = old[i], img = a.querySelector("img"), fresh = picture.querySelector("img");
			if (!img || !fresh)
				return;
			/* Its place stays as high as it was until the new one is there: nothing that is
			 * being read, or has the focus, leaves the window. */
			var high = img.getBoundingClientRect().height;
			if (high > 0) {
				img.style.minHeight = high + "px";
				img.onload = img.onerror = function () { img.style.minHeight = ""; };
			}
			if (img.getAttribute("src") !== fresh.getAttribute("src")) {
				a.querySelectorAll("source").forEach(function (source, k) {
					var s = picture.querySelectorAll("source")[k];
					if (s)
						source.srcset = s.srcset;
				});
				img.srcset = fresh.srcset;
				img.src = fresh.getAttribute("src");
			}
			picture.replaceWith(a);
		});
	}

	/* What finds in another part what ELEMENT is in PART: a link by its address, anything else,
	 * and a link whose address tells the time, by its place among its like. */
	function likeness(element, part) {
		var tag = element.tagName, place = [].indexOf.call(part.querySelectorAll(tag), element);
		var href = element.getAttribute("href");
		return function (other) {
			return (href && other.querySelector('[href="' + CSS.escape(href) + '"]')) ||
				other.querySelectorAll(tag)[place];
		};
	}

	function exchange(text) {
		var page = new DOMParser().parseFromString(text, "text/html");
		document.querySelectorAll("[data-live]").forEach(function (part) {
			var next = part.id && page.getElementById(part.id);
			if (!next || (part.contains(document.activeElement) && document.activeElement !== document.body && document.activeElement.matches("input")))
				return;
			var again = part.contains(document.activeElement) ? likeness(document.activeElement, part) : null;
			keepPictures(part, next);
			/* What the reader unfolded stays so. */
			part.querySelectorAll("details[id][open]").forEach(function (e) {
				var same = next.querySelector("#" + CSS.escape(e.id));
				if (same)
					same.open = true;
			});
			part.replaceWith(document.adoptNode(next));
			again = again && again(document.getElementById(next.id));
			if (again)
				again.focus({ preventScroll: true });
		});
		prepare();
	}

	function renew() {
		timer = 0;
		if (document.hidden || dragging)
			return told ? soon(1) : wait();
		last = Date.now();
		fetch(location.href, { cache: "no-store" })
			.then(function (answer) { return answer.ok ? answer.text() : Promise.reject(); })
			.then(function (text) { if (!dragging) exchange(text); })
			.catch(function () {})
			.then(wait);
	}

	/* A range that does not end now does not change: nothing to renew. */
	if (document.querySelector("#view:not([data-live])") === null) {
		wait();
		listen();
		document.addEventListener("visibilitychange", function () {
			if (document.hidden)
				return hush();
			renew();
			listen();
		});
	}

	/* --- zooming: drag over a graph --- */
	function plotOf(img) {
		return fetch(img.currentSrc || img.src, { cache: "force-cache" }).then(function (answer) {
			var plot = {}, text = answer.headers.get("Smokebox-Plot") || "";
			text.split(", ").forEach(function (pair) {
				var half = pair.split("=");
				plot[half[0]] = Number(half[1]);
			});
			return plot.width > 0 ? plot : Promise.reject();
		});
	}

	function zoomBy(box) {
		var img = box.querySelector("img"), href = box.dataset.zoom || box.getAttribute("href").split("?")[0];
		var begin = null, mark = null;

		box.addEventListener("dragstart", function (e) { e.preventDefault(); });
		box.addEventListener("pointerdown", function (e) {
			if (e.button !== 0 || e.pointerType === "touch")
				return;
			begin = e.clientX;
			box.setPointerCapture(e.pointerId);
		});
		box.addEventListener("pointermove", function (e) {
			if (begin === null || Math.abs(e.clientX - begin) < 5)
				return;
			dragging = true;
			var frame = box.getBoundingClientRect();
			if (!mark) {
				mark = document.createElement("span");
				mark.className = "select";
				box.appendChild(mark);
			}
			mark.style.left = Math.min(begin, e.clientX) - frame.left + "px";
			mark.style.width = Math.abs(e.clientX - begin) + "px";
		});
		function end(e) {
			var from = begin;
			begin = null;
			if (mark)
				mark.remove();
			mark = null;
			if (from === null || !dragging || e.type === "pointercancel") {
				dragging = false;
				return;
			}
			var frame = img.getBoundingClientRect(), to = e.clientX;
			plotOf(img).then(function (plot) {
				var scale = frame.width / plot.picture;
				var time = function (x) {
					var share = ((x - frame.left) / scale - plot.left) / plot.width;
					return plot.start + Math.max(0, Math.min(1, share)) * (plot.end - plot.start);
				};
				var a = time(Math.min(from, to)), b = time(Math.max(from, to));
				if (b - a < 10)
					b = a + 10;
				location.href = href + (href.indexOf("?") < 0 ? "?" : "&") + "start=" + Math.round(a) + "&end=" + Math.round(b);
			}).catch(function () {}).then(function () { setTimeout(function () { dragging = false; }, 50); });
		}
		box.addEventListener("pointerup", end);
		box.addEventListener("pointercancel", end);
		box.addEventListener("click", function (e) {
			if (dragging)
				e.preventDefault();
		});
	}

	function prepare() {
		document.querySelectorAll(".zoom").forEach(function (box) {
			if (box.dataset.ready)
				return;
			box.dataset.ready = "1";
			zoomBy(box);
		});
	}
	prepare();

	/* --- SmokePing's own buttons, on a page that its user wrote --- */
	document.querySelectorAll("[data-submit]").forEach(function (field) {
		field.addEventListener("change", function () { field.form.submit(); });
	});
	var button = document.getElementById("menu-button"), sidebar = document.getElementById("sidebar");
	if (button && sidebar && main.id !== "main")
		button.addEventListener("click", function (e) {
			e.preventDefault();
			sidebar.classList.toggle("hidden");
			document.body.classList.toggle("no-sidebar");
		});

	/* --- keys: / searches, arrows and + - move the window --- */
	document.addEventListener("keydown", function (e) {
		if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input, textarea"))
			return;
		var hints = { ArrowLeft: "Earlier", ArrowRight: "Later", "-": "Zoom out", "+": "Zoom in" };
		if (e.key === "/") {
			var find = document.querySelector(".find input");
			if (!find)
				return;
			e.preventDefault();
			find.focus();
		} else if (hints[e.key]) {
			var move = document.querySelector('[data-move="' + hints[e.key] + '"]');
			if (move)
				location.href = move.href;
		}
	});
})();
