"""What can go wrong, named by what the caller should do. Every text is one sentence for people."""


class WangliError(Exception):
    """All of ours. A call that raises has done nothing, unless it says otherwise."""


class Invalid(WangliError):
    """Wrong and stays wrong: a field, a key, a name. The text names it."""


class TooBig(Invalid):
    """Over what one message may hold."""


class Conflict(WangliError):
    """Another letter of that name waits in the spool, or another process has the spool."""


class Busy(WangliError):
    """Not now, and nothing was done: the queue is full, or the platform does not answer. Turn, then try again."""


class SpoolFailed(WangliError):
    """The spool's disk refuses. Nothing that is not durable was sent; the same call may succeed later."""


class Misuse(WangliError):
    """Called where it may not be: turn, close or a question to the state store from inside a callback, or after close."""


class Denied(WangliError):
    """Your key may not do this."""


class StateRefused(WangliError):
    """The state store did not do it; `answer` says what is there now (version, holder)."""

    def __init__(self, text: str, answer: "object"):
        super().__init__(text)
        self.answer = answer
