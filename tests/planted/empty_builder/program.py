from empty_builder.catalogue import Titles
from empty_builder.shelves import Labels

from framework.core import Pipeline


def run(_folder):
    pipeline = Pipeline([Titles(), Labels()], history=True)
    pipeline.resolve("label")
    return pipeline.run().findings
