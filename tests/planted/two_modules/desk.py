from two_modules.loans import Loan

from framework.core import AbstractProcessor


class Desk(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.lent = []

    def process(self, context, event):
        match event:
            case Loan(name="loan", book=book):  # planted
                self.lent.append(book)
