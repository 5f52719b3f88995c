/** Chromium as Debian has it, and what every page has to be. */

import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

export const CHROMIUM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path))

if (!CHROMIUM) console.warn('skipped: the pages in a browser (no chromium is installed)')

/** `hosts` are rules such as `MAP localhost:8787 127.0.0.1:1234`. */
export function launch(hosts: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      `--host-resolver-rules=${hosts.join(', ')}`,
    ],
  })
}

/** What the policy of a page blocks is a fault of the page. */
export function failOnBlocked(page: Page): void {
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) throw new Error(message.text())
  })
}

let pictures = 0

/**
 * Accessible by axe-core's rules, and not wider than the window. With a folder in SCREENSHOTS it leaves
 * pictures there, light and dark, for people to look at.
 */
export async function expectGoodPage(page: Page): Promise<void> {
  await page.evaluate(axe.source)
  const violations = await page.evaluate(
    'axe.run().then((result) => result.violations.map(({ id, nodes }) => [id, nodes[0].html]))',
  )
  expect(violations).toEqual([])
  const tooWide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'
  expect(await page.evaluate(tooWide)).toBe(false)
  const folder = process.env.SCREENSHOTS
  if (folder === undefined) return
  const heading = await page.locator('h1').first().textContent()
  const name = `${++pictures} ${heading}`.replaceAll(/\W+/g, '-')
  const before =
    (await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")) === true
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: `${folder}/${name}-${colorScheme}.png`, fullPage: true })
  }
  await page.emulateMedia({ colorScheme: before ? 'dark' : 'light' })
}
