"""How long to wait between two tries of a download."""

FIRST_DELAY = 0.5

<<<<<<< HEAD
LONGEST_DELAY = 30
=======
LONGEST_DELAY = 60
>>>>>>> slower-servers


def delay(attempt):
    return min(FIRST_DELAY * 2**attempt, LONGEST_DELAY)
