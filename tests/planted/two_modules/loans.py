from framework.core import Event


class Loan(Event):
    pass
