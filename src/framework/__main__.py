"""`python -m framework` is the console script."""

import sys

from framework.cli import main

if __name__ == "__main__":
    sys.exit(main())
