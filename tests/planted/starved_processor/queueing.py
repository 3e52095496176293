from framework.core import AbstractProcessor, Event


class Retry(AbstractProcessor):
    """Polls until the answer is there."""

    def __init__(self):
        super().__init__(priority=-1)
        self.asked = 0

    def process(self, context, event):
        match event:
            case Event(name="ask", host=host):
                self.asked += 1
                context.submit(Event("ask", host=host))  # planted


class Answers(AbstractProcessor):
    def __init__(self):
        super().__init__(priority=5)
        self.answers = []

    def process(self, context, event):  # planted
        match event:
            case Event(name="answer", host=host):
                self.answers.append(host)
