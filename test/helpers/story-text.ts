export interface Step {
  readonly line: number
  readonly words: readonly string[]
  /** The indented lines below it. */
  readonly expected: readonly string[]
}

export interface StoryText {
  /** The first comment before it: what it shows. */
  readonly title: string
  readonly line: number
  readonly steps: readonly Step[]
}

/** The stories of a file: each begins with a line `world`, and with the comments before that. */
export function storiesIn(text: string): readonly StoryText[] {
  const stories: { title: string; line: number; steps: Step[] }[] = []
  let comment: string | undefined
  let expected: string[] = []
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.replace(/(^|\s)#.*/, '').trimEnd()
    if (raw.startsWith('# ')) comment ??= raw.slice(2)
    else if (line === '') comment = undefined
    else if (/^\s/.test(line)) expected.push(line.trim().replace(/\s+/g, ' '))
    else {
      const words = line.split(/\s+/)
      if (words[0] === 'world') stories.push({ title: comment ?? '', line: i + 1, steps: [] })
      expected = []
      comment = undefined
      const story = stories.at(-1)
      if (story === undefined) throw new Error('a story begins with: world')
      story.steps.push({ line: i + 1, words, expected })
    }
  }
  return stories
}
