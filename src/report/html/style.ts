const LIGHT = `
  --bg: #f4f6f8; --card: #ffffff; --ink: #1a1f26; --soft: #545d68; --line: #d5dbe1; --accent: #0a58a6; --focus: #0a58a6;
  --code: #eef1f4; --mark: #fff1c9; --mark-line: #b7791f;
  --cause: #b3261e; --cause-bg: #fdecea; --suspect: #7a4f01; --suspect-bg: #fff4dc; --context: #0a58a6; --context-bg: #e6f1fc;
  --good: #1a7036; --rest: #b9c3cd; --track: #e6eaee; --shadow: 0 1px 2px rgb(20 30 40 / 8%), 0 6px 20px rgb(20 30 40 / 6%);
  --c0: #2f6fb5; --c1: #b4540a; --c2: #2b7d3e; --c3: #7d4fd0; --c4: #b83280; --c5: #0f7486; --c6: #856000; --c7: #5d6875; --c8: #a3413a;`;

const DARK = `
  --bg: #0e1217; --card: #171c23; --ink: #e7ecf2; --soft: #a3adb8; --line: #2e3640; --accent: #7ab8ff; --focus: #7ab8ff;
  --code: #1f262f; --mark: #4a3a0c; --mark-line: #e3b341;
  --cause: #ff9a91; --cause-bg: #3b1715; --suspect: #f0c052; --suspect-bg: #372a0b; --context: #7ab8ff; --context-bg: #10294a;
  --good: #6fd58a; --rest: #4a545f; --track: #28303a; --shadow: none;
  --c0: #5b9ce0; --c1: #e5873c; --c2: #58b56f; --c3: #a98bf0; --c4: #e877b5; --c5: #45b5c8; --c6: #d0a62c; --c7: #98a4b1; --c8: #e07c74;`;

const BASE = `
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 4rem; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--bg); color: var(--ink); line-height: 1.55; font-size: 16px;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
code, pre, .fn { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace; font-size: .875em; }
code { overflow-wrap: anywhere; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h2 { font-size: 1.35rem; margin: 0 0 .9rem; }
h3 { font-size: 1.02rem; margin: 1.4rem 0 .5rem; }
p { margin: .4rem 0 .8rem; }
ul, ol { padding-left: 1.3rem; }
button { font: inherit; font-size: .82rem; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .2rem .6rem; cursor: pointer; }
button:hover { border-color: var(--accent); color: var(--accent); }
mark { background: var(--mark); color: inherit; box-shadow: -3px 0 var(--mark-line); display: inline-block; min-width: 100%; }`;

const FRAME = `
.skip { position: absolute; left: -99rem; top: .5rem; background: var(--card); padding: .5rem 1rem; z-index: 9; border-radius: 6px; }
.skip:focus { left: .5rem; }
.top { position: sticky; top: 0; z-index: 5; display: flex; gap: .9rem; align-items: center; padding: .55rem 1.2rem; background: var(--card); border-bottom: 1px solid var(--line); }
.brand { font-weight: 700; letter-spacing: .02em; }
.brand::before { content: ""; display: inline-block; width: .62em; height: .62em; margin-right: .45em; border-radius: 50%; background: var(--cause); }
.what { flex: 1; min-width: 0; color: var(--soft); font-size: .85rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.tools { display: flex; gap: .4rem; }
.layout { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 1.6rem; max-width: 82rem; margin: 0 auto; padding: 1.4rem 1.2rem 3rem; }
nav ul { list-style: none; margin: 0; padding: 0; position: sticky; top: 4.2rem; }
nav a { display: block; padding: .3rem .7rem; border-left: 2px solid var(--line); color: var(--soft); text-decoration: none; font-size: .9rem; }
nav a:hover { color: var(--accent); border-color: var(--accent); }
main { min-width: 0; outline: none; overflow-wrap: anywhere; }
td, th { overflow-wrap: break-word; }
main > section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.4rem 1.6rem; margin-bottom: 1.2rem; box-shadow: var(--shadow); }
footer { max-width: 82rem; margin: 0 auto; padding: 0 1.2rem 2rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 60rem) {
  .layout { grid-template-columns: minmax(0, 1fr); gap: .8rem; padding: .8rem .7rem 2rem; }
  nav ul { position: static; display: flex; flex-wrap: wrap; gap: .1rem .2rem; }
  nav a { border: 1px solid var(--line); border-radius: 99px; padding: .15rem .7rem; background: var(--card); }
  .top { padding: .5rem .7rem; flex-wrap: wrap; position: static; }
  .what { display: none; }
  .tools { margin-left: auto; }
  main > section { padding: 1rem .9rem; border-radius: 10px; }
}`;

