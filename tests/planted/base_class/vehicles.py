from framework.core import Event


class Vehicle(Event):
    pass


class Truck(Vehicle):
    pass
