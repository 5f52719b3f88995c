// The releases of FusionAuth whose answers the stand-in can give. Shapes drifted between them, and a
// gateway meets all of them; every place that differs asks `since()`, with the release note beside it.

/** A line of releases. `'<1.60'` stands for 1.50 … 1.59, `'1.67'` for 1.67 … 1.68. */
export type Version = '<1.60' | '1.60' | '1.67' | '1.70'

const ORDER: readonly Version[] = ['<1.60', '1.60', '1.67', '1.70']

/** Whether `version` is `first` or newer. */
export function since(version: Version, first: Version): boolean {
  return ORDER.indexOf(version) >= ORDER.indexOf(first)
}
