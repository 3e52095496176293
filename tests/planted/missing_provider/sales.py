from framework.reactive import ReactiveBuilder


class Sales(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="sale", requires=[])

    def build(self, context):
        yield from (10, 20, 30)


class Forecast(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="forecast", requires=["sale", "weather"])

    def build(self, context, sale, weather):  # planted
        yield sale * weather
