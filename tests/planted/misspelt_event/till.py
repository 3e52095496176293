from framework.core import AbstractProcessor, Event


class Till(AbstractProcessor):
    """Sells baskets: a receipt for each, a refill for what runs out."""

    def __init__(self):
        super().__init__()
        self.left = {"tea": 3, "jam": 9}

    def process(self, context, event):
        match event:
            case Event(name="basket", goods=goods):
                for name in goods:
                    self.left[name] -= 1
                    if not self.left[name]:
                        context.submit(Event("refill", article=name))
                context.submit(Event("recipt", lines=tuple(goods)))  # planted
