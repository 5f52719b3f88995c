/** What a request carries beside its token. */

export type Headers = readonly (readonly [name: string, value: string])[]

/** A test tool's request: nothing but the host. */
export const BARE: Headers = []

/** What a Worker is given when a page in a browser calls an API through Cloudflare. */
export const BROWSER: Headers = [
  [
    'User-Agent',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  ],
  ['Accept', 'application/json, text/plain, */*'],
  ['Accept-Language', 'en-GB,en;q=0.9,de;q=0.8'],
  ['Accept-Encoding', 'gzip, br'],
  ['Origin', 'https://shop.example.com'],
  ['Referer', 'https://shop.example.com/orders'],
  ['Sec-Fetch-Site', 'same-site'],
  ['Sec-Fetch-Mode', 'cors'],
  ['Sec-Fetch-Dest', 'empty'],
  ['Sec-CH-UA', '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"'],
  ['Sec-CH-UA-Mobile', '?0'],
  ['Sec-CH-UA-Platform', '"Windows"'],
  ['CF-Ray', '9a3f1c2b7d5e4a60-FRA'],
  ['CF-Connecting-IP', '203.0.113.24'],
  ['CF-IPCountry', 'DE'],
  ['CF-Visitor', '{"scheme":"https"}'],
  ['X-Forwarded-Proto', 'https'],
  ['CDN-Loop', 'cloudflare; loops=1'],
  ['Cookie', 'consent=necessary; theme=dark; visit=3f0b6c1e5a7d4f2890'],
]
