"""A PDF without fontTools' subsetter, which is there as soon as it is wanted."""

import subprocess
import sys

MADE = """
import sys
from explainer.render.pdf.write import load_weasyprint, to_pdf
assert to_pdf("# 卷积层\\n\\n$C=3$").startswith(b"%PDF-")
assert not {"fontTools.subset", "fontTools.varLib.instancer"} & set(sys.modules), "loaded without need"
fonts = sys.modules["weasyprint.pdf.fonts"]
assert fonts.subset.Options(retain_gids=True).retain_gids, "not the real one"
import fontTools.subset, fontTools.varLib.instancer
assert fonts.subset.Subsetter is fontTools.subset.Subsetter
assert type(fontTools.subset).__name__ == "module"
try:
    fonts.instantiateVariableFont(None, {})
except Exception as error:
    assert "instancer" in str(error.__traceback__.tb_next.tb_next.tb_frame.f_code.co_filename)
"""
BEFORE = """
import fontTools.subset, sys
from explainer.render.pdf.deferred_fonttools import fonttools_deferred
with fonttools_deferred():
    assert sys.modules["fontTools.subset"] is fontTools.subset
"""


def test_it_is_loaded_when_it_is_wanted_and_not_before():
    subprocess.run([sys.executable, "-c", MADE], check=True, timeout=120)


def test_where_it_is_loaded_already_nothing_changes():
    subprocess.run([sys.executable, "-c", BEFORE], check=True, timeout=120)
