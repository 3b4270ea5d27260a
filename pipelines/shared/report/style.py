"""How a report looks: the style sheet inside every page, for light and dark, wide and narrow screens, and paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5b6577; --paper: #ffffff; --desk: #f3f5f8;
  --line: #dfe4ec; --link: #1f66c2; --right: 30 104 201; --wrong: 214 92 16; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf1; --soft: #9ba6b8; --paper: #171c25;
  --desk: #0e1218; --line: #2a3240; --link: #7db4ff; --right: 47 117 214; --wrong: 205 92 20; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 62rem; background: var(--desk); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; -webkit-text-size-adjust: 100%; }
header { padding: 0 .25rem; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -.02em; }
header p { margin: .4rem 0 1rem; color: var(--soft); max-width: 46rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; margin: 0 0 1.25rem; padding: 0; list-style: none; }
a { color: var(--link); text-underline-offset: .2em; }
section { margin: 0 0 1.25rem; padding: 1.25rem 1.5rem 1.5rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: .9rem; }
h2 { margin: 0 0 1rem; font-size: 1.3rem; line-height: 1.3; }
h3 { margin: 1.5rem 0 .75rem; font-size: 1rem; }
section > :last-child { margin-bottom: 0; }
dt { color: var(--soft); }
dd { margin: 0; }

.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .75rem;
  margin: 0 0 1.25rem; }
.numbers div { padding: .7rem .9rem; background: var(--desk); border-radius: .6rem; }
.numbers dt { font-size: .85rem; }
.numbers dd { font-size: 1.6rem; font-weight: 650; line-height: 1.25; letter-spacing: -.01em; }

.scroll { overflow-x: auto; margin: 0 0 1.25rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { padding: 0 0 .5rem; text-align: left; font-size: 1rem; font-weight: 650; }
caption span { display: inline-block; position: sticky; left: 0; max-width: min(100%, 100vw - 4rem); }
th, td { padding: .4rem .9rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-size: .85rem; font-weight: 500; vertical-align: bottom; }
tbody th { position: sticky; left: 0; background: var(--paper); font-weight: 500; }
th:first-child { padding-left: 0; }
.number { text-align: right; white-space: nowrap; }

.confusion { border-collapse: separate; border-spacing: 2px; }
.confusion th, .confusion td { border: 0; padding: .25rem; text-align: center; vertical-align: middle; }
.confusion thead th { vertical-align: bottom; }
.confusion tbody th { padding-right: .6rem; text-align: right; }
.hit, .miss { min-width: 2.15rem; height: 2.15rem; border-radius: .3rem; }
.hit { background: rgb(var(--right) / var(--shade)); }
.miss { background: rgb(var(--wrong) / var(--shade)); }
.zero { color: var(--soft); }
.full { color: #ffffff; }
.confusion .recall { color: var(--soft); padding-left: .5rem; }
.few .hit, .few .miss { min-width: 5.5rem; height: 4rem; font-size: 1.15rem; }
.few tbody th { max-width: 10rem; overflow-wrap: break-word; }
.many { font-size: .78rem; border-spacing: 1px; }
.many td { padding: 0; }
.many .hit, .many .miss { min-width: 1.95rem; height: 1.95rem; }
.many thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
.many th { white-space: nowrap; }

pre { margin: 0 0 1.25rem; padding: .7rem .9rem; overflow-x: auto; background: var(--desk); border-radius: .6rem; }
code { font: .9rem/1.5 ui-monospace, monospace; overflow-wrap: normal; }
.verdict { font-size: 1.15rem; font-weight: 600; }

figure { margin: 0; }
figcaption { color: var(--soft); font-size: .85rem; }
figure .scroll { margin: 0; }
svg { display: block; width: 100%; max-width: var(--width); min-width: calc(.7 * var(--width)); height: auto;
  fill: currentColor; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.75rem; }

.examples { margin: 0; padding: 0; list-style: none; }
.examples li { padding: .9rem 0; border-top: 1px solid var(--line); }
.examples li:last-child { padding-bottom: 0; }
.examples dl { display: flex; flex-wrap: wrap; gap: .1rem 1.5rem; margin: 0; font-size: .9rem; }
.examples dl div { display: flex; gap: .4rem; }
.examples dd { font-weight: 600; }
blockquote { margin: 0 0 .5rem; white-space: pre-line; }

mark { padding: .05em .1em; border-radius: .2rem; color: inherit; text-underline-offset: .2em; }
mark.for { background: rgb(var(--right) / var(--shade)); text-decoration: underline solid; }
mark.against { background: rgb(var(--wrong) / var(--shade)); text-decoration: underline dotted; }
.marked { margin-top: .4rem; }
.left-out { color: var(--soft); }

@media (max-width: 40rem) {
  body { padding: 1.25rem .75rem 3rem; } h1 { font-size: 1.6rem; } section { padding: 1rem; }
  .numbers { gap: .5rem; } .numbers dd { font-size: 1.35rem; } th, td { padding: .4rem .6rem; }
  .many tbody th { min-width: 6.5rem; max-width: 6.5rem; font-size: .72rem; line-height: 1.15; white-space: normal;
    overflow-wrap: break-word; }
  .few .hit, .few .miss { min-width: 3.4rem; height: 3rem; font-size: 1rem; }
  .few tbody th { max-width: 6.5rem; font-size: .85rem; } .few thead th { font-size: .8rem; }
}
@media print { body { max-width: none; background: none; }
  mark { print-color-adjust: exact; } figure, li, tr { break-inside: avoid; } }
"""

# Of a piece of a page inside a notebook, whose colours it takes.
CARD = """
.unroll-card { --paper: transparent; --soft: currentColor; --line: rgb(128 128 128 / .35); max-width: 62rem;
  font: .9rem/1.5 system-ui, sans-serif; color: inherit; overflow-wrap: anywhere; }
.unroll-card h3 { margin: 0 0 .5rem; font-size: 1.05rem; }
.unroll-card p { margin: .4rem 0; }
.unroll-card .verdict { font-weight: 600; }
.unroll-card .numbers { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: .6rem 0; }
.unroll-card .numbers dt { display: block; float: none; width: auto; margin: 0; padding: 0; white-space: nowrap;
  opacity: .7; font-size: .8rem; font-weight: 400; }
.unroll-card .numbers dd { display: block; float: none; width: auto; margin: 0; padding: 0; white-space: nowrap;
  font-size: 1.2rem; font-weight: 600; }
.unroll-card .scroll { overflow-x: auto; }
.unroll-card table { border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums; }
.unroll-card caption { text-align: left; opacity: .7; }
.unroll-card th, .unroll-card td { padding: .2rem .8rem .2rem 0; text-align: left; font-weight: 400; background: none;
  border: 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.unroll-card .number { text-align: right; }
.unroll-card figure { margin: .5rem 0; }
.unroll-card figcaption { opacity: .7; font-size: .8rem; }
.unroll-card svg { display: block; width: 100%; max-width: var(--width); height: auto; fill: currentColor; }
.unroll-card .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr));
  gap: 1rem; }
.unroll-card pre { overflow-x: auto; margin: .4rem 0; background: none; color: inherit; }
.unroll-card audio { width: 100%; max-width: 30rem; }
"""
