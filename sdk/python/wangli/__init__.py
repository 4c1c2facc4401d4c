"""The client library of Wangli's integrators. Client says what it promises.

    with wangli.Client(address, server_key, secret_key, vault_key, "spool", "app", on_receipt=print) as client:
        client.submit(wangli.Letter("mail-1", "路灯不亮", "春熙路的路灯坏了"))
        while client.unanswered:
            client.turn(0.2)
"""

from wangli.client import Client
from wangli.crypto import key_read
from wangli.errors import Busy, Conflict, Denied, Invalid, Misuse, SpoolFailed, StateRefused, TooBig, WangliError
from wangli.model import DELIVERED, Attachment, Contact, Delivery, Letter, Outcome, Receipt, Refusal, State, Status, Why

__version__ = "0.1.0"
__all__ = [
    "DELIVERED", "Attachment", "Busy", "Client", "Conflict", "Contact", "Delivery", "Denied", "Invalid", "Letter", "Misuse", "Outcome",
    "Receipt", "Refusal", "SpoolFailed", "State", "StateRefused", "Status", "TooBig", "WangliError", "Why", "key_read",
]
