from framework.core import AbstractProcessor, Event


class Shares(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="table", table=table):
                table["sum"] = table["sum"] / table["sum"].sum()  # planted
                context.submit(Event("share", value=float(table["sum"].max())))


class Totals(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="table", table=table):
                context.submit(Event("total", value=float(table["sum"].sum())))


class Paper(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.lines = []

    def process(self, context, event):
        match event:
            case Event(name="share" | "total" as what, value=value):
                self.lines.append((what, value))
