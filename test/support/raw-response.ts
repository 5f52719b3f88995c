// Reads HTTP/1.1 responses off a stream as they stand, and refuses what is not one: a lenient reader
// would hide a broken proxy. It undoes the framing (length or chunks) and nothing else.

import type { Readable } from 'node:stream'

export interface RawHead {
  status: number
  reason: string
  /** In order, as sent; outer blanks of values removed. */
  headers: [name: string, value: string][]
  /** 1xx responses that came before. */
  interim: { status: number; headers: [name: string, value: string][] }[]
}

export interface RawResponse extends RawHead {
  /** The body as UTF-8. */
  body: string
  bytes: Buffer
}

export interface ResponseReader {
  head(): Promise<RawHead>
  response(toHead: boolean): Promise<RawResponse>
  some(): Promise<Buffer>
  rest(): Buffer
  /** Settles when the peer has ended the connection, in whatever way. */
  ended: Promise<void>
}

const CRLF = '\r\n'

export function createResponseReader(stream: Readable): ResponseReader {
  let pieces: Buffer[] = []
  let size = 0
  let over = false
  let wake = () => {}
  const ended = Promise.withResolvers<void>()
  stream.on('data', (chunk: Buffer) => {
    pieces.push(chunk)
    size += chunk.byteLength
    wake()
  })
  const end = () => {
    over = true
    ended.resolve()
    wake()
  }
  // Not `close`: half-open sockets stay after the peer's FIN.
  stream.on('end', end).on('error', end).on('close', end)

  return { head, response, some, rest: unread, ended: ended.promise }

  function unread(): Buffer {
    const all = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
    pieces = [all]
    return all
  }

  async function more(what: string): Promise<void> {
    if (over) throw new Error(`raw HTTP: connection ended before ${what}`)
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }

  async function take(count: number, what: string): Promise<Buffer> {
    while (size < count) await more(what)
    const all = unread()
    pieces = [all.subarray(count)]
    size -= count
    return all.subarray(0, count)
  }

  async function takeUntil(mark: string, what: string): Promise<string> {
    let at = unread().indexOf(mark)
    while (at < 0) {
      await more(what)
      at = unread().indexOf(mark)
    }
    return (await take(at + mark.length, what)).toString('latin1')
  }

  async function head(): Promise<RawHead> {
    const interim: RawHead['interim'] = []
    for (;;) {
      const block = await takeUntil(CRLF + CRLF, 'the end of the response headers')
      const [statusLine = '', ...lines] = block.slice(0, -2 * CRLF.length).split(CRLF)
      const match = /^HTTP\/1\.1 (\d{3})(?: (.*))?$/.exec(statusLine)
      if (!match) throw new Error(`raw HTTP: bad status line ${JSON.stringify(statusLine)}`)
      const status = Number(match[1])
      const headers = lines.map(parseLine)
      if (status >= 200 || status === 101) {
        return { status, reason: match[2] ?? '', headers, interim }
      }
      interim.push({ status, headers })
    }
  }

  async function response(toHead: boolean): Promise<RawResponse> {
    const read = await head()
    const bytes = await body(read, toHead)
    return { ...read, bytes, body: bytes.toString() }
  }

  async function body({ status, headers }: RawHead, toHead: boolean): Promise<Buffer> {
    if (toHead || status === 101 || status === 204 || status === 304) return Buffer.alloc(0)
    const coding = values(headers, 'transfer-encoding')
    const lengths = values(headers, 'content-length')
    if (coding.length + lengths.length > 1) throw new Error('raw HTTP: ambiguous body length')
    if (coding[0] !== undefined) {
      if (coding[0].toLowerCase() !== 'chunked') throw new Error(`raw HTTP: coding ${coding[0]}`)
      return chunks()
    }
    if (lengths[0] !== undefined) return take(Number(lengths[0]), 'the end of the body')
    await ended.promise
    return take(size, 'the end of the body')
  }

  async function chunks(): Promise<Buffer> {
    const parts: Buffer[] = []
    for (;;) {
      const hex = /^([0-9a-f]+)(?:;.*)?\r\n$/i.exec(await takeUntil(CRLF, 'a chunk size'))?.[1]
      if (hex === undefined) throw new Error('raw HTTP: bad chunk size')
      const length = Number.parseInt(hex, 16)
      if (length === 0) break
      parts.push(await take(length, 'the end of a chunk'))
      const after = (await take(CRLF.length, 'the end of a chunk')).toString('latin1')
      if (after !== CRLF) throw new Error('raw HTTP: chunk longer than its size')
    }
    while ((await takeUntil(CRLF, 'the end of the trailers')) !== CRLF);
    return Buffer.concat(parts)
  }

  async function some(): Promise<Buffer> {
    while (size === 0) await more('a piece of the body')
    return take(size, 'a piece of the body')
  }
}

/** All values of a header, in order. */
export function values(headers: [string, string][], name: string): string[] {
  return headers.filter(([n]) => n.toLowerCase() === name).map(([, value]) => value)
}

function parseLine(line: string): [string, string] {
  const colon = line.indexOf(':')
  if (colon < 1) throw new Error(`raw HTTP: bad header line ${JSON.stringify(line)}`)
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}
