import { OPTION } from './option-code.ts'
import { encodeOption } from './option.ts'

/** Who we are, for those who ask which of several servers has answered (RFC 5001). */
export const nsidOption = (identity: string): Buffer => encodeOption(OPTION.NSID, Buffer.from(identity, 'utf8'))
