"""What strangers write into names, answers and files: one list, tried on every output and every reader."""

from __future__ import annotations

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    r"$\input{/etc/passwd}$",
    "![x](http://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "{{7*7}} {0} {x} {n:a|b}",
    '=HYPERLINK("http://evil.example")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-1+1",
    "\t=1+1",
    "＝1+1",
    "\u202e1792\u2066",
    "\x1b[31m\x1b]0;title\x07",
    "a\nb\r\nc\u2028d",
    "\x00\x08\x7f\x9b",
    "lone \ud800 surrogate \udcff",
    "\ufffe\uffff\ufdd0",
    "`` ` ``` \\` ~=#{}: %",
    "--> <b>x</b> <!-- ]]> &amp;",
    "| a | b |\n|--|--|",
    "---\n# Heading\n",
    "../../etc/passwd",
    "CON", "a" * 500,
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
]  # fmt: skip

# One character or sign of each kind that a grammar may stumble over when it comes a hundred thousand times.
SIGNS = {
    "backticks": "`", "stars": "*", "dollars": "$", "brackets": "(", "squares": "[", "braces": "{", "quotes": '"',
    "apostrophes": "'", "commas": ",", "underlines": "_", "hashes": "#", "pipes": "|", "backslashes": "\\", "blanks": " ",
    "tabs": "\t", "colons": ":", "dots": ".", "paths": "a.", "digits": "1", "dashes": "-", "comments": "<!--", "lines": "\n",
    "quotations": ">", "both marks": "`$", "stars and letters": "**a", "numbers of questions": "1. 2\n", "equalities": "= 1\n",
    "names": "a.params ", "student": "学号：", "Chinese": "权重", "hash after blank": " #", "closing": '",',
}  # fmt: skip
