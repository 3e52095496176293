import pandas as pd

from framework.core import AbstractProcessor, Event


class Load(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="load", rows=rows):
                context.submit(Event("table", table=pd.DataFrame({"city": ["a", "b"] * rows, "sum": range(2 * rows)})))
