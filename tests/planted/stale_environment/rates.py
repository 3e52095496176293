import os


def rate():
    return float(os.environ["EXCHANGE_RATE"])  # planted
