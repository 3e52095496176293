from changed_artifact.images import Brightness, Images, Normalised

from framework.core import Pipeline


def run(_folder):
    pipeline = Pipeline([Images(), Normalised(), Brightness()], history=True, max_workers=1)
    pipeline.resolve("normalised")
    pipeline.resolve("brightness")
    return pipeline.run().findings
