"""What the theme's pages say wrongly to a screen reader, put right in the pages written.

An icon is an ornament beside its button's name (a title would make it part of that name), a button that shows a text
is named by it, and a list of references holds list items.
"""

from pathlib import Path

REPAIRS = (
    ('<i class="fa-', '<i aria-hidden="true" class="fa-'),
    ('<i class="theme-switch', '<i aria-hidden="true" class="theme-switch'),
    *((f' title="{mode}"></i>', "></i>") for mode in ("Light", "Dark", "System Settings")),
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    ('pst-js-only" title="Search" aria-label="Search"', 'pst-js-only" title="Search"'),
    ('role="doc-biblioentry"', 'role="listitem"'),
)


def repair(app, exception):
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        before = path.read_text(encoding="utf-8")
        after = before
        for wrong, right in REPAIRS:
            after = after.replace(wrong, right)
        if after != before:
            path.write_text(after, encoding="utf-8")


def setup(app):
    app.connect("build-finished", repair)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
