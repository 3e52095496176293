"""A client of a server that takes one request at a time and refuses the others."""

import asyncio


class Refused(Exception):
    pass


class Client:
    busy = False

    async def get(self, page):
        if self.busy:
            raise Refused("429 Too Many Requests")  # the bug: ten workers ask at once
        self.busy = True
        await asyncio.sleep(0.1)
        self.busy = False
        return page
