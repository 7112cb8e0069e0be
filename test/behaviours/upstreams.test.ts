// Upstreams: what is made of what they say, what they are asked, and what is done about those that fail.
import './upstream-replies.ts'
import './upstream-questions.ts'
import './upstream-failures.ts'
import './upstream-limits.ts'
