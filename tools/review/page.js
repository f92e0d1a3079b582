const main = document.getElementById("main"), find = document.getElementById("find"), list = document.getElementById("list");
const names = data.clauses.map(c => c.name), functions = new Set([...data.abi, ...data.places.filter(p => ["requires", "checks", "guarantees"].includes(p.role)).map(p => p.symbol)]);
const esc = s => s.replace(/[&<>"]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})[c]);
const link = (to, text) => `<a href="#${encodeURIComponent(to)}">${text}</a>`;
const toClause = name => names.includes(name) ? link(name, name) : esc(name);
const toSymbol = s => link("in=" + s, `<code>${esc(s)}</code>`);
const toPlace = (path, line) => path in data.files ? `<a class="path" href="#file=${path}:${line}">${path}:${line}</a>` : `<span class="path">${path}:${line}</span>`;
const clause = name => data.clauses.find(c => c.name === name);
const places = (role, more) => data.places.filter(p => p.role === role && more(p));
/* Names of clauses and functions in <code> become links; so do those in source, which has no <code>. */
const linked = html => html.replace(/<code>([\w:]+)(\(\))?<\/code>/g, (all, name, call) =>
	names.includes(name) ? link(name, all) : functions.has(name) || data.unsafe.some(u => u.symbol === name) ? link("in=" + name, all) : all);
const reason = text => linked(esc(text).replace(/\x60([^\x60]+)\x60/g, "<code>$1</code>"));
const sourceLine = text => esc(text).replace(/\b\w+\b/g, word => names.includes(word) ? link(word, word) : functions.has(word) ? link("in=" + word, word) : word);

function numbered(lines, from, to, hits, tags) {
	let out = "";
	for (let n = from; n <= to; n++) {
		const hit = hits.includes(n);
		out += `<span${hit ? ' class="hit"' : ""} id="L${n}"><span class="no">${String(n).padStart(6)}  </span>${sourceLine(lines[n - 1])}${(tags && tags[n]) || ""}${hit ? "" : "\n"}</span>`;
	}
	return `<pre>${out}</pre>`;
}
/* First and last line of the function, comment or table that a line is in. */
function extent(path, lines, line) {
	let from = line, to = line;
	const at = n => lines[n - 1] || "";
	if (path.endsWith(".rs")) {
		const indent = t => t.match(/^ */)[0].length;
		if (!/^unsafe impl/.test(at(line)))
			while (from > 1 && !(/^ *(pub(\(\w+\))? )?(const )?(unsafe )?fn /.test(at(from)) && (from === line || indent(at(from)) < indent(at(line))))) from--;
		to = from;
		while (to < lines.length && !(at(to).replace(/^ *unsafe impl.*\{\}$/, "}").trim() === "}" && indent(at(to)) === indent(at(from)))) to++;
		while (/^ *(\/\/ |#\[)/.test(at(from - 1))) from--;
		return [from, to];
	}
	if (/^(\/\*| \*)/.test(at(line))) {
		while (from > 1 && !at(from).startsWith("/*")) from--;
		while (to < lines.length && !/\*\//.test(at(to))) to++;
		while (to < lines.length && !/^\{|[;}]\s*$/.test(at(to))) to++;
		return at(to) === "{" ? [from, to - 1] : [from, to];
	}
	while (from > 1 && !/^[A-Za-z]/.test(at(from))) from--;
	while (/^[A-Za-z].*[^;]$/.test(at(from - 1))) from--;
	while (to < lines.length && !/^\}/.test(at(to))) to++;
	if (at(from - 1).endsWith("*/")) {
		from--;
		while (from > 1 && !at(from).startsWith("/*")) from--;
	}
	return [from, to];
}
function source(path, line, hits) {
	const excerpt = data.kernel[`${path}:${line}`];
	if (excerpt) {
		const lines = excerpt.split("\n");
		return `<pre>${lines.map((t, i) => `<span class="no">${String(line + i).padStart(6)}  </span>${esc(t)}`).join("\n")}</pre>`;
	}
	const lines = (data.files[path] || "").split("\n");
	let [from, to] = path.startsWith("tools/proofs/") ? [1, lines.length] : extent(path, lines, line);
	if (to - from > 90) [from, to] = [Math.max(from, line - 15), Math.min(to, line + 30)];
	return numbered(lines, from, to, hits || [line]);
}
const spot = (p, head) => `<details class="spot" data-path="${p.path}" data-line="${p.line}"><summary>${head} ${toPlace(p.path, p.line)}</summary></details>`;
const fill = d => d.dataset.path && !d.querySelector("pre") && d.insertAdjacentHTML("beforeend", source(d.dataset.path, +d.dataset.line));
document.addEventListener("toggle", e => e.target.open && fill(e.target), true);
const folded = (one, several, items) => items.length ? `<details><summary>${items.length} ${items.length > 1 ? several : one}</summary>${items.join("")}</details>` : "";
const openAll = '<button onclick="unfold(this)">show all source</button>';
function unfold(button) {
	main.querySelectorAll("details").forEach(d => { fill(d); d.open = true; });
	button.remove();
}
addEventListener("beforeprint", () => main.querySelectorAll("details[open]").forEach(fill));

const roles = {
	requires: ["What the caller has to keep", "An unsafe block in Rust says of each why it holds."],
	checks: ["What is checked", "If one of these does not hold, the function returns the clause's errno, and changes nothing."],
	meets: ["What is checked though it holds there anyway", ""],
	guarantees: ["What holds after it", "By how it is built: in the functions below, resting on what the clause assumes of the kernel."],
};
function testsOf(name, through) {
	const of = role => places(role, p => p.clause === name && (!through || (data.about[p.symbol] || []).includes(through)));
	const one = p => spot(p, `<code>${esc(p.symbol)}</code>${p.text ? " " + esc(p.text) : ""}`);
	const here = through ? " through this function" : "";
	return folded("test breaks it" + here, "tests break it" + here, of("breaks").map(one)) + folded("test is about it", "tests are about it", of("test").map(one)) +
		folded("proof", "proofs", places("proof", p => p.clause === name).map(p => spot(p, `<code>${p.symbol}</code>: ${esc(p.text)}`)));
}
/* How a guarantee comes about: in words, and the functions in which it does. */
function keeps(c, s) {
	const words = c.kept.filter(k => !/^(checked|caller)/.test(k)), by = places("guarantees", p => p.clause === c.name && p.symbol !== s && data.through[s].includes(p.symbol));
	return (words.length ? `<div class="soft">Kept by ${words.map(linked).join("; ")}</div>` : "") +
		folded("function below keeps it", "functions below keep it", by.map(p => spot({path: data.defined[p.symbol][0], line: data.defined[p.symbol][1]}, toSymbol(p.symbol))));
}
function abiTables(s, n, shown) {
	const own = data.places.filter(p => p.symbol === s && p.path === "c/vmremap.h");
	return Object.entries(roles).filter(([role]) => !(shown || []).includes(role)).map(([role, [title, words]]) => {
		const rows = own.filter(p => p.role === role).map(p => {
			const c = clause(p.clause);
			const sites = role === "checks" ? places("site", q => q.clause === p.clause && data.through[s].includes(q.symbol)) : [];
			return `<tr><td>${toClause(p.clause)}${role === "checks" ? `<br><span class="soft">${c.errno}</span>` : ""}<td>${linked(c.statement)}` +
				(role === "guarantees" ? keeps(c, s) : "") + sites.map(q => spot(q, `checked in <code>${esc(q.symbol)}</code>`)).join("") +
				(role === "requires" ? "" : testsOf(p.clause, role === "guarantees" ? "" : s));
		}).join("");
		return rows && `<h3>${n ? `<span class="n">${n++}.</span>` : ""}${title}</h3><p class="soft">${words}</p><table><tr><th>clause<th>statement, and what shows that it holds${rows}</table>`;
	}).join("");
}
function unsafeTable(u) {
	return `<table><tr><th>requires<th>holds, because` + [...new Set([...u.required, ...Object.keys(u.reasons)])].map(name =>
		`<tr><td>${toClause(name)}<td>${u.reasons[name] ? reason(u.reasons[name]) : '<b class="bad">not discharged</b>'}` +
		`<div class="soft">That is: ${linked(clause(name).statement)}</div>`).join("") + "</table>";
}
const called = u => u.callees.map(c => functions.has(c) ? toSymbol(c) : `<code>${esc(c)}</code>`).join(", ") || "?";
const unsafeCard = u => `<div class="card"><b>${toSymbol(u.symbol)}</b> calls ${called(u)} ${toPlace(u.path, u.line)}${source(u.path, u.line)}${unsafeTable(u)}</div>`;

const asList = items => `<ul>${items.map(i => `<li>${i}`).join("")}</ul>`;
const toError = e => e.replace(/^([\w./-]+):(\d+)/, (all, path, line) => toPlace(path, line));
const views = {
	start: () => "<h2>Is safe Rust over this C sound?</h2>" +
		(data.errors.length ? `<div class="card bad"><b>${data.errors.length} wrong</b>${asList(data.errors.map(e => toError(esc(e))))}</div>` : '<p class="good">Nothing is missing: each clause is kept somewhere, each check has a test that breaks it, each unsafe block gives its reasons.') +
		`<p class="soft">${esc(data.summary)}</p>
		<p>A <i>clause</i> is a condition with a name, such as ${toClause("RangeInArea")}. Below is the argument: if all clauses hold, there is no undefined behaviour. Each name leads to its statement and to every place in the code where it is required, checked, relied on, tested or proved, with the source.</p>
		<ol><li>Read the argument. <li>Follow one function from the top to the bottom: ${toSymbol("Area::mmap")}. <li>Read the other ${link("unsafe", `${data.unsafe.length - 1} unsafe places`)}: there are no more. <li>See what is ${link("kernel", "assumed of the kernel")}, beside its source.</ol>` +
		linked(data.argument) + linked(data.preface),
	unsafe: () => `<h2>Unsafe Rust</h2><p>All there is. For each: what the callee requires, and the reason why it holds.` + data.unsafe.map(unsafeCard).join(""),
	functions: () => `<h2>Functions of the C ABI</h2><table class="abi"><tr><th>function<th>requires<th>checks<th>guarantees` + data.abi.map(s =>
		`<tr><td>${toSymbol(s)}` + ["requires", "checks", "guarantees"].map(r => "<td>" + places(r, p => p.symbol === s && p.path === "c/vmremap.h").map(p => toClause(p.clause)).join(", ")).join("")).join("") + "</table>",
	kernel: () => `<h2>Assumed of the kernel</h2><div class="bar"><p>What each clause rests on, with the functions that it names, as Linux 7.3 has them.</p>${openAll}</div>` +
		data.clauses.filter(c => !/^nothing\.$/.test(c.notes.Assumes)).map(c => `<h3>${toClause(c.name)}</h3>${linked(c.notes.Assumes || "?")}` + places("kernel", p => p.clause === c.name).map(p => spot(p, `<code>${p.symbol}</code>`)).join("")).join(""),
	changes: () => `<h2>What changed in the contract</h2><p>${esc(data.changes.at(-1))}</p><pre class="wrap">${data.changes.slice(0, -1).sort((a, b) => a.slice(2) < b.slice(2) ? -1 : 1).map(c => `<span class="${c[0] === "-" ? "bad" : "good"}">${sourceLine(c)}</span>`).join("\n")}</pre>`,
};
function clauseView(c) {
	const steps = [...new DOMParser().parseFromString(data.argument, "text/html").querySelectorAll("ol li")].filter(li => li.innerHTML.includes(`<code>${c.name}</code>`));
	const groups = Object.entries(data.titles).map(([role, title]) => {
		const of = places(role, p => p.clause === c.name);
		return of.length ? `<h3>${title} <span class="soft">${of.length}</span></h3>` + of.map(p => spot(p, `<code>${esc(p.symbol)}</code>${p.text ? ` <span class="soft">${esc(p.text)}</span>` : ""}`)).join("") : "";
	});
	return `<h2>${c.name}</h2><div class="card">${linked(c.statement)}</div>` + c.kept.map(k => `<p><b>Kept by</b>: ${linked(k)}`).join("") +
		Object.entries(c.notes).map(([k, v]) => `<p><b>${k}</b>: ${linked(v)}`).join("") +
		(steps.length ? `<h3>Its part in ${link("start", "the argument")}</h3><ol>${steps.map(li => `<li value=${li.value}>${linked(li.innerHTML)}`).join("")}</ol>` : "") + openAll + groups.join("");
}
function symbolView(s) {
	const mine = data.unsafe.filter(u => u.symbol === s), type = s.split("::")[0].split(" ").at(-1);
	const head = `<div class="bar"><h2><code>${esc(s)}</code></h2>`;
	if (mine.length) {
		const callees = [...new Set(mine.flatMap(u => u.callees).filter(c => data.abi.includes(c)))];
		let n = 1;
		const part = title => `<h3><span class="n">${n++}.</span>${title}</h3>`;
		return head + `${toPlace(mine[0].path, mine[0].line)} ${openAll}</div>` + part("The function, which is safe to call") + source(mine[0].path, mine[0].line, mine.map(u => u.line)) +
			mine.map(u => part(`What ${called(u)} requires, and why it holds`) + unsafeTable(u)).join("") +
			(data.invariants[type] ? part(`The invariants of ${esc(type)}, which the reasons name`) + linked(data.invariants[type]) : "") +
			[...new Map(places("kernel", p => mine.some(u => Object.values(u.reasons).some(r => r.includes("\x60" + p.symbol + "\x60")))).map(p => [p.symbol, p])).values()].map(p => spot(p, `those of <code>${p.symbol}</code>, a type of the kernel crate`)).join("") +
			callees.map(c => `<h2 style="margin-top:2.5rem">What ${toSymbol(c)} does itself</h2>` + spot({path: data.defined[c][0], line: data.defined[c][1]}, "its code") + abiTables(c, n, ["requires"])).join("");
	}
	const at = data.defined[s], doc = data.places.find(p => p.symbol === s && p.path.endsWith(".h"));
	const users = data.unsafe.filter(u => u.callees.includes(s)), own = data.places.filter(p => p.symbol === s);
	return head + `${at ? toPlace(...at) : ""} ${data.abi.includes(s) ? openAll : ""}</div>` + (doc ? source(doc.path, doc.line, []) : "") + (at ? source(...at, []) : "") +
		(data.abi.includes(s) ? abiTables(s) : asList([...new Set(own.map(p => `${data.titles[p.role]}: ${toClause(p.clause)}`))]) + (at ? "" : own.slice(0, 1).map(p => source(p.path, p.line)).join(""))) +
		(users.length ? `<h3>Called from Rust</h3>` + users.map(unsafeCard).join("") : "");
}
function fileView(path, line) {
	const lines = data.files[path].split("\n"), tags = {};
	for (const p of data.places.filter(p => p.path === path && ["site", "breaks", "test"].includes(p.role)))
		(tags[p.line] = tags[p.line] || new Set()).add(`${{site: "checks", breaks: "breaks", test: "tests"}[p.role]} ${toClause(p.clause)}`);
	for (const n in tags)
		tags[n] = `<span class="tags soft">${[...tags[n]].join(", ")}</span>`;
	return `<h2><code>${esc(path)}</code></h2>` + numbered(lines, 1, lines.length, [line], tags);
}
/* What has the words in it: clauses, functions, unsafe places, and every other place. */
const terms = () => find.value.toLowerCase().split(/\s+/).filter(Boolean);
const has = text => terms().every(t => text.toLowerCase().includes(t));
function results() {
	const cs = data.clauses.filter(c => has(c.name + " " + c.errno + " " + c.how.join(" "))), fs = [...functions, ...new Set(data.unsafe.map(u => u.symbol))].filter(has);
	const ps = data.places.filter(p => has([p.role, p.clause, p.symbol, p.path, p.text].join(" ")));
	const section = (title, html) => html ? `<h3>${title}</h3>${html}` : "";
	return `<h2>${cs.length + fs.length + ps.length || "Nothing"} found for “${esc(find.value)}”</h2><p class="soft">Enter opens the first, Escape goes back. Several words narrow it down: <code>breaks RangeInArea prepare</code>.</p>` +
		section("Clauses", cs.map(c => toClause(c.name)).join(" · ")) + section("Functions", fs.map(toSymbol).join(" · ")) +
		section("Places", Object.entries(data.titles).map(([role, title]) => {
			const of = ps.filter(p => p.role === role);
			return of.length ? `<h3>${title} <span class="soft">${of.length}</span></h3>` + of.map(p => spot(p, `${toClause(p.clause)} <code>${esc(p.symbol)}</code> <span class="soft">${esc(p.text)}</span>`)).join("") : "";
		}).join(""));
}

const kept = new Map(); /* what was shown, by address, so that going back finds it as it was left */
let shown = "", byClick = false;
const here = () => decodeURIComponent(location.hash.slice(1)) || "start";
function html(hash) {
	const [kind, ...rest] = hash.split("="), value = rest.join("=");
	const [, path, line] = value.match(/^(.*):(\d+)$/) || [];
	if (kind === "in") return symbolView(value);
	if (kind === "file" && path in data.files) return fileView(path, +line);
	return clause(hash) ? clauseView(clause(hash)) : (views[hash] || views.start)();
}
function menu() {
	const hash = here(), item = (to, text, small) => link(to, `<span>${text}</span><small>${small || ""}</small>`).replace("<a", to === hash ? '<a aria-current="page"' : "<a");
	const clauses = (title, of) => of.length ? `<h2>${title}</h2><div>${of.map(c => item(c.name, c.name, c.errno || c.how[0])).join("")}</div>` : "";
	const of = data.clauses.filter(c => !terms().length || has(c.name + c.errno) || data.places.some(p => p.clause === c.name && has([p.role, p.clause, p.symbol, p.path, p.text].join(" "))));
	list.innerHTML = `<h2>Begin</h2><div>${(data.changes.length ? item("changes", "What changed", data.changes.length - 1) : "") + item("start", "Why it is sound") + item("in=Area::mmap", "Area::mmap")}</div>
		<h2>All of</h2><div>${item("unsafe", "Unsafe Rust", data.unsafe.length) + item("functions", "The C ABI", data.abi.length) + item("kernel", "The kernel's part")}</div>` +
		clauses("A request can break", of.filter(c => c.errno)) + clauses("vmremap keeps", of.filter(c => !c.errno));
}
function show() {
	const hash = here();
	if (shown) kept.set(shown, {nodes: [...main.childNodes], y: scrollY});
	const before = byClick ? null : kept.get(hash);
	shown = hash;
	if (before) main.replaceChildren(...before.nodes);
	else main.innerHTML = html(hash);
	menu();
	document.title = hash.replace(/^(in|file)=/, "") + " – vmremap: the contract";
	scrollTo(0, before ? before.y : 0);
	const line = hash.match(/^file=.*:(\d+)$/);
	if (line && !before) document.getElementById("L" + line[1]).scrollIntoView({block: "center"});
	byClick = false;
}
history.scrollRestoration = "manual";
addEventListener("click", e => {
	const a = e.target.closest("a");
	if (!a) return;
	byClick = true;
	const searching = find.value;
	find.value = "";
	if (searching || a.hash === location.hash) { shown = ""; if (a.hash === location.hash) show(); }
	main.focus({preventScroll: true});
});
addEventListener("hashchange", show);
find.addEventListener("input", () => {
	menu();
	if (terms().length) { if (shown) kept.set(shown, {nodes: [...main.childNodes], y: scrollY}); shown = ""; main.innerHTML = results(); scrollTo(0, 0); }
	else show();
});
addEventListener("keydown", e => {
	if (e.key === "/" && document.activeElement !== find) { e.preventDefault(); find.focus(); find.select(); }
	if (document.activeElement !== find) return;
	if (e.key === "Escape") { find.value = ""; find.blur(); show(); menu(); }
	if (e.key === "Enter" && terms().length) { const first = main.querySelector("h3 ~ a, h3 ~ details summary a"); if (first) first.click(); }
});
show();
