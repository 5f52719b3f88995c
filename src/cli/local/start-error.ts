/** What went wrong, in words for the person who typed the command. Shown without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
