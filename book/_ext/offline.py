"""Pages that ask the network for nothing and load nothing twice.

Jupyter-book adds scripts for live code unasked, whose code lies on another server; and MathJax comes once
from Sphinx and once more with every notebook page, where the second load breaks.
"""


def clean_scripts(app, pagename, templatename, context, doctree):
    kept = {}
    for script in context.get("script_files", []):
        file = str(getattr(script, "filename", None) or "").split("?")[0]
        body = getattr(script, "attributes", {}).get("body", "")
        if "thebe" not in f"{file} {body}".lower():
            kept.setdefault(file or body, script)
    context["script_files"] = list(kept.values())


def setup(app):
    app.connect("html-page-context", clean_scripts, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
