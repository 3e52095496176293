"""One session for all: its lock is held around each request."""

import asyncio


class Session:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def get(self, page):
        await asyncio.sleep(0.05)
        return f"<p>{page}</p>"
