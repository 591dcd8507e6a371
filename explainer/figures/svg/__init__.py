"""A small writer of SVG: text measured with the bundled fonts, colours of fixed meaning, faults that are found."""
