/**
 * Where nothing is known of what waits there (dgram), it is smaller: what has waited longer than its client is of no use.
 */
export const BLIND_RECEIVE_BUFFER_OCTETS = 512 * 1024
/** Of a listening socket: some 10,000 queries. Unless we may do otherwise the kernel caps it at net.core.rmem_max. */
export const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024
/** Linux makes it so many times as large as was asked, for what it needs itself, and tells that (socket(7)). */
export const ROOM_FOR_OVERHEAD = 2
