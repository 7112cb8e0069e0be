type Labels = Readonly<Record<string, string>>

/** One value of a metric, read at the moment when somebody asks. */
export interface Sample {
  readonly labels?: Labels
  readonly value: number
}

interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly read: () => readonly Sample[]
}

interface Histogram {
  readonly name: string
  readonly help: string
  /** Upper bounds of all buckets but the last, which has none, rising. */
  readonly bounds: readonly number[]
  /** Of each set of labels: how many values fell into each bucket, and their sum. */
  readonly read: () => readonly { readonly labels?: Labels; readonly counts: ArrayLike<number>; readonly sum: number }[]
}

/** Turns what others count into the Prometheus text format, version 0.0.4. Nothing is kept here. */
export class Metrics {
  readonly #write: (() => string)[] = []

  counter(name: string, help: string, read: () => readonly Sample[]): void {
    this.#add({ name, help, type: 'counter', read })
  }

  gauge(name: string, help: string, read: () => readonly Sample[]): void {
    this.#add({ name, help, type: 'gauge', read })
  }

  histogram({ name, help, bounds, read }: Histogram): void {
    const linesOf = ({ labels, counts, sum }: ReturnType<typeof read>[number]): string[] => {
      let below = 0
      const buckets = [...bounds.map(String), '+Inf'].map((le, i) => {
        below += counts[i] ?? 0
        return line(`${name}_bucket`, { labels: { ...labels, le }, value: below })
      })
      const own = labels && { labels }
      return [...buckets, line(`${name}_sum`, { ...own, value: sum }), line(`${name}_count`, { ...own, value: below })]
    }
    this.#write.push(() => [...head(name, help, 'histogram'), ...read().flatMap(linesOf)].join(''))
  }

  text(): string {
    return this.#write.map((write) => write()).join('')
  }

  #add({ name, help, type, read }: Metric): void {
    this.#write.push(() => [...head(name, help, type), ...read().map((sample) => line(name, sample))].join(''))
  }
}

const head = (name: string, help: string, type: string): string[] => [
  `# HELP ${name} ${help}\n`,
  `# TYPE ${name} ${type}\n`,
]

function line(name: string, { labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(
    ([key, text]) => `${key}="${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`,
  )
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`
}
