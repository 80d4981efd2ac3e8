"""Minor units by ISO 4217: two digits, but for these."""

_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_BY_CODE = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}


def minor_digits(code: str) -> int:
    """How many digits the currency's minor unit has."""
    return _BY_CODE.get(code, 2)
