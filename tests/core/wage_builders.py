"""Two builders of which the second requires the target of the first, misspelt."""

from framework.reactive import ReactiveBuilder


class Wages(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="wages", requires=[])

    def build(self, context):
        yield 1


class Tax(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="tax", requires=["wage"])

    def build(self, context, wage):
        yield wage
