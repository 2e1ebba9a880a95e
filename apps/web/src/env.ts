/** Thrown with what is wrong with a setting, and what to do about it. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

export interface Env {
  /** `TASKLANE_URL`: where the Tasklane server is, as this app reaches it. Default `http://127.0.0.1:3000`. */
  tasklaneUrl: string
  /** `HOST`: where to listen. Default `127.0.0.1`. */
  host: string
  /** `PORT`: where to listen. 0 takes a free one. Default 3001. */
  port: number
  /**
   * `TRUST_PROXY`: how many proxies stand in front of this app and name the caller in `X-Forwarded-For`. Default 0:
   * that header is not believed.
   */
  proxies: number
}

/**
 * Reads the settings. An empty variable counts as unset.
 *
 * @throws SettingsError for one that cannot be used.
 */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const given = (name: string, otherwise: string) => source[name]?.trim() || otherwise
  const wholeNumber = (name: string, otherwise: number, max: number) => {
    const text = given(name, String(otherwise))
    if (!/^\d{1,5}$/.test(text) || Number(text) > max)
      throw new SettingsError(`${name}: Must be a whole number from 0 to ${max}`)
    return Number(text)
  }
  const tasklaneUrl = given('TASKLANE_URL', 'http://127.0.0.1:3000')
  if (!URL.canParse(tasklaneUrl) || !/^https?:$/.test(new URL(tasklaneUrl).protocol))
    throw new SettingsError('TASKLANE_URL: Must be an http or https URL, such as http://127.0.0.1:3000')
  return Object.freeze({
    tasklaneUrl,
    host: given('HOST', '127.0.0.1'),
    port: wholeNumber('PORT', 3001, 65_535),
    proxies: wholeNumber('TRUST_PROXY', 0, 10),
  })
}

/** Next.js and React read it when they are loaded. */
export function setMode(isDevelopment: boolean): void {
  Object.assign(process.env, { NODE_ENV: isDevelopment ? 'development' : 'production' })
}

export const isDevelopment = process.env['NODE_ENV'] === 'development'
