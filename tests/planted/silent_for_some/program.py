from silent_for_some.postage import Postage, Stamps

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Postage(), Stamps()], history=True)
    for number, country in enumerate(["DE", "FR", "it", "DE", "IT", "de", "FR", "IT", "DE", "it"]):
        pipeline.submit(Event("parcel", country=country, kilos=1 + number % 4))
    return pipeline.run().findings
