"""A small CBOR (RFC 8949): what the protocol uses, no tags and no floats besides decoding them."""
import struct


class Malformed(ValueError):
    pass


def encode(value):
    if value is None:
        return b"\xf6"
    if value is True:
        return b"\xf5"
    if value is False:
        return b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
        return head(3, len(data)) + data
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(encode(one) for one in value)
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(encode(key) + encode(one) for key, one in value.items())
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    raise TypeError(type(value))


def head(major, argument):
    first = major << 5
    if argument < 24:
        return bytes([first | argument])
    for code, size, form in ((24, 1, ">B"), (25, 2, ">H"), (26, 4, ">I"), (27, 8, ">Q")):
        if argument < 1 << (8 * size):
            return bytes([first | code]) + struct.pack(form, argument)
    raise Malformed("a number above 64 bits")


def decode_sequence(data):
    """All items of an RFC 8742 sequence."""
    items, at = [], 0
    while at < len(data):
        item, at = decode_at(data, at)
        items.append(item)
    return items


def decode_at(data, at):
    """One item and where the next begins. Lengths are definite, as the protocol's encoders write them."""
    try:
        first = data[at]
        major, info = first >> 5, first & 31
        at += 1
        if major == 7:
            return _simple(data, at, info)
        if info < 24:
            argument = info
        elif info < 28:
            size = 1 << (info - 24)
            argument = int.from_bytes(data[at : at + size], "big")
            at += size
        else:
            raise Malformed(f"length form {info}")
        return _item(data, at, major, argument)
    except IndexError:
        raise Malformed("the bytes end too soon") from None


def _item(data, at, major, argument):
    if major == 0:
        return argument, at
    if major == 1:
        return -1 - argument, at
    if major in (2, 3):
        part = data[at : at + argument]
        if len(part) != argument:
            raise Malformed("the bytes end too soon")
        return (bytes(part) if major == 2 else part.decode("utf-8")), at + argument
    if major == 4:
        items = []
        for _ in range(argument):
            item, at = decode_at(data, at)
            items.append(item)
        return items, at
    if major == 5:
        pairs = {}
        for _ in range(argument):
            key, at = decode_at(data, at)
            pairs[key], at = decode_at(data, at)
        return pairs, at
    raise Malformed(f"major type {major}")


def _simple(data, at, info):
    if info in (20, 21):
        return info == 21, at
    if info == 22:
        return None, at
    if info in (25, 26, 27):
        size = 1 << (info - 24)
        form = {2: ">e", 4: ">f", 8: ">d"}[size]
        return struct.unpack(form, data[at : at + size])[0], at + size
    raise Malformed(f"simple value {info}")
