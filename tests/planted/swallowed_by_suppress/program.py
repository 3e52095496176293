from swallowed_by_suppress.book import Book
from swallowed_by_suppress.statement import Lines

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Lines(), Book()], history=True)
    pipeline.submit_all(Event("line", text=text) for text in ("1,50", "2.75", "3,00", "n/a", "4,25"))
    return pipeline.run().findings
