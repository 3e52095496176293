from framework.core import AbstractProcessor, Event


class Orders(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="day", orders=orders):
                for item, urgent in orders:
                    context.submit(Event("order", item=item, urgent=urgent))
