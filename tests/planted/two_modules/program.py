import importlib.util
import sys
from pathlib import Path

from two_modules.desk import Desk

from framework.core import Pipeline


def run(_folder):
    # As `import loans` from a script inside of the folder does.
    spec = importlib.util.spec_from_file_location("loans_again", Path(__file__).with_name("loans.py"))
    module = sys.modules["loans_again"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pipeline = Pipeline([Desk()], history=True)
    for book in ("Emma", "Ulysses"):
        pipeline.submit(module.Loan("loan", book=book))
    return pipeline.run().findings
