import { X509Certificate } from 'node:crypto'
import { messageOf } from '../base/error-text.ts'

const BEGIN = '-----BEGIN CERTIFICATE-----'

/** What is wrong with a PEM file of certificates, if anything is: TLS would leave out in silence what it cannot read. */
export function problemOfAuthorities(pem: string): string | undefined {
  const pieces = pem.split(BEGIN).slice(1)
  if (pieces.length === 0) return 'has no PEM certificate'
  for (const [i, piece] of pieces.entries()) {
    const fault = faultOf(`${BEGIN}${piece}`)
    if (fault !== undefined) return `certificate ${i + 1} is broken (${fault})`
  }
  return undefined
}

function faultOf(pem: string): string | undefined {
  try {
    read(pem)
    return undefined
  } catch (error) {
    return error instanceof Error && 'reason' in error ? String(error.reason) : messageOf(error)
  }
}

const read = (pem: string): X509Certificate => new X509Certificate(pem)
