"""`python -m explainer`."""

import sys

# `-m` puts the working folder in front of everything: a file called weasyprint.py there would be imported for ours.
if not sys.flags.safe_path:
    sys.path.append(sys.path.pop(0))

from explainer.cli.console import console

if __name__ == "__main__":
    console()
