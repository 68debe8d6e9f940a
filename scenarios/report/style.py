"""How the page looks, and the little it does: light and dark, wide and narrow, screen and paper."""

CSS = """
:root{--ground:#fff;--raised:#f5f6f8;--ink:#1b1f24;--quiet:#59616b;--line:#d5d9de;--blue:#2b66b1;--red:#b3261e;
--green:#1a7340;--amber:#8a5a00;--orange:#c4581b;--band:#f3d9c6;--violet:#6b4bb0;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--raised:#1e2226;--ink:#e7eaed;--quiet:#a0a8b1;
--line:#373d44;--blue:#79aef0;--red:#ff8a80;--green:#6fd08c;--amber:#f0bf5a;--orange:#f39a5d;--band:#4d3322;
--violet:#b9a3f2}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:1.5rem 1.25rem 3rem;max-width:72rem;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.1rem 0 1rem}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.2rem 0 .4rem}
h4{font-size:.8rem;margin:.5rem 0 .2rem;color:var(--quiet);font-weight:600}
p{margin:.4rem 0}
a{color:var(--blue)}
.quiet{color:var(--quiet);font-size:.9rem}
code,pre{font:.85em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{margin:.2rem 0;padding:.5rem .7rem;background:var(--raised);border-radius:6px;white-space:pre-wrap}
.verdict{border:1px solid var(--line);border-left:8px solid var(--tone);border-radius:8px;
background:var(--raised);padding:.7rem 1.1rem;margin-bottom:1rem}
.verdict .word{font-size:2.4rem;line-height:1.15;font-weight:750;
color:var(--tone);margin:0}
.stuck{font-weight:600}
.pass{--tone:var(--green)}.fail{--tone:var(--red)}.unknown{--tone:var(--amber)}.not_applicable{--tone:var(--quiet)}
.struck{--tone:var(--orange)}
.badge{color:var(--tone);font-weight:650;white-space:nowrap}
.whole{white-space:nowrap}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.5rem;margin:.5rem 0}
.tile{background:var(--raised);border-radius:8px;padding:.45rem .7rem}
.tile dt{color:var(--quiet);font-size:.8rem}
.tile dd{margin:0;font-size:1.08rem;font-weight:620;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.9rem}
th{text-align:left;color:var(--quiet);font-weight:600;font-size:.8rem}
th,td{padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th.n,td.n{text-align:right;font-variant-numeric:tabular-nums;padding-right:1rem}
summary{cursor:pointer;color:var(--blue)}
details ul{margin:.3rem 0;padding-left:1.2rem}
.witness{border:1px solid var(--line);border-radius:8px;padding:.5rem .9rem;margin:.7rem 0}
.witness>summary{color:inherit}
.lanes{margin:.6rem 0}
.row{display:grid;grid-template-columns:13rem minmax(0,1fr);gap:.8rem;align-items:end;margin-bottom:.45rem}
.label{font-size:.82rem;line-height:1.25;text-align:right}
.label b{font-weight:620;display:block}
.label span{color:var(--quiet)}
.row svg.lane{display:block;overflow:visible}
svg text{font-size:11px;fill:var(--quiet)}
svg .month{stroke:var(--line)}
svg .close{stroke:var(--violet);stroke-width:1.5;stroke-dasharray:4 3}
svg .floor{stroke:var(--line)}
svg .bar{fill:var(--blue)}svg .wait{fill:var(--amber)}svg .case{fill:var(--red)}
svg .window{fill:var(--band)}svg .strike{fill:var(--orange)}
svg circle.p50{fill:var(--blue)}svg circle.p95{fill:var(--ground);stroke:var(--blue);stroke-width:2}
svg .stem{stroke:var(--blue);opacity:.5}
svg .share{fill:var(--blue)}
.command{display:flex;gap:.6rem;align-items:flex-start}
.command pre{flex:1;min-width:0}
button{font:inherit;padding:.35rem .9rem;border:1px solid var(--line);border-radius:6px;
background:var(--raised);color:inherit;cursor:pointer}
footer{margin-top:2.5rem;color:var(--quiet);font-size:.9rem}
@media (max-width:680px){
body{padding:1rem .8rem 2rem}
.verdict .word{font-size:2rem}
.row{grid-template-columns:minmax(0,1fr);gap:.1rem;margin-bottom:.7rem}
.label{text-align:left}.label b{display:inline}
.tiles{grid-template-columns:repeat(auto-fill,minmax(9rem,1fr))}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr,td{display:block}
tr{border-bottom:1px solid var(--line);padding:.4rem 0}
td,td.n{border:0;padding:.1rem 0;text-align:left;display:grid;grid-template-columns:6.5rem minmax(0,1fr)}
td::before{content:attr(data-label);color:var(--quiet);font-size:.8rem}
td>*{grid-column:2}
.witness{padding:.4rem .6rem}
}
@media print{
:root{--ground:#fff;--raised:#f5f6f8;--ink:#000;--quiet:#444;--line:#bbb;--blue:#2b66b1;--red:#b3261e;
--green:#1a7340;--amber:#8a5a00;--orange:#c4581b;--band:#f3d9c6;--violet:#6b4bb0}
body{max-width:none;padding:0;font-size:10.5pt}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
tr,.tile,.row,.verdict{break-inside:avoid}
h2,h3{break-after:avoid}
button{display:none}
}
"""

# Without scripts the page lacks only the button, and paper shows what is folded as folded.
JS = """
for (const b of document.querySelectorAll("button[data-copies]")) {
  b.hidden = !navigator.clipboard;
  b.onclick = () => navigator.clipboard.writeText(document.getElementById(b.dataset.copies).textContent)
    .then(() => { b.textContent = "Copied"; });
}
const unfold = () => {
  const at = location.hash && document.getElementById(location.hash.slice(1));
  if (at && at.tagName === "DETAILS") at.open = true;
};
addEventListener("hashchange", unfold);
unfold();
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")]; folded.forEach(d => d.open = true);
});
addEventListener("afterprint", () => folded.forEach(d => d.open = false));
"""
