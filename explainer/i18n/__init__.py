"""Texts in both languages: the type that holds them, the interface's own, the glossary."""
