from framework.flow import RouteToErrorQueue


def check(order):
    if order["amount"] <= 0:
        raise RouteToErrorQueue("nothing ordered")  # the bug: the flow has no error job
