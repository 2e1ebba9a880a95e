/**
 * What a page may load: from here alone, and of inline scripts those with the nonce. Attributes of style are
 * allowed, as React writes them into the page that it renders; elements of style are not.
 */
export function contentPolicy(nonce: string, { isDevelopment }: { isDevelopment: boolean }): string {
  const evaluation = isDevelopment ? " 'unsafe-eval'" : ''
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${evaluation}`,
    `style-src 'self' ${isDevelopment ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${isDevelopment ? ' ws:' : ''}`,
    "manifest-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
