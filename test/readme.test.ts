import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseConfig } from '../lib/config/parse-config.ts'
import { configSchema } from '../lib/config/schema.ts'

const readme = readFileSync('README.md', 'utf8')
const yaml = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? '')

const ENV = { HOME: '127.0.0.1:53', ZONE: 'us-central1-f', REGION: '', NODE_NAME: 'n1' }

test('the configurations in the README are valid', () => {
  assert.ok(yaml.length > 0)
  for (const text of yaml) assert.deepEqual(parseConfig(text, ENV).problems, [])
})

test('the README names every key of the configuration', () => {
  for (const key of Object.keys(configSchema)) assert.match(readme, new RegExp(`\\b${key}\\b`))
})

test('the commands in the README are those that there are', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  for (const [, name] of readme.matchAll(/npm run ([a-z]+)/g))
    assert.ok(Object.hasOwn(scripts, name ?? ''), `npm run ${name}`)
})

test('the files that READMEs name are there', () => {
  const paths = [...readme.matchAll(/`((?:lib|cmd|test)\/[\w/.-]+)`/g)].map(([, path]) => path ?? '')
  assert.ok(paths.length > 10)
  for (const path of paths) {
    if (!path.includes('NAME')) assert.ok(globSync(path.replace(/\/$/, '')).length > 0, `README.md names ${path}`)
  }
  for (const folder of globSync('lib/*')) {
    const text = readFileSync(`${folder}/README.md`, 'utf8')
    assert.ok(text.split('\n').length <= 60, `${folder}/README.md is longer than 60 lines`)
    for (const [, file] of text.matchAll(/`([\w-]+\.ts)`/g))
      assert.ok(globSync(`${folder}/${file}`).length > 0, `${folder}/README.md names ${file}`)
  }
})
