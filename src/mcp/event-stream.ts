/** An event stream (HTML, section 9.2) whose data is read, event by event, on its way. */

/**
 * The stream with the data of each event as `filter` gives it. Comments and the other fields pass as they come; an
 * event's data waits for its end. Fails where an event is longer than `maxLength` characters.
 */
export function filterEvents(
  body: ReadableStream<Uint8Array>,
  filter: (data: string) => string,
  maxLength: number,
): ReadableStream<Uint8Array> {
  /** Of a line whose end has not come: joined once, so that the time grows with its length and not with its square. */
  let pieces: string[] = []
  let restLength = 0
  /** Whether the last piece ended with a CR, which the next may make a CRLF. */
  let isCut = false
  let data: string[] = []
  let length = 0

  function takeLine(line: string): string {
    const isData = /^data(?::|$)/.test(line)
    if (isData) {
      data.push(line.replace(/^data:? ?/, ''))
      length += line.length
      return ''
    }
    return line === '' ? `${takeEvent()}\n` : `${line}\n`
  }

  function takeEvent(): string {
    if (data.length === 0) return ''
    const whole = data.join('\n')
    data = []
    length = 0
    return filter(whole)
      .split('\n')
      .map((line) => `data: ${line}\n`)
      .join('')
  }

  function takeRest(): string {
    const rest = pieces.join('')
    pieces = []
    restLength = 0
    return rest
  }

  const lines = new TransformStream<string, string>({
    transform(chunk, controller) {
      const parts = ((isCut ? '\r' : '') + chunk).split(/\r\n|\n|\r(?!$)/)
      const open = parts.pop() ?? ''
      const [first, ...others] = parts
      if (first !== undefined) {
        const text = [takeRest() + first, ...others].map(takeLine).join('')
        if (text !== '') controller.enqueue(text)
      }
      isCut = open.endsWith('\r')
      pieces.push(isCut ? open.slice(0, -1) : open)
      restLength += open.length
      if (restLength + length > maxLength) throw new Error('an event is too long')
    },
    // The standard drops an event that has no end. A client that does not gets it filtered all the same.
    flush(controller) {
      const rest = takeRest()
      const text = (rest === '' && !isCut ? '' : takeLine(rest)) + takeEvent()
      if (text !== '') controller.enqueue(text)
    },
  })
  return body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(lines)
    .pipeThrough(new TextEncoderStream())
}
