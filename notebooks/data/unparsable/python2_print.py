"""Counts the words of the files that are named on the command line."""

import sys

for path in sys.argv[1:]:
    print "%8d %s" % (len(open(path).read().split()), path)
