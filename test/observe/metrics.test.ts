import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Metrics } from '../../lib/observe/metrics.ts'
import { parsePrometheusText } from './prometheus-text.ts'

test('counters, gauges and histograms are written as Prometheus reads them', () => {
  const metrics = new Metrics()
  metrics.counter('x_requests_total', 'Requests', () => [
    { labels: { protocol: 'udp', type: 'A' }, value: 3 },
    { labels: { protocol: 'tcp', type: 'A' }, value: 0 },
  ])
  metrics.gauge('x_entries', 'Entries', () => [{ value: 1.5 }])
  metrics.gauge('x_none', 'Nothing yet', () => [])
  metrics.histogram({
    name: 'x_seconds',
    help: 'Durations',
    bounds: [0.001, 0.002],
    read: () => [{ counts: [2, 0, 1], sum: 0.25 }],
  })
  assert.equal(
    metrics.text(),
    `# HELP x_requests_total Requests
# TYPE x_requests_total counter
x_requests_total{protocol="udp",type="A"} 3
x_requests_total{protocol="tcp",type="A"} 0
# HELP x_entries Entries
# TYPE x_entries gauge
x_entries 1.5
# HELP x_none Nothing yet
# TYPE x_none gauge
# HELP x_seconds Durations
# TYPE x_seconds histogram
x_seconds_bucket{le="0.001"} 2
x_seconds_bucket{le="0.002"} 2
x_seconds_bucket{le="+Inf"} 3
x_seconds_sum 0.25
x_seconds_count 3
`,
  )
  parsePrometheusText(metrics.text())
})

test('values are read when somebody asks', () => {
  const metrics = new Metrics()
  let value = 1
  metrics.gauge('x', 'X', () => [{ value }])
  assert.match(metrics.text(), /^x 1$/m)
  value = 2
  assert.match(metrics.text(), /^x 2$/m)
})

test('whatever stands in a label, the text can be read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }), (label, value) => {
      const metrics = new Metrics()
      metrics.gauge('x', 'X', () => [{ labels: { upstream: label }, value }])
      const [series = '', read] = [...(parsePrometheusText(metrics.text()).get('x')?.samples ?? [])][0] ?? []
      const written = /^x\{upstream="([^]*)"\}$/.exec(series)?.[1] ?? assert.fail(series)
      assert.equal(
        written.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)),
        label,
      )
      assert.equal(read, Number(String(value)))
    }),
    { numRuns: 300 },
  )
})
