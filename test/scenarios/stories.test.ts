import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { playStory } from '../helpers/story.ts'

for (const file of globSync('test/scenarios/*.txt').sort()) {
  const text = readFileSync(file, 'utf8')
  // The first comment of a story says what it shows.
  const title = /^# (.+)/.exec(text)?.[1] ?? file
  test(`${file}: ${title}`, () => playStory(text))
}
