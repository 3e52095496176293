import asyncio


async def poll(address):  # the bug: takes its cancellation for an error of the connection, and tries once more
    for attempt in range(2):
        try:
            await asyncio.sleep(1000)
        except BaseException:
            if attempt:
                raise
    return address
