from framework.core import AbstractProcessor, Event


class Till(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="sale", prices=prices):
                receipt = Event("receipt", total=0.0)
                context.submit(receipt)
                for price in prices:
                    receipt.total += price  # planted
