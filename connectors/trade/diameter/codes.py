"""Numbers of RFC 8506 and RFC 6733, by the names they have there."""

from enum import IntEnum


class RequestType(IntEnum):
    """CC-Request-Type."""

    INITIAL = 1
    UPDATE = 2
    TERMINATION = 3
    EVENT = 4


class RequestedAction(IntEnum):
    """What an event asks for."""

    DIRECT_DEBITING = 0
    REFUND_ACCOUNT = 1
    CHECK_BALANCE = 2
    PRICE_ENQUIRY = 3


class ResultCode(IntEnum):
    """What became of a request, or of one of its services."""

    SUCCESS = 2001
    TOO_BUSY = 3004
    END_USER_SERVICE_DENIED = 4010
    CREDIT_CONTROL_NOT_APPLICABLE = 4011
    CREDIT_LIMIT_REACHED = 4012
    UNKNOWN_SESSION_ID = 5002
    AUTHORIZATION_REJECTED = 5003
    INVALID_AVP_VALUE = 5004
    MISSING_AVP = 5005
    UNABLE_TO_COMPLY = 5012
    USER_UNKNOWN = 5030
    RATING_FAILED = 5031


class FinalUnitAction(IntEnum):
    """What becomes of service after the last unit."""

    TERMINATE = 0
    REDIRECT = 1
    RESTRICT_ACCESS = 2


SUBSCRIPTIONS = {0: "msisdn-", 1: "imsi-", 2: "sip-", 3: "nai-", 4: "private-"}
"""Subscription-Id-Type → how the identifier begins, as TS 29.571 writes it where it does."""
AFTER_TARIFF_CHANGE = 1
"""Tariff-Change-Usage of units that were used after the change."""
URL = 2
"""Redirect-Address-Type."""
