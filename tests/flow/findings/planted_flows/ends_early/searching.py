from framework.flow import LastWorkItem


async def find(line):  # the bug: a line that is too long ends everything
    if len(line) > 12:
        return LastWorkItem()
    return line
