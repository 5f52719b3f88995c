// Bodies that are read whole, whatever they say of their length.

import { describe, expect, it } from 'vitest'
import { readBody } from '../../src/lib/read-body.ts'

const TEXT = 'ten bytes.'

/** As an origin behind a binding may answer, which nobody holds to its Content-Length. */
function saying(length: string | undefined, body: BodyInit | null = TEXT): Response {
  return new Response(body, length === undefined ? {} : { headers: { 'content-length': length } })
}

async function read(message: Response, maxBytes = 100): Promise<string | undefined> {
  const bytes = await readBody(message, maxBytes)
  return bytes && new TextDecoder().decode(bytes)
}

/** A body that comes piece by piece, from a script. */
function pieces(...texts: string[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const text of texts) controller.enqueue(new TextEncoder().encode(text))
      controller.close()
    },
  })
}

describe('a body', () => {
  it.each([undefined, '10', '3', '9', '11', '50', '0', '-1', 'ten'])(
    'is read to its end where it says that its length is %s',
    async (length) => {
      expect(await read(saying(length))).toBe(TEXT)
    },
  )

  it.each([undefined, '10', '3', '9', '11', '50'])(
    'with more bytes than are allowed is none, where it says that its length is %s',
    async (length) => {
      expect(await read(saying(length), 9)).toBeUndefined()
      expect(await read(saying(length), 4)).toBeUndefined()
    },
  )

  it('is none where it says that it has more bytes than are allowed', async () => {
    expect(await read(saying('101'))).toBeUndefined()
    expect(await read(saying('100'))).toBe(TEXT)
  })

  it('is let go of where it has more bytes than it says, and than are allowed', async () => {
    let isLetGo = false
    const endless = new ReadableStream({
      type: 'bytes',
      pull: (controller) => controller.enqueue(new Uint8Array(3)),
      cancel() {
        isLetGo = true
      },
    })
    expect(await read(saying('4', endless), 4)).toBeUndefined()
    expect(isLetGo).toBe(true)
  })

  it('of a script is read piece by piece, up to the same limit', async () => {
    expect(await read(saying('10', pieces('ten ', '', 'bytes.')))).toBe(TEXT)
    expect(await read(saying('3', pieces('ten ', 'bytes.')))).toBe(TEXT)
    expect(await read(saying('10', pieces('ten ', 'bytes.')), 9)).toBeUndefined()
  })

  it('is empty where there is none', async () => {
    expect(await read(saying(undefined, null))).toBe('')
  })
})
