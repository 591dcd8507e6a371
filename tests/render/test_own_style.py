"""A style sheet of the user's own: behind ours in HTML and PDF, and nothing in it reaches outside the page."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from explainer.errors import UserError
from explainer.render.html.page import to_html
from explainer.render.own_style import own_style
from explainer.render.pdf.write import to_pdf

TEXT = "<!-- explainer lang=en -->\n\n# Title\n\n## Head\n\nWords.\n"


def written(folder: Path, css: str) -> Path:
    path = folder / "own.css"
    path.write_text(css, encoding="utf-8")
    return path


def test_it_comes_behind_ours(tmp_path):
    css = own_style(written(tmp_path, ":root { --head: #aa0011; }\n@page { size: A5; }\n"))
    page = to_html(TEXT, fonts=False, css=css)
    assert page.index("--head: currentcolor") < page.index("--head: #aa0011")
    content = PdfReader(io.BytesIO(to_pdf(TEXT, css=css))).pages[0]
    assert round(float(content.mediabox.width)) == 420  # A5
    assert b"0.666667 0 0.066667 rg" in content.get_contents().get_data()


@pytest.mark.parametrize(
    "css",
    [
        "p { background: url(http://example.org/a.png) }",
        "p { background: URL( 'file:///etc/passwd' ) }",
        "@import 'a.css';",
        "@\\69mport 'a.css';",
        "p { background: \\75rl(a.png) }",
        "p { background: image-set('a.png' 1x) }",
        "a { content: '/*' } b { background: url(http://example.org/) }",
        "@font-face { font-family: x; src: local(y) }",
    ],
)
def test_what_reaches_out_is_refused_with_its_line(css, tmp_path):
    with pytest.raises(UserError) as raised:
        own_style(written(tmp_path, f"/* a\nb */\n{css}\n"))
    assert "line 3" in raised.value.message.en and "第3行" in raised.value.message.zh


def test_what_stays_in_the_page_is_kept(tmp_path):
    css = "a::before { content: 'x </style><script>alert(1)</script>'; background: url(data:image/png;base64,AA==) }"
    page = to_html(TEXT, fonts=False, css=own_style(written(tmp_path, css)))
    assert "<script>" not in page.split("</style>")[1] and page.count("</style>") == 1 and "data:image/png" in page


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(UserError):
        own_style(tmp_path / "none.css")
