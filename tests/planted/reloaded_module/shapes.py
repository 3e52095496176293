from framework.core import Event


class Circle(Event):
    pass


class Square(Event):
    pass
