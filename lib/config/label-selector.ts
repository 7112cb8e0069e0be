const KEY = String.raw`([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?`
const VALUE = String.raw`([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?`
const REQUIREMENT = new RegExp(
  [
    String.raw`^\s*(`,
    String.raw`${KEY}\s*(=|==|!=)\s*${VALUE}`,
    String.raw`|${KEY}\s+(in|notin)\s*\(\s*${VALUE}(\s*,\s*${VALUE})*\s*\)`,
    String.raw`|!?\s*${KEY}`,
    String.raw`)\s*$`,
  ].join(''),
)

// What it takes to read one grows with the square of its length. An API server gets it as a part of an URL.
const MAX_LENGTH = 4096

/** A label selector as it was written, if it is one (kubernetes.io/docs/concepts/overview/working-with-objects/labels). */
export function parseLabelSelector(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return undefined
  // Commas in brackets separate values, the others requirements.
  const requirements = text.split(/,(?![^(]*\))/)
  return requirements.every((requirement) => REQUIREMENT.test(requirement)) ? text : undefined
}
