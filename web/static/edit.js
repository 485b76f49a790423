"use strict";
/* What scripts add to the editor: line numbers, a jump to the line that is complained of,
 * and a word before what was written is left behind. */
(function () {
	var text = document.getElementById("text");
	if (!text)
		return;
	var form = text.form, before = text.value, sent = false;

	/* --- numbers beside the lines --- */
	var beside = document.createElement("div"), numbers = document.createElement("pre");
	beside.className = "numbers";
	beside.setAttribute("aria-hidden", "true");
	beside.appendChild(numbers);
	text.parentNode.insertBefore(beside, text);
	var count = 0;
	function scroll() {
		numbers.scrollTop = text.scrollTop;
	}
	function number() {
		var lines = text.value.split("\n").length, all = "";
		if (lines !== count) {
			for (var i = 1; i <= lines; i++)
				all += i + "\n";
			numbers.textContent = all + "\n\n";
			beside.style.width = "calc(" + String(lines).length + "ch + 20px)";
			count = lines;
		}
		scroll();
	}
	text.addEventListener("input", number);
	text.addEventListener("scroll", scroll);
	number();

	/* --- from a complaint to its line --- */
	function show(line) {
		var lines = text.value.split("\n"), at = 0;
		for (var i = 0; i < line - 1 && i < lines.length; i++)
			at += lines[i].length + 1;
		text.focus();
		text.setSelectionRange(at, at + (lines[line - 1] || "").length);
		text.scrollTop = text.scrollHeight * (line - 4) / lines.length;
		text.scrollIntoView({ block: "center" });
	}
	document.addEventListener("click", function (e) {
		var link = e.target.closest("[data-line]");
		if (link) {
			e.preventDefault();
			show(Number(link.dataset.line));
		}
	});

	/* --- leaving --- */
	form.addEventListener("submit", function () { sent = true; });
	window.addEventListener("beforeunload", function (e) {
		if (!sent && text.value !== before)
			e.preventDefault();
	});
})();
