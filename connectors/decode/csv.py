"""CSV text → rows of text, one record a line (RFC 4180; a quoted field may hold line ends)."""

import csv
import io

from connectors.decode.limits import RECORDS_MAX
from streams.outcome import Reject, RejectReason

Row = list[str]


def decode_csv(text: bytes, delimiter: str) -> list[tuple[bytes, Row]] | Reject:
    """Each record's own bytes and its fields; empty lines are no records."""
    try:
        decoded = text.decode()
    except UnicodeDecodeError:
        return Reject(RejectReason.NOT_PARSABLE, "not UTF-8 text")
    if '"' not in decoded and "\r" not in decoded and "\n" not in decoded:
        return [(text, decoded.split(delimiter))]
    return _read_rows(decoded, delimiter)


def _read_rows(text: str, delimiter: str) -> list[tuple[bytes, Row]] | Reject:
    lines = list(io.StringIO(text, newline="\n"))
    rows: list[tuple[bytes, Row]] = []
    first = 0
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row:
                raw = "".join(lines[first : reader.line_num]).rstrip("\r\n")
                rows.append((raw.encode(), row))
            if len(rows) > RECORDS_MAX:
                detail = f"more than {RECORDS_MAX} lines in one message"
                return Reject(RejectReason.MESSAGE_TOO_LARGE, detail)
            first = reader.line_num
    except csv.Error as error:
        return Reject(RejectReason.NOT_PARSABLE, f"not CSV: {error}")
    return rows
