from planted_flows.one_session.session import Session

session = Session()


async def ask(page):  # the bug: eight workers, and a lock that lets one of them work
    return await session.get(page)


async def length(text):
    return len(text)
