import { fileURLToPath } from 'node:url'
import type { NextConfig } from 'next'

/** What every answer says. The policy of scripts is with each page: see `src/proxy.ts`. */
const headers = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'strict-transport-security': 'max-age=31536000',
}

const config: NextConfig = {
  poweredByHeader: false,
  // Leaves out of Next's own modules what the app does not use.
  experimental: { turbopackCjsTreeShaking: true },
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
  headers: async () => [
    { source: '/:path*', headers: Object.entries(headers).map(([key, value]) => ({ key, value })) },
  ],
}

export default config
