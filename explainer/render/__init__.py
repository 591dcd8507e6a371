"""Document → Markdown → HTML → PDF; → terminal; walkthrough → JSON."""
