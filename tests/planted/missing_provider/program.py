from missing_provider.sales import Forecast, Sales

from framework.core import Pipeline


def run(_folder):
    pipeline = Pipeline([Sales(), Forecast()], history=True, on_error="keep")
    pipeline.resolve("forecast")
    return pipeline.run().findings
