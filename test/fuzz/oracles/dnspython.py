# Reads messages from standard input, each behind its length in four octets, and writes a line of JSON for each: what
# dnspython reads in it, or why it refuses it.
import json
import struct
import sys

import dns.message
import dns.rdata

SECTIONS = ["answer", "authority", "additional"]


def hexed(octets):
    return octets.lower().hex()


def records_of(message):
    for name, section in zip(SECTIONS, message.sections[1:]):
        for rrset in section:
            for rdata in rrset:
                is_known = not isinstance(rdata, dns.rdata.GenericRdata)
                head = [name, hexed(rrset.name.to_wire()), rrset.rdtype, rrset.rdclass, rrset.ttl]
                yield [*head, hexed(rdata.to_wire()), is_known]


def read(octets):
    try:
        message = dns.message.from_wire(octets, one_rr_per_rrset=True)
        return {
            "id": message.id,
            "flags": int(message.flags) & 0xFFFF,
            "rcode": int(message.rcode()),
            "edns": message.edns,
            "questions": [[hexed(q.name.to_wire()), q.rdtype, q.rdclass] for q in message.question],
            "records": list(records_of(message)),
        }
    except Exception as error:
        return {"refused": type(error).__name__}


stream = sys.stdin.buffer
while head := stream.read(4):
    print(json.dumps(read(stream.read(struct.unpack("!I", head)[0]))))
