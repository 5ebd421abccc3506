"""clients.py PORT PATH COUNT: so many connections, half of them to each, new ones while others wait; who is answered."""

import asyncio
import sys

port, path, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])


async def ask(number, limit):
    opening = asyncio.open_connection("127.0.0.1", port) if number % 2 else asyncio.open_unix_connection(path)
    async with limit:
        try:
            reader, writer = await opening
            answer = await asyncio.wait_for(reader.read(), 50)
            writer.close()
            return answer.decode()
        except (OSError, TimeoutError) as error:
            return type(error).__name__


async def main():
    limit = asyncio.Semaphore(120)
    answers = await asyncio.gather(*(ask(number, limit) for number in range(count)))
    lost = [answer for answer in answers if not answer.isdigit()]
    print(f"{count - len(lost)} of {count} answered, by {len(set(answers))} processes", sorted(set(lost)))


asyncio.run(main())
