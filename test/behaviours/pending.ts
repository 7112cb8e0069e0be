/** Behaviours that do not hold yet, by the name of their test, and why. They are run, and have to fail. */
export const PENDING: ReadonlyMap<string, string> = new Map([
  ['EDNS-15 NSID is told to whoever asks, where one is configured', 'there is no NSID yet'],
  ['EDNS-17 a client that shows its cookie gets ours, which every node with the secret can verify', 'no cookies yet'],
  ['EDNS-18 a cookie of a length that there is not is FORMERR', 'no cookies yet'],
  [
    'EDNS-19 where cookies are required a wrong one is BADCOOKIE with a good one, and over TCP does no harm',
    'no cookies yet',
  ],
  ['HDR-11 a cookie without a question is answered by a cookie', 'no cookies yet'],
  ['EDNS-23 over TCP a client is told how long a connection may be idle, if it asks', 'no keepalive yet'],
  ['CACHE-11 NSID is of the client that asks for it, whoever filled the cache', 'there is no NSID yet'],
  ['Q-01 what an operator wants to be told of a server is told in class CH', 'class CH is refused as a whole'],
  ['Q-06 an incremental transfer is refused also where it says from which version on', 'it is FORMERR'],
  ['FLG-01 AD of an upstream that is trusted is told to whoever understands it', 'no upstream can be trusted yet'],
  ['HDR-07 UPDATE is NOTIMP over TLS, and is never forwarded', 'there is no listener for TLS yet'],
  ['EDNS-21 replies over TLS are padded to 468 octets where the query is', 'there is no listener for TLS yet'],
  ['ENC-04 handshakes that stall, and too many of them, keep nobody else from an answer', 'no listener for TLS yet'],
  [
    'TCP-10 one client cannot have more connections than its share, and others are answered meanwhile',
    'connections are bounded for all together only, and new ones are turned away',
  ],
])
