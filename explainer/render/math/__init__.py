"""LaTeX → MathML, and boxes for PDF."""
