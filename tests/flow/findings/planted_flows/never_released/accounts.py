import asyncio

ledger = asyncio.Lock()


async def deposit(amount):
    await ledger.acquire()
    if not amount:
        return amount  # the lock is not given back
    ledger.release()
    return amount


async def audit(amount):  # the bug: waits for ever for what `deposit` does not give back
    return amount
