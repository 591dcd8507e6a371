"""An answer as it was written → numbers, formulas, shapes."""
