from slow_processor.pictures import Album, Faces, Thumbnails

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Thumbnails(), Faces(), Album()], history=True)
    pipeline.submit_all(Event("picture", number=number) for number in range(25))
    return pipeline.run().findings
