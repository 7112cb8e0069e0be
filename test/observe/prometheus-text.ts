import assert from 'node:assert/strict'

/** A metric as a Prometheus server would see it. */
export interface Family {
  readonly type: string
  readonly help: string
  /** By the name of the series and its labels, as they stand: `name{label="value"}`. */
  readonly samples: Map<string, number>
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|NaN|[+-]Inf)$`)
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`)

/**
 * Reads the Prometheus text format, version 0.0.4, strictly: each metric is described before its samples stand, all in
 * one group, no series twice, counters named and counting as they must, buckets rising to the count.
 */
export function parsePrometheusText(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line has no end')
  const families = new Map<string, Family>()
  let current: [string, Family] | undefined
  let help: [string, string] | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = COMMENT.exec(line) ?? []
    if (kind === 'HELP') help = [name, rest]
    else if (kind === 'TYPE') {
      assert.ok(help?.[0] === name && !families.has(name), `${line}: described twice, or without HELP`)
      current = [name, { type: rest, help: help[1], samples: new Map() }]
      families.set(...current)
    } else takeSample(line, current)
  }
  for (const [name, family] of families) check(name, family)
  return families
}

function takeSample(line: string, current: [string, Family] | undefined): void {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? assert.fail(`not a sample: ${line}`)
  const [family, { type, samples }] = current ?? assert.fail(`without TYPE: ${line}`)
  const ending = name.startsWith(family) ? name.slice(family.length) : name
  assert.ok((type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).includes(ending), `not of ${family}: ${line}`)
  assert.ok(!samples.has(name + labels), `twice: ${line}`)
  samples.set(name + labels, Number(value.replace('Inf', 'Infinity')))
}

function check(name: string, { type, samples }: Family): void {
  assert.ok(['counter', 'gauge', 'histogram'].includes(type), `${name} is a ${type}`)
  assert.equal(type === 'counter', name.endsWith('_total'), `${name} is a ${type}`)
  if (type === 'counter') for (const [series, value] of samples) assert.ok(value >= 0, series)
  if (type !== 'histogram') return
  const bucketsOf = Map.groupBy(
    [...samples].filter(([series]) => series.startsWith(`${name}_bucket`)),
    ([series]) =>
      series
        .replace(/,?le="[^"]+"/, '')
        .replace('_bucket', '_count')
        .replace('{}', ''),
  )
  for (const [count, buckets] of bucketsOf) checkBuckets(name, buckets, samples.get(count))
}

function checkBuckets(name: string, buckets: readonly (readonly [string, number])[], count: number | undefined): void {
  const bounds = buckets.map(([series]) => Number(/le="([^"]+)"/.exec(series)?.[1]?.replace('+Inf', 'Infinity')))
  const rises = (numbers: number[]) => numbers.every((number, i) => i === 0 || number >= (numbers[i - 1] ?? 0))
  assert.ok(rises(bounds) && rises(buckets.map(([, count]) => count)), `${name}: buckets do not rise`)
  assert.equal(bounds.at(-1), Infinity)
  assert.equal(buckets.at(-1)?.[1], count)
}
