import asyncio


async def write(row):  # the bug: one worker behind twelve
    await asyncio.sleep(0.1)
    return row
