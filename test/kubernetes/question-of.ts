/** What kind of question it is, without what is the same for all of them: `list`, `watch 7`, `stream`. */
export function questionOf(query: URLSearchParams): string {
  const of = (key: string) => query.get(key)
  if (of('sendInitialEvents') === 'true') return 'stream'
  if (of('watch') === '1') return `watch ${of('resourceVersion')}`
  const version = of('resourceVersion') === null ? '' : ` ${of('resourceVersionMatch')} ${of('resourceVersion')}`
  return `list${of('continue') === null ? '' : ' more'}${version}${of('limit') === null ? '' : ` limit ${of('limit')}`}`
}
