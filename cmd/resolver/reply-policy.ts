import type { Config } from '../../lib/config/config.ts'
import { accessList } from '../../lib/server/access-list.ts'
import type { ReplyLimiter } from '../../lib/server/reply-limiter.ts'

/** Whose replies are limited, and to how many. */
export const replyPolicy = ({ rateLimit }: Config): ConstructorParameters<typeof ReplyLimiter>[0] => ({
  ...rateLimit,
  isExempt: accessList(rateLimit.exempt),
})