const PARTS = `
.hero { border-top: 4px solid var(--cause) !important; }
.hero h1 { font-size: clamp(1.5rem, 3.4vw, 2.3rem); margin: .2rem 0 .6rem; overflow-wrap: anywhere; }
.eyebrow { margin: 0; color: var(--soft); font-size: .9rem; font-weight: 600; }
.lead { font-size: 1.14rem; max-width: 60rem; }
.quote { border-left: 3px solid var(--line); padding: .2rem 0 .2rem .8rem; }
.label { color: var(--soft); font-size: .85rem; margin-right: .4rem; }
.pill { display: inline-block; font-size: .78rem; font-weight: 600; line-height: 1.5; padding: 0 .55rem; border-radius: 99px; border: 1px solid currentColor; }
.pill.cause { color: var(--cause); background: var(--cause-bg); }
.pill.suspect { color: var(--suspect); background: var(--suspect-bg); }
.pill.context { color: var(--context); background: var(--context-bg); }
.pill.plain { color: var(--soft); }
.tag { font-size: .76rem; color: var(--soft); background: var(--code); border-radius: 4px; padding: .05rem .35rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: .55rem 1.4rem; margin: 1rem 0; }
.facts > div { min-width: 0; border-top: 1px solid var(--line); padding-top: .4rem; }
.facts dt { color: var(--soft); font-size: .8rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.todo { background: var(--context-bg); border-radius: 10px; padding: .8rem 1.1rem; }
.todo h2 { font-size: 1rem; margin: 0 0 .3rem; }
.todo ol { margin: 0; }
.note, .soft, .share, .rule, .at, .off { color: var(--soft); }
.note, .rule, .at { font-size: .86rem; }
.card { border: 1px solid var(--line); border-left-width: 4px; border-radius: 8px; padding: .9rem 1.1rem; margin: 0 0 .9rem; }
.card h3 { margin: 0 0 .4rem; }
.card.cause { border-left-color: var(--cause); }
.card.suspect { border-left-color: var(--mark-line); }
.card.context, .card.step { border-left-color: var(--context); }
.card:target { box-shadow: 0 0 0 3px var(--context); }
.pills { margin: 0 0 .5rem; }
details { border-top: 1px solid var(--line); }
summary { cursor: pointer; padding: .45rem 0; font-weight: 600; font-size: .92rem; }
summary:hover { color: var(--accent); }
.inside { padding: .1rem 0 .8rem; }
.box { margin: .3rem 0 .8rem; padding: .75rem .9rem; background: var(--code); border-radius: 8px; overflow-x: auto; line-height: 1.5; max-height: 34rem; overflow-y: auto; tab-size: 8; }
.scroll { overflow-x: auto; margin: .3rem 0 .8rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; color: var(--soft); font-weight: 600; font-size: .8rem; white-space: nowrap; }
th, td { padding: .38rem .8rem .38rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { min-width: 5rem; }
.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; min-width: 0; }
.cmd { display: inline-flex; gap: .4rem; align-items: flex-start; }
.cmd code { background: var(--code); border-radius: 4px; padding: .05rem .4rem; }
.copy { padding: 0 .45rem; }
.snippet { margin: .6rem 0; }
.snippet figcaption { color: var(--soft); font-size: .82rem; }
.frames { list-style: none; padding: 0; margin: 0 0 .8rem; counter-reset: frame; }
.frame { border-top: 1px solid var(--line); }
.frame details { border: 0; }
.frame summary { font-weight: 400; padding: .3rem .4rem; }
.frame .flat { padding: .3rem .4rem .3rem 1.5rem; }
.frame .inside { padding-left: 1.5rem; }
.frame.site { background: var(--cause-bg); border-radius: 6px; }
.frame.site .off, .frame.site .at { color: inherit; }
.turn { padding: .5rem .4rem .2rem; color: var(--soft); font-size: .8rem; font-weight: 600; }
.pill.good { color: var(--good); }
.says { list-style: none; padding: 0; }
.says li { padding: .15rem 0 .15rem .9rem; border-left: 2px solid var(--line); margin: .35rem 0; }
.chain { list-style: none; margin: 0 0 1rem; padding: 0; }
.chain li { position: relative; padding: 0 0 1rem 1.6rem; border-left: 2px solid var(--context); margin-left: .5rem; }
.chain li::before { content: ""; position: absolute; left: -.5rem; top: .35rem; width: .85rem; height: .85rem; border-radius: 50%; background: var(--card); border: 2px solid var(--context); }
.chain li:first-child::before { background: var(--cause); border-color: var(--cause); }
.chain li.end { border-color: transparent; color: var(--soft); padding-bottom: 0; }
.step-what { margin: 0; font-weight: 600; }
.step-value, .step-code { margin: .15rem 0; overflow-wrap: anywhere; }
.cells { list-style: none; display: flex; flex-wrap: wrap; gap: .4rem; padding: 0; margin: .2rem 0 .8rem; }
.cells.linked { gap: .4rem 1.4rem; }
.cell { position: relative; border: 1px solid var(--line); border-radius: 6px; padding: .15rem .6rem; font-size: .8rem; display: flex; flex-direction: column; }
.cells.linked .cell + .cell::before { content: "\\2192"; position: absolute; left: -1.15rem; color: var(--soft); }
.cell.free { border-style: dashed; }
.cell.own { border: 2px solid var(--context); background: var(--context-bg); }
.cell.own.free { border: 2px solid var(--cause); background: var(--cause-bg); }
.cell.broken { border-color: var(--cause); color: var(--cause); }
.cell span, .more { color: var(--soft); }
.cell.own span { color: inherit; }
.level-error { color: var(--cause); }
.level-warning { color: var(--suspect); }`;

