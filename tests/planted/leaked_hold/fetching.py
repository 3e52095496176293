import threading

from framework.core import AbstractProcessor, Event


class Fetch(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.waiting = []

    def process(self, context, event):
        match event:
            case Event(name="fetch", number=number):
                hold = context.hold()  # planted

                def answer(hold=hold, number=number):
                    hold.submit(Event("page", number=number))
                    if number % 2:
                        hold.release()

                thread = threading.Thread(target=answer)
                thread.start()
                thread.join()
