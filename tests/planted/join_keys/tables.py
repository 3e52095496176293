from framework.reactive import ReactiveBuilder

CUSTOMERS = {1: "Ada", 2: "Ben", 3: "Cleo"}
ORDERS = "1,tea\n3,jam\n3,tea\n"


class Customers(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="customer", requires=[])

    def build(self, context):
        yield from CUSTOMERS.items()


class Orders(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="order", requires=[])

    def build(self, context):
        for line in ORDERS.splitlines():
            yield tuple(line.split(","))
