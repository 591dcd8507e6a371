"""Worksheets whose questions are drawn with torch: the rules' samplers draw, the model is run, homework gets walkthroughs."""

from explainer.drawing.sheets import sheet_of_id, topic_sheet

__all__ = ["sheet_of_id", "topic_sheet"]
