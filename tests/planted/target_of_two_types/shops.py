from framework.reactive import ReactiveBuilder


class Sales(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="sale", requires=[])

    def build(self, context):
        yield from range(1, 6)


class FromTill(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="price", requires=["sale"])

    def build(self, context, sale):
        yield sale * 1.5


class FromCatalogue(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="price", requires=["sale"])

    def build(self, context, sale):  # planted
        yield f"{sale}.00"
