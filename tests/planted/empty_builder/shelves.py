from framework.reactive import ReactiveBuilder


class Labels(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="label", requires=["title"])

    def build(self, context, title):
        yield title.upper()
