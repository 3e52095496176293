from misspelt_attribute.alarms import Alarm
from misspelt_attribute.sensors import Sensor

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Sensor(), Alarm(limit=21)], history=True)
    pipeline.submit_all(Event("tick", number=number) for number in range(9))
    return pipeline.run().findings
