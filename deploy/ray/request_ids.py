"""The id of a request, told once: Ray Serve adds to each answer the header that the service has set."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAME = b"x-request-id"


def told_once(app: ASGIApp) -> ASGIApp:
    """Leave out of an application's answers the id that the request came with: Ray Serve repeats it."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        given = [header for header in scope.get("headers", ()) if header[0] == NAME]

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [header for header in message["headers"] if header not in given]
            await send(message)

        await app(scope, receive, send_on)

    return answer
