/** What went wrong, in words for the person who typed the command. Shown without a stack. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}