const PICTURES = `
figure { margin: .4rem 0 1.2rem; }
figure > figcaption { font-weight: 600; font-size: .92rem; margin-bottom: .4rem; }
.parts > svg { width: 100%; height: 2.4rem; border-radius: 6px; display: block; }
.parts rect { stroke: var(--card); stroke-width: 2; }
.legend { list-style: none; padding: 0; margin: .5rem 0 0; display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; font-size: .88rem; }
.key { width: .8em; height: .8em; }
.bars ul { list-style: none; margin: 0; padding: 0; }
.bars li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 .8rem; font-size: .88rem; padding: .22rem 0; }
.bars svg { grid-column: 1 / -1; width: 100%; height: .5rem; border-radius: 3px; }
.bar-name { overflow-wrap: anywhere; }
.bar-text { color: var(--soft); font-variant-numeric: tabular-nums; }
.track { fill: var(--track); }
${Array.from({ length: 9 }, (_, i) => `.c${i} { fill: var(--c${i}); }`).join('\n')}
rect.rest { fill: var(--rest); }
svg text { fill: var(--soft); font-size: 13px; font-family: inherit; }
.gauge { height: .8rem !important; }
.water { stroke: var(--ink); stroke-width: 3; vector-effect: non-scaling-stroke; }
.fill-high { fill: var(--c2); } .fill-low { fill: var(--c0); } .fill-min { fill: var(--c6); } .fill-none { fill: var(--cause); }
.graph { display: block; max-width: none; }
.graph rect { fill: var(--card); stroke: var(--c0); stroke-width: 1.5; }
.graph .box-resource rect { stroke: var(--c1); fill: var(--code); }
.graph .box-crowd rect { stroke-dasharray: 5 3; }
.graph .strong { fill: var(--ink); font-weight: 600; }
.edge { fill: none; stroke: var(--soft); stroke-width: 1.5; } .tip { fill: var(--soft); }
.edge-back { fill: none; stroke: var(--cause); stroke-width: 2.2; } .tip-back { fill: var(--cause); }
.timeline { width: 100%; min-width: 36rem; height: auto; display: block; }
.column { fill: var(--c0); }
.axis { stroke: var(--soft); stroke-width: 1; fill: none; }
.mark-fatal { fill: var(--cause); } .mark-warning { fill: var(--mark-line); } .mark-error { fill: var(--c4); }
.stem-fatal { stroke: var(--cause); stroke-width: 2; } .stem-warning { stroke: var(--mark-line); } .stem-error { stroke: var(--c4); }
.timeline .mark-fatal, .timeline .mark-warning, .timeline .mark-error { stroke: var(--card); stroke-width: 1.5; }`;

const PRINT = `
@media print {
  :root { color-scheme: light; ${LIGHT} }
  @page { margin: 14mm; }
  html { font-size: 12px; }
  body { background: none; font-size: 12px; }
  .top, nav, .copy, .skip { display: none !important; }
  .layout { display: block; padding: 0; }
  main > section { border: 0; box-shadow: none; padding: 0 0 1rem; break-inside: auto; }
  .hero { break-after: page; border-top: 0 !important; }
  .box, .scroll { overflow: visible; max-height: none; white-space: pre-wrap; overflow-wrap: anywhere; }
  .card, tr, figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}`;

/** Light by default, dark where the reader's system is, and either by the button; everything open on paper. */
export const STYLE = `:root { color-scheme: light; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { color-scheme: dark; ${DARK} } }
@media screen { :root[data-theme="dark"] { color-scheme: dark; ${DARK} } }
${[BASE, FRAME, PARTS, PICTURES, PRINT].join('\n')}`;
