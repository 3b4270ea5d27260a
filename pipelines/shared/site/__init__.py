"""Pages in a browser, for `unroll serve` and for `export --format web`: plain HTML and ES modules, nothing to build.

    pages.py      the files that a browser loads, in memory     beginnings.py    inputs that a page opens with
    *.js, *.css   what the pages of all tasks share             plain/           the page of a task that has none

A task's own page stands in the folder `site` of its package: page.js holds `mount(element, model)`, which asks `model`
and does not know whether a server or the browser itself answers. Texts get into a page as text, never as HTML, and
nothing is loaded from another host, so a strict content policy holds.

Gradio 6 was tried first: it needs inline scripts and `eval` for all but its stock parts, adds 300 MB, and a page of it
cannot be exported without a server.
"""
