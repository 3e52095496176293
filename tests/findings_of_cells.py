"""Run cells in an IPython shell, and print as JSON the findings of every pipeline and flow that they made.

The cells come as a JSON list on standard input. Used by `test_shown_findings.py`, in a process of its own.
"""

import json
import sys

from IPython.core.interactiveshell import InteractiveShell

import framework.notebook  # noqa: F401 - histories are kept from here on
from framework.core import Pipeline
from framework.flow import Flow


def remembered(cls, made):
    """Have the instances of a class kept, in the order of their making."""
    init = cls.__init__

    def remember(self, *args, **kwargs):
        init(self, *args, **kwargs)
        made.append(self)

    cls.__init__ = remember


def main():
    made = []
    remembered(Pipeline, made)
    remembered(Flow, made)
    shell = InteractiveShell.instance()
    for cell in json.load(sys.stdin):
        result = shell.run_cell(cell, store_history=True)
        if result.error_before_exec is not None:
            raise result.error_before_exec
    findings = []
    for one in made:
        report = getattr(one, "report", None)
        found = one.diagnose() if report is None else report.findings
        findings += [[finding.kind, str(finding)] for finding in found]
    sys.stdout.write(f"\nFINDINGS {json.dumps(findings)}\n")


if __name__ == "__main__":
    main()
