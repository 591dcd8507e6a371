"""The few words that a page adds of its own."""

from __future__ import annotations

_LABELS = {
    "zh": {
        "tag": "zh-CN", "contents": "目录", "untitled": "讲义",
        "page_before": "第 ", "page_between": " 页，共 ", "page_after": " 页",
    },
    "en": {
        "tag": "en", "contents": "Contents", "untitled": "Notes",
        "page_before": "Page ", "page_between": " of ", "page_after": "",
    },
    "zh,en": {
        "tag": "zh-CN", "contents": "目录 Contents", "untitled": "讲义 Notes",
        "page_before": "第 ", "page_between": " 页，共 ", "page_after": " 页",
    },
}  # fmt: skip


def labels(language: str) -> dict[str, str]:
    """The words for a document in this language."""
    return _LABELS.get(language, _LABELS["en"])
