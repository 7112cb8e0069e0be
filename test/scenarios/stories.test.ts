import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { playStory } from '../helpers/story.ts'
import { storiesIn } from '../helpers/story-text.ts'

for (const file of globSync('test/scenarios/**/*.txt').sort()) {
  const place = file.replace('test/scenarios/', '')
  for (const story of storiesIn(readFileSync(file, 'utf8'))) {
    test(`${place}:${story.line}: ${story.title}`, () => playStory(story))
  }
}
