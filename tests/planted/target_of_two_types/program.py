from target_of_two_types.shops import FromCatalogue, FromTill, Sales

from framework.core import Pipeline
from framework.reactive import ReactiveBuilder


class Total(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="total", requires=["price"])

    def build(self, context, price):
        yield price * 2


def run(_folder):
    pipeline = Pipeline([Sales(), FromTill(), FromCatalogue(), Total()], history=True)
    pipeline.resolve("total")
    return pipeline.run().findings
