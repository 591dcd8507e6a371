"""`python -m explainer`."""

import sys

# `-m` puts the working folder in front of everything: a file called weasyprint.py there would be imported for ours. Nor
# may it stand behind: libraries ask for others that are not installed (torch for triton). A model finds it by itself.
if not sys.flags.safe_path:
    del sys.path[0]

from explainer.cli.console import console

if __name__ == "__main__":
    console()
